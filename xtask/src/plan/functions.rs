//! Which functions get other code. Pure.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::grants;
use super::template::Template;

/// A function whose code changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FunctionChange {
    /// The service.
    pub service: String,
    /// Logical id.
    pub id: String,
    /// The key of the code that runs; none where the function is new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// The key of the code that will run; none where the function goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// The functions whose code is another one.
pub(super) fn functions(service: &str, before: &Template, after: &Template) -> Vec<FunctionChange> {
    let code = |template: &Template, id: &str| {
        let function = template.resources.get(id).filter(|one| one.kind == "AWS::Lambda::Function")?;
        Some(function.properties.get("Code")?.get("S3Key").map(grants::compact).unwrap_or_default())
    };
    let ids: BTreeSet<&String> = before.resources.keys().chain(after.resources.keys()).collect();
    let change = |id: &String| FunctionChange {
        service: service.to_owned(),
        id: id.clone(),
        before: code(before, id),
        after: code(after, id),
    };
    ids.into_iter().map(change).filter(|one| one.before != one.after).collect()
}
