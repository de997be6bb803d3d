//! How a command fails: in words on stderr, and with `--json` as data on stdout too.

use serde_json::{Value, json};

use super::Ui;
use crate::error::{exit_of, hints};

impl Ui {
    /// The whole chain of an error and its hints.
    pub fn error(&self, error: &anyhow::Error) {
        if self.json() {
            self.data(data(error).to_string());
        }
        let mut chain = chain(error);
        let first = chain.remove(0);
        self.line("error", &first, &format!("{} {first}", self.paint("1;31", "error:")));
        for cause in chain {
            let pretty = format!("  {} {}", self.paint("2", "cause:"), cause.replace('\n', "\n  "));
            self.line("cause", &cause, &pretty);
        }
        for hint in hints(error) {
            self.line("hint", hint, &format!("  {} {hint}", self.paint("1;36", "hint:")));
        }
    }
}

/// The messages from the outermost to the root; a layer that only repeats the one below it is one with it.
fn chain(error: &anyhow::Error) -> Vec<String> {
    let mut chain = error.chain().map(ToString::to_string).collect::<Vec<_>>();
    chain.dedup();
    chain
}

/// `{error, causes, hints, exit}`; README has it under "Exit codes".
fn data(error: &anyhow::Error) -> Value {
    let chain = chain(error);
    json!({
        "error": chain[0],
        "causes": chain[1..],
        "hints": hints(error).collect::<Vec<_>>(),
        "exit": exit_of(error) as u8,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Problem;

    #[test]
    fn a_failure_is_data_with_its_causes_its_hints_and_its_exit_code() {
        let cause = anyhow::Error::from(Problem::declined("not confirmed").hint("pass `--yes`"));
        let failure = data(&cause.context("cannot deploy `orders`"));
        let expected = json!({
            "error": "cannot deploy `orders`",
            "causes": ["not confirmed"],
            "hints": ["pass `--yes`"],
            "exit": 3,
        });
        assert_eq!(failure, expected);
        assert_eq!(data(&anyhow::anyhow!("plain")), json!({"error": "plain", "causes": [], "hints": [], "exit": 1}));
    }
}
