//! Releases in words: a line of the list, and what differs between two records. Pure.

use jiff::tz::TimeZone;
use serde_json::Value;

use super::record::{Action, Commit, Record, Release};

/// The list's columns.
pub const HEADER: &str = "  ID  WHEN (UTC)        BY            COMMIT         WHAT";
/// Digits of a commit or a hash that tell one from another and leave a line short.
const SHORT: usize = 12;
/// Width of the column of names; longer ones are cut.
const NAME: usize = 12;

/// A release in a line; `*` marks the one in force.
#[must_use]
pub fn line(release: &Release, in_force: bool) -> String {
    let when = release.made.at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d %H:%M");
    let newest = release.touched().map(|(_, record)| record).next();
    let commit = newest.and_then(|record| record.commit.as_ref()).map_or("-".to_owned(), short_commit);
    let mark = if in_force { '*' } else { ' ' };
    format!("{mark}{:>3}  {when}  {:<NAME$}  {commit:<13}  {}", release.id, short_name(&release.made.by), what(release))
}

/// What a deploy did, and to which services.
#[must_use]
pub fn what(release: &Release) -> String {
    let services: Vec<&str> = release.touched().map(|(name, _)| name).collect();
    let services = match services.as_slice() {
        [] => "nothing".to_owned(),
        all if all.len() == release.services.len() => "all".to_owned(),
        some => some.join(", "),
    };
    let action = match &release.made.action {
        Action::Deploy => "deploy".to_owned(),
        Action::Rollback { to } => format!("rollback to {to}"),
        Action::Promote { from, release, .. } => format!("promote {from} {release}"),
    };
    let failed = if release.complete { "" } else { " (failed)" };
    format!("{action}{failed}: {services}")
}

/// The first digits, and whether the clone was dirty.
#[must_use]
pub fn short_commit(commit: &Commit) -> String {
    format!("{}{}", short(&commit.id).get(..7).unwrap_or_default(), if commit.dirty { " dirty" } else { "" })
}

/// The last part of an ARN: a user, or the name of a role's session.
fn short_name(arn: &str) -> String {
    let name = arn.rsplit(['/', ':']).next().unwrap_or(arn);
    name.chars().take(NAME).collect()
}

/// What would change from one record to the other, a line each; empty where they are made of the same.
#[must_use]
pub fn differences(now: Option<&Record>, then: &Record) -> Vec<String> {
    let Some(now) = now else { return vec!["new here".to_owned()] };
    if now.same_bytes(then) {
        return Vec::new();
    }
    let mut lines = Vec::new();
    let code = |record: &Record| record.code.as_ref().map_or("none", |code| digest(&code.zip.key)).to_owned();
    let site = |record: &Record| record.site.as_ref().map_or("none", |site| short(&site.archive.sha256)).to_owned();
    let commit = |record: &Record| record.commit.as_ref().map_or("none".to_owned(), short_commit);
    for (what, old, new) in [
        ("code", code(now), code(then)),
        ("site", site(now), site(then)),
        ("sources", short(&now.sources.sha256).to_owned(), short(&then.sources.sha256).to_owned()),
        ("commit", commit(now), commit(then)),
    ] {
        if old != new {
            lines.push(format!("{what} {old} → {new}"));
        }
    }
    let names = now.literals.keys().chain(then.literals.keys().filter(|name| !now.literals.contains_key(*name)));
    for name in names {
        let (old, new) = (now.literals.get(name), then.literals.get(name));
        if old != new {
            let text = |value: Option<&Value>| value.map_or("none".to_owned(), Value::to_string);
            lines.push(format!("{name} {} → {}", text(old), text(new)));
        }
    }
    lines
}

/// A service and what would change in it, a line each.
#[must_use]
pub fn service(name: &str, differences: &[String]) -> String {
    if differences.is_empty() {
        return format!("{name:>12} the same");
    }
    differences
        .iter()
        .enumerate()
        .map(|(index, line)| format!("{:>12} {line}", if index == 0 { name } else { "" }))
        .collect::<Vec<_>>()
        .join("\n")
}

/// The digest in a code key, shortened.
#[must_use]
pub fn digest(key: &str) -> &str {
    short(key.rsplit('/').next().unwrap_or(key))
}

fn short(text: &str) -> &str {
    text.get(..SHORT).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::releases::samples::release;

    #[test]
    fn a_line_tells_what_who_when_and_from_which_commit_in_80_columns() {
        let mut dirty = release(12).with("orders", "a").keep(3, "users", "b");
        dirty.services.get_mut("orders").unwrap().commit.as_mut().unwrap().dirty = true;
        dirty.made.by = "arn:aws:sts::111111111111:assumed-role/deployers/a-very-long-session".into();
        let all = [
            line(&dirty, true),
            line(&release(3).with("users", "b"), false),
            line(&release(13).rolled_back_to(3).with("orders", "b").keep(3, "users", "b"), false),
            line(&release(2).failed().with("users", "b"), false),
        ];
        insta::assert_snapshot!(format!("{HEADER}\n{}", all.join("\n")));
        assert!(all.iter().all(|line| line.chars().count() <= 80));
    }

    #[test]
    fn two_records_differ_by_what_a_person_can_find() {
        let (old, new) = (release(1).with("web", "0123456789abcdef"), release(2).with("web", "fedcba9876543210"));
        let mut new = new.services["web"].clone();
        new.literals.insert("functions.get.memory".into(), 512.into());
        new.literals.insert("limits.size".into(), 6.into());
        let lines = differences(Some(&old.services["web"]), &new);
        insta::assert_snapshot!(lines.join("\n"), @r"
        code 0123456789ab → fedcba987654
        site 0123456789ab → fedcba987654
        sources 0123456789ab → fedcba987654
        limits.size 5 → 6
        functions.get.memory none → 512
        ");
        assert!(differences(Some(&new), &new).is_empty());
        assert_eq!(differences(None, &new), ["new here"]);
    }
}
