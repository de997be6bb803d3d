//! Counts of tests, and how each runner tells them. Pure.

use std::fmt;
use std::ops::AddAssign;

use serde_json::Value;

/// Passed and failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) passed: usize,
    pub(super) failed: usize,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)
    }
}

impl Tally {
    /// One check.
    pub(super) fn check(passed: bool) -> Self {
        Self { passed: usize::from(passed), failed: usize::from(!passed) }
    }

    /// The sum of cargo's lines `test result: ok. 3 passed; 0 failed; 1 ignored; …`. An ignored test is a failed one:
    /// nothing is skipped in silence.
    pub(super) fn of_cargo(output: &str) -> Option<Self> {
        let mut found = None;
        for line in output.lines().filter_map(|line| line.trim().strip_prefix("test result: ")) {
            let count = |word: &str| {
                let (before, _) = line.split_once(word)?;
                before.trim_end().rsplit(' ').next()?.parse::<usize>().ok()
            };
            let tally = found.get_or_insert_with(Self::default);
            *tally += Self { passed: count("passed;")?, failed: count("failed;")? + count("ignored;")? };
        }
        found
    }

    /// The lines `ℹ pass 3`, `ℹ fail 0`, `ℹ cancelled 0`, `ℹ skipped 0` of Node's test runner.
    pub(super) fn of_node(output: &str) -> Option<Self> {
        let count = |word: &str| {
            let line = output.lines().rev().find(|line| line.split_whitespace().nth(1) == Some(word))?;
            line.split_whitespace().nth(2)?.parse::<usize>().ok()
        };
        Some(Self { passed: count("pass")?, failed: count("fail")? + count("cancelled")? + count("skipped")? })
    }

    /// Vitest's JSON report.
    pub(super) fn of_vitest(report: &Value) -> Option<Self> {
        let count = |key: &str| usize::try_from(report[key].as_u64()?).ok();
        let unfinished = count("numTotalTests")?.checked_sub(count("numPassedTests")?)?;
        // A test file that cannot be loaded has no tests to count.
        let unloaded = report["testResults"]
            .as_array()?
            .iter()
            .filter(|one| one["status"] == "failed" && one["assertionResults"].as_array().is_none_or(Vec::is_empty));
        Some(Self { passed: count("numPassedTests")?, failed: unfinished + unloaded.count() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn cargos_lines_are_summed_and_ignored_tests_fail() {
        let text = "running 2 tests\ntest result: ok. 2 passed; 0 failed; 0 ignored; 0 measured\n\
            test result: FAILED. 5 passed; 1 failed; 2 ignored; 0 measured\n";
        assert_eq!(Tally::of_cargo(text), Some(Tally { passed: 7, failed: 3 }));
        assert_eq!(Tally::of_cargo("error: could not compile"), None);
    }

    #[test]
    fn nodes_summary_counts_skipped_and_cancelled_as_failed() {
        let text = "✔ pass 9 (1ms)\nℹ tests 4\nℹ pass 1\nℹ fail 1\nℹ cancelled 1\nℹ skipped 1\n";
        assert_eq!(Tally::of_node(text), Some(Tally { passed: 1, failed: 3 }));
        assert_eq!(Tally::of_node("ℹ pass 1"), None);
    }

    #[test]
    fn vitests_report_counts_files_that_did_not_load() {
        let report = json!({"numTotalTests": 5, "numPassedTests": 4, "testResults": [
            {"status": "failed", "assertionResults": []},
            {"status": "failed", "assertionResults": [{}]},
        ]});
        assert_eq!(Tally::of_vitest(&report), Some(Tally { passed: 4, failed: 2 }));
        assert_eq!(Tally::of_vitest(&json!({})), None);
    }
}
