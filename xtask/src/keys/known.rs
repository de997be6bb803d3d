//! Waiting until the CDN knows a key: what it does not know yet, it refuses.

use std::time::{Duration, Instant};

use crate::aws::distribution::{Signers, signers};
use crate::aws::{Aws, stacks};
use crate::deploy::wait::Pace;
use crate::error::Problem;
use crate::ui::Ui;

/// A change of a distribution takes some minutes to reach every edge.
const DEADLINE: Duration = Duration::from_mins(20);

/// Waits until a distribution of the stack takes signatures of the public key whose logical id is `<key><fingerprint>`.
/// The emulator has neither, so that there is nobody to wait for.
pub async fn wait(ui: &Ui, aws: &Aws, stack: &str, logical_id: &str) -> anyhow::Result<()> {
    let resources = stacks::resources(&aws.cloudformation, stack).await?;
    let of = |kind: &'static str| resources.iter().filter(move |(_, own, _)| own == kind);
    let Some((_, _, key)) = of("AWS::CloudFront::PublicKey").find(|(logical, _, _)| logical == logical_id) else {
        return Err(Problem::failed(format!("stack `{stack}` has no public key `{logical_id}`"))
            .hint("a key's resource is named by the key's name and its fingerprint; nothing signs with the new key yet")
            .into());
    };
    let distributions: Vec<&String> = of("AWS::CloudFront::Distribution").map(|(_, _, id)| id).collect();
    let spinner = ui.spinner(format!("{stack}: the CDN learns of the key"));
    let start = Instant::now();
    let mut pace = Pace::default();
    loop {
        let mut seen = Vec::new();
        for id in &distributions {
            seen.extend(pace.tolerate(signers(&aws.cloudfront, id).await)?);
        }
        if seen.len() == distributions.len() && is_known(&seen, key) {
            drop(spinner);
            return Ok(());
        }
        if start.elapsed() > DEADLINE {
            let minutes = DEADLINE.as_secs() / 60;
            return Err(Problem::failed(format!("no CDN of `{stack}` knows key `{key}` after {minutes} minutes"))
                .hint("nothing signs with it yet; run the same command again to go on from here")
                .into());
        }
        pace.sleep().await;
    }
}

/// The logical ids of the public keys that a stack's distributions may trust, each `<key><fingerprint>`.
pub async fn trusted(aws: &Aws, stack: &str) -> anyhow::Result<Vec<String>> {
    let resources = stacks::resources(&aws.cloudformation, stack).await?;
    let keys = resources.into_iter().filter(|(_, kind, _)| kind == "AWS::CloudFront::PublicKey");
    Ok(keys.map(|(logical, ..)| logical).collect())
}

/// Every distribution that checks signatures is at rest, and one of them takes the key's; none checks any: nothing to wait for.
fn is_known(distributions: &[Signers], key: &str) -> bool {
    let checking: Vec<&Signers> = distributions.iter().filter(|one| !one.keys.is_empty()).collect();
    checking.is_empty()
        || checking.iter().all(|one| one.at_rest) && checking.iter().any(|one| one.keys.iter().any(|own| own == key))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signers(at_rest: bool, keys: &[&str]) -> Signers {
        Signers { at_rest, keys: keys.iter().map(|&key| key.to_owned()).collect() }
    }

    #[test]
    fn a_key_is_known_when_the_distribution_lists_it_and_is_at_rest() {
        assert!(is_known(&[signers(true, &["old", "new"])], "new"));
        assert!(!is_known(&[signers(true, &["old"])], "new"));
        assert!(!is_known(&[signers(false, &["old", "new"])], "new"));
    }

    #[test]
    fn a_distribution_that_checks_no_signatures_holds_nothing_up() {
        assert!(is_known(&[signers(false, &[]), signers(true, &["new"])], "new"));
        assert!(is_known(&[], "new"));
    }
}
