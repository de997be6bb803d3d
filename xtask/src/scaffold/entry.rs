//! Edits of two files that people wrote: a line more, every other one as it was, comments and order too. Pure.

use std::collections::BTreeMap;

use super::name::ServiceName;
use crate::config::OutputRef;
use crate::error::Problem;

/// A service's entry, indented as it stands below `services:`.
pub(super) fn of(name: &ServiceName, inputs: &BTreeMap<&'static str, &OutputRef>) -> String {
    let functions = name.functions().join(", ");
    let mut lines = String::new();
    lines.extend(inputs.iter().map(|(input, output)| format!("      {input}: {output}\n")));
    format!(
        "  {name}:\n    stack: stacks/{name}.yaml.tera\n    crate: {name}\n    functions: [{functions}]\n    inputs:\n{lines}"
    )
}

/// `config/app.yaml` with the entry as the last one of its block `services:`.
pub(super) fn insert(text: &str, entry: &str) -> Result<String, Problem> {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let starts = |line: &&str| {
        line.strip_prefix("services:").is_some_and(|rest| rest.split('#').next().unwrap_or_default().trim().is_empty())
    };
    let Some(start) = lines.iter().position(starts) else {
        return Err(Problem::usage("config/app.yaml has no block `services:` with an entry per line")
            .hint("write `services:` in a line of its own, and each service indented by two below it"));
    };
    let inside = |line: &&str| line.starts_with(' ') && !line.trim().is_empty();
    let outside = |line: &&str| !line.trim().is_empty() && !line.starts_with([' ', '#']);
    let end = lines[start + 1..].iter().position(outside).map_or(lines.len(), |at| start + 1 + at);
    let last = lines[..end].iter().rposition(inside).unwrap_or(start);
    let (before, after) = lines.split_at(last + 1);
    let before = before.concat();
    let newline = if before.ends_with('\n') { "" } else { "\n" };
    Ok(format!("{before}{newline}\n{entry}{}", after.concat()))
}

/// The workspace's `Cargo.toml` with one member more, the last.
pub(super) fn member(text: &str, path: &str) -> Result<String, Problem> {
    let problem = || {
        Problem::usage("Cargo.toml has no list `members = [...]` in its `[workspace]`")
            .hint(format!("add \"{path}\" to the workspace's members by hand"))
    };
    let start = text.find("\nmembers = [").map(|at| at + "\nmembers = [".len()).ok_or_else(problem)?;
    let end = text[start..].find(']').map(|at| start + at).ok_or_else(problem)?;
    let list = text[start..end].trim_end();
    let comma = if list.trim().is_empty() || list.ends_with(',') { "" } else { "," };
    // One in each line, or all in one.
    let multiline = list.contains('\n');
    let gap = if multiline {
        "\n    "
    } else if list.trim().is_empty() {
        ""
    } else {
        " "
    };
    let close = if multiline { ",\n" } else { "" };
    Ok(format!("{}{list}{comma}{gap}\"{path}\"{close}{}", &text[..start], &text[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_yaml::Value;

    const ENTRY: &str = "  new:\n    stack: s\n";

    #[test]
    fn the_entry_is_the_last_of_its_block_and_comments_stay_where_they_are() {
        let text = "app: demo\nservices: # all\n  a:\n    stack: x # why\n\n# what follows\nlimits:\n  b: 1\n";
        let wanted = "app: demo\nservices: # all\n  a:\n    stack: x # why\n\n  new:\n    stack: s\n\n# what follows\nlimits:\n  b: 1\n";
        assert_eq!(insert(text, ENTRY).unwrap(), wanted);
        assert_eq!(insert("services:\n  a: {}", ENTRY).unwrap(), "services:\n  a: {}\n\n  new:\n    stack: s\n");
    }

    #[test]
    fn a_file_without_such_a_block_is_refused() {
        assert!(insert("services: {a: {stack: x}}\n", ENTRY).is_err());
        assert!(insert("app: demo\n", ENTRY).is_err());
    }

    #[test]
    fn a_member_is_added_to_a_list_in_one_line_or_in_many() {
        let one = member("[workspace]\nmembers = [\"a\", \"b\"]\n", "c").unwrap();
        assert_eq!(one, "[workspace]\nmembers = [\"a\", \"b\", \"c\"]\n");
        let many = member("[workspace]\nmembers = [\n    \"a\",\n]\n", "c").unwrap();
        assert_eq!(many, "[workspace]\nmembers = [\n    \"a\",\n    \"c\",\n]\n");
        let none = member("[workspace]\nmembers = []\n", "c").unwrap();
        assert_eq!(none, "[workspace]\nmembers = [\"c\"]\n");
        assert!(member("[package]\n", "c").is_err());
    }

    proptest! {
        #[test]
        fn nothing_else_changes(names in proptest::collection::btree_set("[a-m]{1,5}", 0..6), tail in proptest::collection::btree_set("[n-z]{1,5}", 0..3)) {
            let mut text = String::from("app: demo\nservices:\n");
            text.extend(names.iter().map(|name| format!("  {name}: # of {name}\n    stack: s\n\n")));
            text.extend(tail.iter().map(|key| format!("# about {key}\n{key}: 1\n")));
            let entry = "  zz-new:\n    stack: s\n";
            let made = insert(&text, entry).unwrap();
            let mut expected: Value = serde_yaml::from_str(&text).unwrap();
            let entry: Value = serde_yaml::from_str("stack: s").unwrap();
            if names.is_empty() { expected["services"] = Value::Mapping(serde_yaml::Mapping::new()); }
            expected["services"]["zz-new"] = entry;
            prop_assert_eq!(serde_yaml::from_str::<Value>(&made).unwrap(), expected);
            let mut rest = made.lines();
            prop_assert!(text.lines().filter(|line| !line.is_empty()).all(|line| rest.any(|other| other == line)));
        }
    }
}
