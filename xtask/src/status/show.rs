//! An environment's state in words.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::state::{Environment, Seen, Stack, Swapped};
use crate::plan::counted;
use crate::ui;

/// A paragraph per environment, for a terminal of so many columns.
#[must_use]
pub fn text(environments: &[Environment], now: Timestamp, colour: bool, columns: usize) -> String {
    let page = Page { colour, columns };
    let mut lines = Vec::new();
    for one in environments {
        let place = if one.emulated { "emulator" } else { one.account.as_str() };
        lines.extend(page.words(&page.paint("1", &one.name), &format!("({place}, {})", one.region), ""));
        match &one.seen {
            Err(error) => lines.extend(page.words(&page.paint("1;33", "  not reachable:"), error, INDENT)),
            Ok(seen) if seen.stacks.iter().all(|stack| stack.status.is_none()) => {
                lines.push("  nothing deployed".to_owned());
            }
            Ok(seen) => lines.extend(page.environment(seen, now)),
        }
    }
    lines.join("\n") + "\n"
}

/// Begins a line that goes on with the one above it.
const INDENT: &str = "      ";

/// How it is shown.
#[derive(Clone, Copy, Debug)]
struct Page {
    colour: bool,
    columns: usize,
}

impl Page {
    fn paint(self, code: &str, text: &str) -> String {
        ui::paint(self.colour, code, text)
    }

    /// A label and the words about it.
    fn words(self, label: &str, text: &str, indent: &str) -> Vec<String> {
        let words: Vec<String> = text.split(' ').map(str::to_owned).collect();
        self.flow(label.to_owned(), &words, " ", indent)
    }

    /// Puts one after the other into lines. What is wider than a line is not broken: a URL stays one.
    fn flow(self, first: String, rest: &[String], gap: &str, indent: &str) -> Vec<String> {
        let mut lines = Vec::new();
        let mut line = first;
        for part in rest {
            if width(&line) + gap.len() + width(part.trim_end()) > self.columns {
                lines.push(std::mem::replace(&mut line, format!("{indent}{part}")));
            } else {
                line = format!("{line}{gap}{part}");
            }
        }
        lines.push(line);
        lines.iter().map(|line| line.trim_end().to_owned()).collect()
    }

    fn environment(self, seen: &Seen, now: Timestamp) -> Vec<String> {
        let mut lines = self.stacks(&seen.stacks, now);
        if let Some(release) = &seen.release {
            let parts: Vec<String> = release.line.split("  ").map(str::trim).map(str::to_owned).collect();
            let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
            lines.extend(self.flow("  release   ".to_owned(), &parts, "  ", INDENT));
        }
        for line in hotswapped(&seen.hotswapped, now) {
            lines.extend(self.words(&self.paint("1;33", "  hotswapped"), &format!(" {line}"), INDENT));
        }
        for alarm in &seen.alarms {
            lines.extend(self.flow(self.paint("1;31", "  ALARM     "), std::slice::from_ref(alarm), "  ", INDENT));
        }
        for (name, url) in &seen.urls {
            lines.extend(self.flow(format!("  {name}"), std::slice::from_ref(url), "  ", INDENT));
        }
        for error in &seen.unknown {
            lines.extend(self.words(&self.paint("1;33", "  unknown:"), error, INDENT));
        }
        lines
    }

    fn stacks(self, stacks: &[Stack], now: Timestamp) -> Vec<String> {
        let names = stacks.iter().map(|stack| stack.name.len()).max().unwrap_or_default();
        let longest =
            stacks.iter().filter_map(|stack| stack.status.as_ref()).map(String::len).max().unwrap_or_default();
        let row = |stack: &Stack| {
            let name = format!("  {:names$}", stack.name);
            let Some(status) = &stack.status else {
                return self.flow(name, &[self.paint("1;33", "missing")], "  ", INDENT);
            };
            let sound = matches!(status.as_str(), "CREATE_COMPLETE" | "UPDATE_COMPLETE");
            let drift = match stack.drift.as_str() {
                "DRIFTED" => self.paint("1;31", "drifted"),
                "IN_SYNC" => "in sync".to_owned(),
                _ => String::new(),
            };
            let checked = stack.drift_checked.filter(|_| !drift.is_empty()).map(|at| format!(" ({})", ago(at, now)));
            let parts = [
                self.paint(if sound { "32" } else { "1;31" }, &format!("{status:longest$}")),
                format!("{:<10}", stack.changed.map(|at| ago(at, now)).unwrap_or_default()),
                format!("{drift}{}", checked.unwrap_or_default()),
            ];
            self.flow(name, &parts, "  ", INDENT)
        };
        stacks.iter().flat_map(row).collect()
    }
}

/// A line per service: how many functions, who had a hand in it, and the last time.
fn hotswapped(all: &[Swapped], now: Timestamp) -> Vec<String> {
    let mut services: BTreeMap<&str, Vec<&Swapped>> = BTreeMap::new();
    for one in all {
        services.entry(&one.service).or_default().push(one);
    }
    let line = |(service, functions): (&str, Vec<&Swapped>)| {
        let who: BTreeSet<&str> = functions.iter().filter_map(|one| one.by.rsplit(['/', ':']).next()).collect();
        let who: Vec<&str> = who.into_iter().collect();
        // RFC 3339 in UTC: the order of the texts is the one of the times.
        let last = functions.iter().map(|one| one.at.as_str()).max().unwrap_or_default();
        let age = last.parse().map_or_else(|_| last.to_owned(), |at| ago(at, now));
        let functions = match functions.as_slice() {
            [one] => one.function.clone(),
            many => counted(many.len(), "function"),
        };
        format!("{service}: {functions} by {}, {age}", who.join(" and "))
    };
    services.into_iter().map(line).collect()
}

/// Columns of a text; colours take none.
fn width(text: &str) -> usize {
    console::measure_text_width(text)
}

/// `3 min ago`; the largest unit that is not zero.
fn ago(at: Timestamp, now: Timestamp) -> String {
    let seconds = now.as_second().saturating_sub(at.as_second()).max(0);
    let (unit, name) = match seconds {
        0..60 => (1, "s"),
        60..3_600 => (60, "min"),
        3_600..172_800 => (3_600, "h"),
        _ => (86_400, "d"),
    };
    format!("{} {name} ago", seconds / unit)
}

#[cfg(test)]
mod tests {
    use super::super::state::Latest;
    use super::*;
    use crate::aws::overview::Overview;
    use crate::releases::record::Release;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn environments() -> Vec<Environment> {
        let environment = |name: &str, seen| Environment {
            name: name.into(),
            account: "111111111111".into(),
            region: "eu-central-1".into(),
            emulated: name == "local",
            seen,
        };
        let stack = |service: &str, status: &str, drift: &str, changed| {
            let overview = Overview {
                status: status.into(),
                changed: Some(at(changed)),
                drift: drift.into(),
                drift_checked: (drift != "NOT_CHECKED").then(|| at(999_000)),
                outputs: BTreeMap::new(),
            };
            Stack::new(service, format!("demo-dev-{service}"), Some(overview))
        };
        let missing = || Stack::new("mail", "demo-dev-mail".into(), None);
        let seen = Seen {
            stacks: vec![
                stack("bills", "UPDATE_COMPLETE", "DRIFTED", 999_970),
                missing(),
                stack("orders", "UPDATE_ROLLBACK_FAILED", "IN_SYNC", 900_000),
                stack("users", "CREATE_COMPLETE", "NOT_CHECKED", 0),
            ],
            release: Some(Latest::new(&release())),
            hotswapped: [
                ("bills", "add", "ann"),
                ("orders", "get", "bob"),
                ("orders", "list", "ann"),
                ("orders", "put", "bob"),
            ]
            .map(|(service, function, by)| Swapped {
                service: service.into(),
                function: format!("demo-dev-{service}-{function}"),
                by: format!("arn:aws:sts::1:assumed-role/dev/{by}"),
                at: at(if function == "put" { 999_940 } else { 999_000 }).to_string(),
            })
            .into(),
            urls: BTreeMap::from([("site.SiteUrl".into(), "https://example.com/".into())]),
            alarms: vec!["demo-dev-bills-addErrors".into()],
            unknown: vec!["the alarms are not known: AccessDenied".into()],
        };
        let nothing = Seen { stacks: vec![missing()], ..Seen::default() };
        vec![
            environment("dev", Ok(seen)),
            environment("local", Ok(nothing)),
            environment("prod", Err("no usable credentials".into())),
        ]
    }

    fn release() -> Release {
        serde_json::from_value(serde_json::json!({
            "version": 1, "id": 3, "environment": "dev", "complete": true, "services": {},
            "made": {"at": "2026-11-24T22:10:00Z", "by": "root", "milliseconds": 1, "action": {"kind": "deploy"}},
        }))
        .unwrap()
    }

    #[test]
    fn nothing_is_wider_than_the_terminal_and_no_word_is_broken() {
        for columns in [50, 80] {
            for colour in [false, true] {
                let shown = text(&environments(), at(1_000_000), colour, columns);
                for line in shown.lines() {
                    assert!(console::measure_text_width(line) <= columns, "{columns}: {line}");
                }
                for word in ["demo-dev-orders", "UPDATE_ROLLBACK_FAILED", "in sync (16 min ago)", "2026-11-24 22:10"] {
                    assert!(shown.contains(word), "{columns}: `{word}` is broken in {shown}");
                }
            }
        }
        let url = "https://example.com/a/long/way";
        let dev = environments().remove(0);
        let environments = [Environment {
            seen: Ok(Seen { urls: BTreeMap::from([("site.SiteUrl".into(), url.into())]), ..dev.seen.clone().unwrap() }),
            ..dev
        }];
        assert!(text(&environments, at(0), false, 20).contains(url), "a URL is one word, however long");
    }

    #[test]
    fn each_environment_is_a_paragraph_and_one_that_cannot_be_reached_says_so() {
        insta::assert_snapshot!(text(&environments(), at(1_000_000), false, 80), @"
        dev (111111111111, eu-central-1)
          demo-dev-bills   UPDATE_COMPLETE         30 s ago    drifted (16 min ago)
          demo-dev-mail    missing
          demo-dev-orders  UPDATE_ROLLBACK_FAILED  27 h ago    in sync (16 min ago)
          demo-dev-users   CREATE_COMPLETE         11 d ago
          release     3  2026-11-24 22:10  root  -  deploy: nothing
          hotswapped  bills: demo-dev-bills-add by ann, 16 min ago
          hotswapped  orders: 3 functions by ann and bob, 1 min ago
          ALARM       demo-dev-bills-addErrors
          site.SiteUrl  https://example.com/
          unknown: the alarms are not known: AccessDenied
        local (emulator, eu-central-1)
          nothing deployed
        prod (111111111111, eu-central-1)
          not reachable: no usable credentials
        ");
    }

    #[test]
    fn json_has_an_error_in_the_place_of_what_cannot_be_seen() {
        let json = serde_json::to_value(environments()).unwrap();
        assert_eq!(json[0]["stacks"][0]["drift"], "DRIFTED");
        assert_eq!(json[0]["urls"]["site.SiteUrl"], "https://example.com/");
        assert_eq!(json[0]["release"]["id"], 3);
        assert_eq!(json[0]["release"]["at"], "2026-11-24T22:10:00Z");
        assert_eq!(json[0]["release"]["action"]["kind"], "deploy");
        assert_eq!(json[2]["error"], "no usable credentials");
    }
}
