//! Which change of a property replaces its resource: CloudFormation's resource provider schemas, as far as the stacks'
//! types go. `replacement.json` is generated from the linter's copy of them, and the linter's run keeps it true.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::diff::Step;

/// Whether CloudFormation makes a resource anew. Ordered: the last is the worst.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Replacement {
    /// It stays.
    #[default]
    Never,
    /// It depends on values that only AWS knows, or on what the type's schema doesn't say.
    Conditional,
    /// It is made anew.
    Always,
}

impl Replacement {
    /// For serde.
    #[must_use]
    pub fn is_never(&self) -> bool {
        *self == Self::Never
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
struct Kind {
    always: Vec<String>,
    conditional: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    #[serde(rename = "source")]
    _source: String,
    types: BTreeMap<String, Kind>,
}

static TABLE: LazyLock<Option<Table>> = LazyLock::new(|| serde_json::from_str(include_str!("replacement.json")).ok());

fn known(kind: &str) -> Option<&'static Kind> {
    TABLE.as_ref()?.types.get(kind)
}

/// Whether the table has a type.
#[must_use]
pub(super) fn has(kind: &str) -> bool {
    known(kind).is_some()
}

/// What a change at a path of a resource's properties does to it. A type that the table lacks may do anything.
#[must_use]
pub(super) fn of(kind: &str, path: &[Step]) -> Replacement {
    let Some(kind) = known(kind) else { return Replacement::Conditional };
    let hits = |patterns: &[String]| patterns.iter().any(|pattern| touches(pattern, path));
    if hits(&kind.always) {
        Replacement::Always
    } else if hits(&kind.conditional) {
        Replacement::Conditional
    } else {
        Replacement::Never
    }
}

/// Whether a pattern such as `A.*.B` is at, above or below a path.
fn touches(pattern: &str, path: &[Step]) -> bool {
    pattern.split('.').zip(path).all(|(part, step)| match step {
        Step::Index(_) => part == "*",
        Step::Key(key) => part == key || part == "*",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> Vec<Step> {
        let step = |part: &str| part.parse().map_or_else(|_| Step::Key(part.to_owned()), Step::Index);
        text.split('.').map(step).collect()
    }

    #[test]
    fn the_table_is_read_whole() {
        let table: Table = serde_json::from_str(include_str!("replacement.json")).unwrap();
        assert!(table.types.len() > 20, "{}", table.types.len());
    }

    #[test]
    fn names_and_keys_replace_and_settings_do_not() {
        let cases = [
            ("AWS::DynamoDB::Table", "TableName", Replacement::Always),
            ("AWS::DynamoDB::Table", "KeySchema.0.AttributeName", Replacement::Conditional),
            ("AWS::DynamoDB::Table", "BillingMode", Replacement::Never),
            ("AWS::Lambda::Function", "FunctionName", Replacement::Always),
            ("AWS::Lambda::Function", "MemorySize", Replacement::Never),
            ("AWS::S3::Bucket", "BucketName", Replacement::Always),
            ("AWS::Nobody::Knows", "This", Replacement::Conditional),
        ];
        for (kind, place, expected) in cases {
            assert_eq!(of(kind, &path(place)), expected, "{kind} {place}");
        }
    }

    #[test]
    fn a_pattern_counts_for_what_is_above_and_below_it() {
        assert!(touches("A.B", &path("A")));
        assert!(touches("A.B", &path("A.B.C")));
        assert!(touches("A.*.B", &path("A.3.B")));
        assert!(!touches("A.B", &path("A.C")));
        assert!(!touches("AB", &path("A")));
    }
}
