//! Errors of configuration files with file, line and column.

use serde::de::DeserializeOwned;

use crate::error::{Problem, nearest};

/// Parses a file's text; an error names the place, the field, what is allowed and the nearest name.
pub(super) fn parse<T: DeserializeOwned>(file: &str, text: &str) -> Result<T, Problem> {
    serde_yaml::from_str(text).map_err(|error| {
        let full = error.to_string();
        let (place, message) = match error.location() {
            Some(at) => {
                let suffix = format!(" at line {} column {}", at.line(), at.column());
                (format!("{file}:{}:{}", at.line(), at.column()), full.replacen(&suffix, "", 1))
            }
            None => (file.to_owned(), full),
        };
        let problem = Problem::usage(format!("{place}: {message}"));
        match slip(&message) {
            Some((_, near)) => problem.hint(format!("did you mean `{near}`?")),
            None => problem.hint("config/schema/ holds JSON Schemas of these files for your editor"),
        }
    })
}

/// A semantic error at the place of a key path, such as `["services", "orders", "inputs"]`.
pub(super) fn error(file: &str, text: &str, path: &[&str], message: &str) -> Problem {
    let (line, column) = locate(text, path);
    let path = if path.is_empty() { String::new() } else { format!("{}: ", path.join(".")) };
    Problem::usage(format!("{file}:{line}:{column}: {path}{message}"))
}

/// Serde writes "unknown field `x`, expected one of `a`, `b`" (or "expected `a`"): the given name and its nearest.
fn slip(message: &str) -> Option<(&str, &str)> {
    let at = message.find("unknown field `").or_else(|| message.find("unknown variant `"))?;
    let mut names = message[at..].split('`').skip(1).step_by(2);
    let given = names.next()?;
    Some((given, nearest(given, names)?))
}

/// Line and column, from 1, of the deepest key of `path` that can be found. Reads block mappings by indentation;
/// a key inside a flow mapping (`{a: b}`) is looked for in its line and those below.
fn locate(text: &str, path: &[&str]) -> (usize, usize) {
    let lines: Vec<&str> = text.lines().collect();
    let (mut start, mut deeper_than, mut found) = (0, -1_i64, (1, 1));
    for key in path {
        let hit = lines.iter().enumerate().skip(start).find_map(|(index, line)| {
            let indent = line.len() - line.trim_start().len();
            let name = line.trim_start().split(':').next()?.trim_matches(['"', '\'', '-', ' ']);
            let inside = i64::try_from(indent).ok()? > deeper_than;
            (inside && name == *key).then_some((index, indent))
        });
        if let Some((index, indent)) = hit {
            found = (index + 1, indent + 1);
            (start, deeper_than) = (index + 1, i64::try_from(indent).unwrap_or(i64::MAX));
        } else if let Some((row, column)) = in_flow(&lines, found.0 - 1, key) {
            return (row + 1, column + 1);
        } else {
            return found;
        }
    }
    found
}

fn in_flow(lines: &[&str], from: usize, key: &str) -> Option<(usize, usize)> {
    lines.iter().enumerate().skip(from).find_map(|(row, line)| {
        let mut parts = line.match_indices(key).map(|(column, _)| column);
        parts
            .find(|&column| {
                let before = line[..column].chars().next_back();
                let after = line[column + key.len()..].chars().next();
                let edge = |c: Option<char>| !c.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '-');
                edge(before) && edge(after)
            })
            .map(|column| (row, column))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "app: demo\nservices:\n  auth:\n    stack: a\n  orders:\n    inputs: { Pool: auth.Pool }\n    functions:\n      - getOrder\n";

    #[test]
    fn a_key_path_is_found_in_block_mappings() {
        assert_eq!(locate(TEXT, &["services", "orders"]), (5, 3));
        assert_eq!(locate(TEXT, &["services", "orders", "inputs"]), (6, 5));
        assert_eq!(locate(TEXT, &["services", "orders", "functions", "getOrder"]), (8, 7));
    }

    #[test]
    fn a_key_in_a_flow_mapping_is_found_in_its_line() {
        assert_eq!(locate(TEXT, &["services", "orders", "inputs", "Pool"]), (6, 15));
    }

    #[test]
    fn what_is_missing_points_at_its_parent() {
        assert_eq!(locate(TEXT, &["services", "nobody"]), (2, 1));
        assert_eq!(locate("", &["services"]), (1, 1));
    }

    #[test]
    fn a_slip_in_a_field_names_the_nearest_one() {
        let message = "services.a: unknown field `stak`, expected one of `stack`, `crate`";
        assert_eq!(slip(message), Some(("stak", "stack")));
    }
}
