//! References between parts of the configuration: `service.Output`, `env.region`, `limits.name`.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Stack outputs: service → name → value.
pub type Outputs = BTreeMap<String, BTreeMap<String, String>>;

/// Another service's stack output, written `service.Output`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String", extend("pattern" = r"^[a-z][a-z0-9-]*\.[A-Za-z0-9]+$"))]
pub struct OutputRef {
    /// The producing service.
    pub service: String,
    /// The output's name in its stack.
    pub output: String,
}

impl TryFrom<String> for OutputRef {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.split_once('.') {
            Some((service, output)) if !service.is_empty() && is_name(output) => {
                Ok(Self { service: service.to_owned(), output: output.to_owned() })
            }
            _ => Err(format!("`{text}` is not a reference: expected `service.Output`, such as `auth.UserPoolId`")),
        }
    }
}

impl From<OutputRef> for String {
    fn from(reference: OutputRef) -> Self {
        reference.to_string()
    }
}

impl fmt::Display for OutputRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.service, self.output)
    }
}

/// A value of the site's configuration: an output, a limit, or a fact of the environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub enum Value {
    /// `service.Output`
    Output(OutputRef),
    /// `limits.name`
    Limit(String),
    /// `env.region`
    Region,
}

impl TryFrom<String> for Value {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.split_once('.') {
            Some(("env", "region")) => Ok(Self::Region),
            Some(("env", other)) => Err(format!("`env.{other}` is not known: expected `env.region`")),
            Some(("limits", name)) if is_name(name) => Ok(Self::Limit(name.to_owned())),
            _ => OutputRef::try_from(text).map(Self::Output),
        }
    }
}

impl From<Value> for String {
    fn from(value: Value) -> Self {
        match value {
            Value::Output(reference) => reference.to_string(),
            Value::Limit(name) => format!("limits.{name}"),
            Value::Region => "env.region".to_owned(),
        }
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_round_trip() {
        for text in ["auth.UserPoolId", "limits.maxFileSize", "env.region"] {
            let value = Value::try_from(text.to_owned()).unwrap();
            assert_eq!(String::from(value), text);
        }
    }

    #[test]
    fn what_is_no_reference_is_refused_with_an_example() {
        for text in ["", "auth", "auth.", ".X", "auth.User Pool", "a.b.c"] {
            let error = OutputRef::try_from(text.to_owned()).unwrap_err();
            assert!(error.contains("auth.UserPoolId"), "{error}");
        }
        assert!(Value::try_from("env.account".to_owned()).unwrap_err().contains("env.region"));
    }
}
