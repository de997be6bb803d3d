//! The environments of branches as lines and as data. Pure.

use jiff::Timestamp;
use serde::Serialize;

use super::record::{Record, State};

/// One environment with what it is right now.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Shown {
    /// As recorded.
    #[serde(flatten)]
    pub record: Record,
    /// Whether its time is over.
    pub state: State,
}

impl Shown {
    /// A record at this time.
    #[must_use]
    pub fn at(record: Record, now: Timestamp) -> Self {
        let state = record.state(now);
        Self { record, state }
    }
}

/// A table for people: one line each, the next to go first.
#[must_use]
pub fn table(mut all: Vec<Shown>, now: Timestamp) -> String {
    all.sort_by_key(|one| one.record.expires);
    let head = ["ENVIRONMENT", "ENDS", "OWNER", "COMMIT", "BRANCH"].map(str::to_owned);
    let rows = all.iter().map(|one| {
        let record = &one.record;
        let commit = record.commit.as_ref().map_or("-", |commit| commit.id.get(..9).unwrap_or(&commit.id));
        [record.environment.clone(), ends(one, now), record.owner.clone(), commit.to_owned(), record.branch.clone()]
    });
    let rows: Vec<[String; 5]> = std::iter::once(head).chain(rows).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
    let widths = [0, 1, 2, 3].map(width);
    let line = |row: &[String; 5]| {
        let [name, ends, owner, commit, branch] = row;
        let [a, b, c, d] = widths;
        format!("{name:a$}  {ends:b$}  {owner:c$}  {commit:d$}  {branch}")
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn ends(one: &Shown, now: Timestamp) -> String {
    match one.state {
        State::Ending => "ending".to_owned(),
        State::Expired => "expired".to_owned(),
        State::Live => {
            let minutes = (one.record.expires.as_second() - now.as_second() + 59) / 60;
            match minutes / 60 {
                0 => format!("in {minutes} min"),
                hours @ 1..72 => format!("in {hours} h"),
                hours => format!("in {} d", hours / 24),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::previews::record::tests::{at, record};
    use crate::releases::record::Commit;

    #[test]
    fn the_next_to_go_comes_first() {
        let now = at(10_000);
        let commit = Some(Commit { id: "0123456789abcdef".into(), dirty: false });
        let named = |name: &str, second: i64| Record { environment: name.into(), ..record(second) };
        let all = vec![
            Record { commit, ..named("pr-later-aaaaaaa", 9_990) },
            named("pr-soon-aaaaaaa", 6_500),
            named("pr-over-aaaaaaa", 6_400),
            named("pr-gone-aaaaaaa", 100).ended("gc", now),
            Record { expires: at(10_000 + 90 * 3_600), ..named("pr-long-aaaaaaa", 0) },
        ];
        let all = all.into_iter().map(|record| Shown::at(record, now)).collect();
        insta::assert_snapshot!(table(all, now), @r"
        ENVIRONMENT       ENDS      OWNER  COMMIT     BRANCH
        pr-gone-aaaaaaa   ending    ada    -          feature/a
        pr-over-aaaaaaa   expired   ada    -          feature/a
        pr-soon-aaaaaaa   in 2 min  ada    -          feature/a
        pr-later-aaaaaaa  in 1 h    ada    012345678  feature/a
        pr-long-aaaaaaa   in 3 d    ada    -          feature/a
        ");
    }

    #[test]
    fn what_it_is_stands_beside_what_is_recorded() {
        let shown = serde_json::to_value(Shown::at(record(0), at(3_600))).unwrap();
        assert_eq!(
            (&shown["state"], &shown["branch"], &shown["ttl"]),
            (&"expired".into(), &"feature/a".into(), &"1h".into())
        );
    }
}
