//! `keys rotate`: a new key signs, and what the old one signed stays good.
//!
//! The CDN is told of the new key first, and signs nothing with it before it knows it. Each step can be the last one
//! before a kill: the labels in Secrets Manager say how far the rotation is, and the next run goes on from there.

use anyhow::Context as _;
use serde::Serialize;
use serde_json::json;

use super::{Named, Seen, look, select};
use crate::aws::Aws;
use crate::cli::KeysRotateArgs;
use crate::commands::Ctx;
use crate::config::Config;
use crate::deploy;
use crate::error::Problem;
use crate::keys::{self, By, Needed, Public, Secret, Version};
use crate::local;

pub(super) async fn run(args: KeysRotateArgs, ctx: &Ctx) -> anyhow::Result<()> {
    let config = ctx.config(&args.change.env)?;
    let wanted = select(&config, args.service.as_deref(), args.key.as_deref())?;
    local::ensure(ctx, &config).await?;
    let aws = Aws::connect(&config.env).await;
    let identity = aws.identify(&config.env).await?;
    let seen = look(&aws, &config, &wanted, By::Values).await?;
    if let Some(missing) =
        wanted.iter().find(|one| !seen.iter().any(|seen| seen.named.secret == one.secret && seen.live.is_some()))
    {
        return Err(Problem::failed(format!(
            "`{}.{}` is not deployed: there is nothing to rotate",
            missing.service, missing.key
        ))
        .hint(format!("cargo xtask deploy --env {} --service {}", config.env.name, missing.service))
        .into());
    }
    if !args.revoke {
        seen.iter().try_for_each(refuse_in_grace)?;
    }
    confirm(ctx, &config, &identity.account, &seen, args.revoke)?;
    // The question is answered for the deploys that follow, too.
    let ctx = Ctx { ui: ctx.ui.answered(), ..ctx.clone() };
    let keys = Box::pin(rotate(&ctx, &aws, &config, &seen, args.revoke)).await?;
    if args.json {
        let data = json!({"environment": config.env.name, "revoked": args.revoke, "keys": keys});
        ctx.ui.data(serde_json::to_string_pretty(&data)?);
    }
    Ok(())
}

/// A key after its rotation.
#[derive(Clone, Debug, Serialize)]
struct Rotated {
    service: String,
    key: String,
    /// Of the one that signs now.
    fingerprint: String,
    /// What becomes of the one before, in words.
    before: String,
}

/// Another rotation would take the label from a key whose signatures are still out there.
fn refuse_in_grace(seen: &Seen) -> Result<(), Problem> {
    let Needed::Until(end) = seen.needed else { return Ok(()) };
    Err(Problem::failed(format!(
        "the key before `{}.{}` is still trusted, until {end}: what it signed would break",
        seen.named.service, seen.named.key
    ))
    .hint(format!("run this again after {end}, or pass `--revoke` where a key has leaked")))
}

fn confirm(ctx: &Ctx, config: &Config, account: &str, seen: &[Seen], revoke: bool) -> anyhow::Result<()> {
    if config.env.endpoint().is_some() {
        return Ok(());
    }
    for one in seen {
        let fate = if revoke {
            "goes at once".to_owned()
        } else {
            format!("stays trusted until the first deploy after its grace, {}", one.named.spec.grace)
        };
        let fingerprint = &one.secret.current.public.fingerprint;
        ctx.ui.say(format!("{:>12} {}.{}: {fingerprint} {fate}", "", one.named.service, one.named.key));
    }
    let stacks = services(seen).iter().map(|service| config.stack_name(service)).collect::<Vec<_>>().join(", ");
    let question = format!("Rotate these keys in account {account} and deploy {stacks} as they are in this folder");
    Ok(ctx.ui.confirm(&question, "yes")?)
}

fn services(seen: &[Seen]) -> Vec<String> {
    let mut services: Vec<String> = seen.iter().map(|one| one.named.service.clone()).collect();
    services.dedup();
    services
}

async fn rotate(ctx: &Ctx, aws: &Aws, config: &Config, seen: &[Seen], revoke: bool) -> anyhow::Result<Vec<Rotated>> {
    let services = services(seen);
    let mut turns: Vec<(&Seen, Version)> = Vec::new();
    for one in seen {
        // A rotation that was killed before its last deploy is brought to its end, not followed by another.
        let next = match one.needed {
            Needed::Open if !revoke => one.secret.current.clone(),
            _ if revoke => keys::propose_anew(&aws.secrets, &one.named.secret, &one.secret).await?,
            _ => keys::propose(&aws.secrets, &one.named.secret, &one.secret).await?,
        };
        say(ctx, "Made", one, &next);
        turns.push((one, next));
    }
    // A leaked key is not worth the wait.
    if !revoke {
        deploy::run(ctx, config.clone(), &services)
            .await
            .context("the CDN does not know the new key, nothing signs with it yet")?;
        for (one, next) in &turns {
            let logical_id = format!("{}{}", one.named.key, next.public.fingerprint);
            if config.env.endpoint().is_none() {
                keys::wait_until_known(&ctx.ui, aws, &config.stack_name(&one.named.service), &logical_id).await?;
            }
            say(ctx, "Trusted", one, next);
        }
    }
    for (one, next) in &turns {
        keys::promote(&aws.secrets, &one.named.secret, &one.secret, &next.id).await?;
        if revoke {
            keys::revoke(&aws.secrets, &one.named.secret, &one.secret, &next.id)
                .await
                .context("the old key is still trusted")?;
        }
        say(ctx, "Switched", one, next);
    }
    deploy::run(ctx, config.clone(), &services).await.context(if revoke {
        "the new key is current, but the stack does not sign with it yet, and the old key is still trusted: run this again"
    } else {
        "the new key is current, but the stack does not sign with it yet"
    })?;
    let named: Vec<Named> = turns.iter().map(|(one, _)| one.named.clone()).collect();
    let now = look(aws, config, &named, By::Values).await?;
    let mut rotated = Vec::new();
    for (one, next) in &turns {
        let fate = if revoke {
            refuse_trusted(
                one,
                &next.public,
                &keys::trusted_by_cdn(aws, &config.stack_name(&one.named.service)).await?,
            )?;
            "is no longer trusted".to_owned()
        } else {
            let now = now.iter().find(|now| now.named.secret == one.named.secret);
            fate(now.map_or(Needed::Open, |now| now.needed))
        };
        let signs = &next.public.fingerprint;
        ctx.ui
            .step("Rotated", format!("{}.{}: {signs} signs, the key before {fate}", one.named.service, one.named.key));
        rotated.push(Rotated {
            service: one.named.service.clone(),
            key: one.named.key.clone(),
            fingerprint: signs.clone(),
            before: fate,
        });
    }
    Ok(rotated)
}

/// What becomes of the key before, which no clock takes away: a deploy does.
fn fate(needed: Needed) -> String {
    match needed {
        Needed::Until(end) => format!("stays trusted until the first deploy after {end}"),
        Needed::No => "stays trusted until the next deploy".to_owned(),
        Needed::Open => {
            "stays trusted: since when the new one signs is not written down yet, the next deploy does it".to_owned()
        }
    }
}

/// Fails where the CDN still has one of the keys that were there before.
fn refuse_trusted(one: &Seen, signs: &Public, trusted: &[String]) -> Result<(), Problem> {
    let Secret { current, previous, pending, .. } = &one.secret;
    let before = [Some(current), previous.as_ref(), pending.as_ref()].into_iter().flatten();
    let fingerprints = before.map(|version| &version.public.fingerprint).filter(|one| **one != signs.fingerprint);
    for fingerprint in fingerprints {
        if trusted.contains(&format!("{}{fingerprint}", one.named.key)) {
            let stack = &one.named.service;
            return Err(Problem::failed(format!("the CDN of `{stack}` still trusts key `{fingerprint}`"))
                .hint("run the same command again; if this stays, look: cargo xtask keys list --env <environment>"));
        }
    }
    Ok(())
}

fn say(ctx: &Ctx, verb: &str, one: &Seen, next: &Version) {
    ctx.ui.step(verb, format!("key {} of {}.{}", next.public.fingerprint, one.named.service, one.named.key));
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    #[test]
    fn a_key_before_is_said_to_go_with_a_deploy_and_not_by_itself() {
        let end = Timestamp::from_second(0).unwrap();
        assert_eq!(fate(Needed::Until(end)), "stays trusted until the first deploy after 1970-01-01T00:00:00Z");
        for needed in [Needed::No, Needed::Open] {
            assert!(fate(needed).contains("next deploy"), "{needed:?}");
        }
    }

    #[test]
    fn a_revoked_key_that_the_cdn_still_has_is_a_failure() {
        let version = |number: u8| Version {
            id: format!("v{number}"),
            created: Timestamp::UNIX_EPOCH,
            public: keys::placeholder(number).unwrap(),
        };
        let seen = Seen {
            named: Named {
                service: "files".into(),
                key: "Key".into(),
                spec: serde_yaml::from_str("{lifetime: 15m, grace: 1h}").unwrap(),
                secret: "s".into(),
            },
            secret: Secret {
                arn: "arn".into(),
                current: version(1),
                previous: None,
                pending: Some(version(2)),
                since: None,
                tagging: keys::Tagging::default(),
            },
            live: None,
            needed: Needed::No,
        };
        let id = |number: u8| format!("Key{}", version(number).public.fingerprint);
        let signs = version(3).public;
        assert!(refuse_trusted(&seen, &signs, &[id(3)]).is_ok());
        assert!(refuse_trusted(&seen, &signs, &[]).is_ok());
        for old in [1, 2] {
            let told = refuse_trusted(&seen, &signs, &[id(3), id(old)]).unwrap_err().to_string();
            assert!(told.contains("still trusts key") && told.contains(&version(old).public.fingerprint), "{told}");
        }
    }
}
