//! The moves of a secret's labels, by which one key follows another.

use std::time::Duration;

use anyhow::Context;
use aws_sdk_secretsmanager::Client;
use jiff::Timestamp;

use super::secret::{ATTEMPTS, CURRENT, Found, PENDING, PREVIOUS, look, passing};
use super::state::{Secret, Version};
use super::{By, pair};
use crate::aws::explain;
use crate::digest;
use crate::error::Problem;

/// Puts a new key beside the current one, where none is waiting. Its version is named by what it follows: of two
/// rotations at once, the second finds the first one's key and goes on with it.
pub async fn propose(client: &Client, name: &str, secret: &Secret) -> anyhow::Result<Version> {
    match &secret.pending {
        Some(pending) => Ok(pending.clone()),
        None => put(client, name, secret).await,
    }
}

/// Puts a new key beside the current one, whatever is waiting: what an interrupted rotation has left there could be read as
/// long as the current key, by the same leak.
pub async fn propose_anew(client: &Client, name: &str, secret: &Secret) -> anyhow::Result<Version> {
    if let Some(pending) = &secret.pending {
        unlabel(client, name, &pending.id, PENDING).await?;
    }
    put(client, name, secret).await
}

async fn put(client: &Client, name: &str, secret: &Secret) -> anyhow::Result<Version> {
    // The last rotation left it where it was; Secrets Manager would move it, the emulator would have it twice.
    unlabel(client, name, &secret.current.id, PENDING).await?;
    let before = [Some(&secret.current), secret.previous.as_ref(), secret.pending.as_ref()];
    let before = before.map(|version| version.map_or("", |version| &version.id)).join("\n");
    let id = digest::start(before, 32);
    let text = pair::generate()?;
    let call = client.put_secret_value().secret_id(name).client_request_token(&id).version_stages(PENDING);
    if passing(call.secret_string(text.as_str()).send().await, &["ResourceExistsException"])
        .with_context(|| format!("cannot put a new key into the secret `{name}`"))?
    {
        let public = pair::public_of(&text).context("cannot encode a new key")?;
        return Ok(Version { id, created: Timestamp::now(), public });
    }
    match look(client, name, By::Values).await? {
        Found::Secret(now) if now.current.id == id => return Ok(now.current),
        Found::Secret(now) => now.pending.filter(|pending| pending.id == id),
        _ => None,
    }
    .ok_or_else(|| {
        let remedy = "aws secretsmanager update-secret-version-stage";
        Problem::failed(format!("the new version of the secret `{name}` has lost its label"))
            .hint(format!("{remedy} --secret-id {name} --version-stage {PENDING} --move-to-version-id {id}"))
            .into()
    })
}

/// Makes a version the one that signs, if the current one is still what it was.
pub async fn promote(client: &Client, name: &str, secret: &Secret, to: &str) -> anyhow::Result<()> {
    if secret.current.id == to {
        return Ok(());
    }
    let call = client.update_secret_version_stage().secret_id(name).version_stage(CURRENT);
    let sent = call.move_to_version_id(to).remove_from_version_id(&secret.current.id).send().await;
    if passing(sent, &["InvalidParameterException", "InvalidRequestException"])
        .with_context(|| format!("cannot make version `{to}` of the secret `{name}` the current one"))?
    {
        return Ok(());
    }
    match look(client, name, By::Values).await? {
        Found::Secret(now) if now.current.id == to => Ok(()),
        _ => Err(Problem::failed(format!("the secret `{name}` has changed under our hands"))
            .hint("another rotation is at work; wait for its end, then look: cargo xtask keys list --env <environment>")
            .into()),
    }
}

/// Lets all versions of `before` go but the one that signs now: Secrets Manager deletes what has no label. Returns when none
/// of them is seen with a label any more, since what is seen with one is trusted by the next deploy.
pub(super) async fn revoke(
    client: &Client,
    name: &str,
    before: &Secret,
    signs: &str,
    pause: Duration,
) -> anyhow::Result<()> {
    let old = [Some(&before.current), before.previous.as_ref(), before.pending.as_ref()];
    let old: Vec<&str> =
        old.into_iter().flatten().map(|version| version.id.as_str()).filter(|id| *id != signs).collect();
    let mut left = Vec::new();
    for attempt in 0..ATTEMPTS {
        if attempt > 0 {
            tokio::time::sleep(pause * 2_u32.pow(attempt - 1)).await;
        }
        for id in &old {
            unlabel(client, name, id, PREVIOUS).await?;
            unlabel(client, name, id, PENDING).await?;
        }
        left = labelled(client, name, &old).await?;
        if left.is_empty() {
            return Ok(());
        }
    }
    Err(Problem::failed(format!("version `{}` of the secret `{name}` keeps its label", left.join("`, `")))
        .hint(format!(
            "the key is still trusted; take the label off by hand (aws secretsmanager update-secret-version-stage --secret-id \
             {name} --version-stage {PREVIOUS} --remove-from-version-id {}), then run the same command again",
            left[0]
        ))
        .into())
}

/// Those of these versions that have a label.
async fn labelled(client: &Client, name: &str, ids: &[&str]) -> anyhow::Result<Vec<String>> {
    let described = client.describe_secret().secret_id(name).send().await;
    let described = described.map_err(explain).with_context(|| format!("cannot look at the secret `{name}`"))?;
    let stages = described.version_ids_to_stages().into_iter().flatten();
    let with_label = stages.filter(|(id, labels)| ids.contains(&id.as_str()) && !labels.is_empty());
    Ok(with_label.map(|(id, _)| id.clone()).collect())
}

/// A label that is not there any more is as good as taken off.
async fn unlabel(client: &Client, name: &str, version: &str, label: &str) -> anyhow::Result<()> {
    let call = client.update_secret_version_stage().secret_id(name).version_stage(label);
    passing(
        call.remove_from_version_id(version).send().await,
        &["InvalidParameterException", "InvalidRequestException"],
    )
    .with_context(|| format!("cannot take `{label}` off the secret `{name}`"))?;
    Ok(())
}
