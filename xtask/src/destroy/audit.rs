//! The proof at the end: nothing under the environment's names is left, as far as these services can be asked.

use std::time::Duration;

use super::scope::Scope;
use crate::aws::stacks;
use crate::aws::{Aws, buckets, names};
use crate::config::Config;
use crate::error::Problem;

/// Looks, with growing pauses between them: lists lag behind deletions.
const LOOKS: u32 = 5;
/// Doubles from look to look.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// Finds nothing, or fails with the list of what is left.
pub(super) async fn audit(aws: &Aws, config: &Config, scope: &Scope) -> anyhow::Result<()> {
    let mut left = look(aws, config, scope).await?;
    for look_number in 1..LOOKS {
        if left.is_empty() {
            break;
        }
        tokio::time::sleep(FIRST_PAUSE * 2_u32.pow(look_number - 1)).await;
        left = look(aws, config, scope).await?;
    }
    verdict(&left, config.env.name.as_str()).map_err(Into::into)
}

fn verdict(left: &[String], environment: &str) -> Result<(), Problem> {
    if left.is_empty() {
        return Ok(());
    }
    Err(Problem::failed(format!("left of `{environment}`:\n{}", left.join("\n")))
        .hint("run the same command again; what stays then was not made by this deployer: delete it by hand"))
}

async fn look(aws: &Aws, config: &Config, scope: &Scope) -> anyhow::Result<Vec<String>> {
    let prefix = scope.prefix.as_str();
    let (stacks, buckets, tables, functions, secrets) = tokio::try_join!(
        stacks::all(&aws.cloudformation),
        buckets::names(&aws.s3, prefix),
        names::tables(aws, prefix),
        names::functions(aws, prefix),
        names::secrets(aws, &scope.secrets),
    )?;
    // Between look and look another environment's stacks may have come or gone: its names are told anew.
    let scope = super::scope(config, &stacks);
    let kinds = [
        ("stack", stacks.into_keys().collect::<Vec<_>>()),
        ("bucket", buckets),
        ("table", tables),
        ("function", functions),
    ];
    let named = kinds.into_iter().flat_map(|(kind, names)| names.into_iter().map(move |name| (kind, name)));
    let own = named.filter(|(_, name)| scope.holds(name)).map(|(kind, name)| format!("{kind} {name}"));
    Ok(own.chain(secrets.into_iter().map(|name| format!("secret {name}"))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Exit, exit_of, hints};

    #[test]
    fn what_is_left_fails_the_command_and_is_listed() {
        assert!(verdict(&[], "dev").is_ok());
        let error = verdict(&["bucket demo-dev-a".to_owned(), "table demo-dev-b".to_owned()], "dev").unwrap_err();
        let error = anyhow::Error::from(error);
        assert_eq!(error.to_string(), "left of `dev`:\nbucket demo-dev-a\ntable demo-dev-b");
        assert_eq!((exit_of(&error), hints(&error).count()), (Exit::Failed, 1));
    }
}
