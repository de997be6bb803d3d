//! Lengths of time as people write them: `15m`, `1h`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The units, largest first, with their seconds.
const UNITS: [(char, u64); 4] = [('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];

/// A length of time: a whole number above zero and its unit, `s`, `m`, `h` or `d`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String", extend("pattern" = "^[1-9][0-9]*[smhd]$"))]
pub struct Span(u64);

impl Span {
    /// So many minutes.
    #[must_use]
    pub const fn minutes(count: u64) -> Self {
        Self(count * 60)
    }

    /// In seconds.
    #[must_use]
    pub const fn seconds(self) -> u64 {
        self.0
    }

    /// As the standard library has it.
    #[must_use]
    pub const fn duration(self) -> Duration {
        Duration::from_secs(self.0)
    }
}

impl FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let read = || {
            let unit = text.chars().next_back()?;
            let (_, seconds) = UNITS.into_iter().find(|(name, _)| *name == unit)?;
            let count = text.strip_suffix(unit)?;
            // `parse` would take a sign as well.
            let plain = count.starts_with(|c: char| matches!(c, '1'..='9'));
            count.parse::<u64>().ok().filter(|_| plain)?.checked_mul(seconds)
        };
        read().map(Self).ok_or_else(|| format!("`{text}` is no length of time: expected such as `15m`, `1h` or `7d`"))
    }
}

impl TryFrom<String> for Span {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Span> for String {
    fn from(span: Span) -> Self {
        span.to_string()
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Seconds divide every number, so there is always one.
        let unit = UNITS.into_iter().find(|(_, seconds)| self.0.is_multiple_of(*seconds));
        let (name, seconds) = unit.unwrap_or(('s', 1));
        write!(f, "{}{name}", self.0 / seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_unit_is_read_and_the_largest_exact_one_is_written() {
        for (text, seconds, shown) in
            [("90s", 90, "90s"), ("60m", 3_600, "1h"), ("24h", 86_400, "1d"), ("2d", 172_800, "2d")]
        {
            let span = Span::try_from(text.to_owned()).unwrap();
            assert_eq!((span.seconds(), span.to_string().as_str()), (seconds, shown));
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "h",
            "1",
            "0m",
            "-1h",
            "+1h",
            "1.5h",
            "1 h",
            "1w",
            "15min",
            "99999999999999999999d",
            "999999999999999999d",
        ] {
            assert!(Span::try_from(text.to_owned()).is_err(), "{text}");
        }
    }
}
