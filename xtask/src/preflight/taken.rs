//! Names that a template gives to something new, and that somebody else's thing has already.
//!
//! A user pool's name may be given twice. Queues, roles and origin access controls are looked for by CloudFormation itself, when it
//! makes the change set and before anything is changed (CloudFormation User Guide, "Validate stack deployments"): asking them here would
//! cost three more SDKs.

use futures_util::future::try_join_all;

use super::names::Named;
use super::{ASK, Finding, Weight, known};
use crate::aws::{Aws, existing};

/// Questions at a time: CloudWatch Logs takes ten a second (CloudWatch Logs User Guide, "CloudWatch Logs quotas").
const AT_A_TIME: usize = 8;

/// Which of the names, each with the stack that wants it, are taken.
pub(super) async fn look(aws: &Aws, new: Vec<(String, Named)>) -> anyhow::Result<Vec<Finding>> {
    let mut found = Vec::new();
    for some in new.chunks(AT_A_TIME) {
        let asked = some.iter().map(|(stack, name)| one(aws, stack, name));
        found.extend(try_join_all(asked).await?.into_iter().flatten());
    }
    Ok(found)
}

async fn one(aws: &Aws, stack: &str, name: &Named) -> anyhow::Result<Option<Finding>> {
    let finding = |weight, problem, remedy| Some(Finding { weight, stack: stack.to_owned(), problem, remedy });
    let what = format!("{} `{}`", name.what(), name.name);
    Ok(match known(existing::has(aws, name.kind, &name.name).await)? {
        Ok(false) => None,
        Ok(true) => finding(
            Weight::Stops,
            format!("{what} is there already, and no stack of this environment owns it"),
            format!("keep what it holds elsewhere and delete it, import it into `{stack}`, or choose another name"),
        ),
        Err(denied) => {
            finding(Weight::Notice, format!("whether {what} is there already is not known: {denied}"), ASK.to_owned())
        }
    })
}
