//! A key's secret in Secrets Manager: its versions by their labels. How those labels move is `rotation`'s part.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use anyhow::Context;
use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_secretsmanager::types::Tag;
use jiff::Timestamp;
use p256::elliptic_curve::zeroize::Zeroizing;

use super::state::{Secret, Version};
use super::tags::{self, Tagging};
use super::{By, pair};
use crate::aws::{explain, is_denied};
use crate::error::Problem;

/// Looks at a secret; Secrets Manager lets go of a deleted name only after some seconds.
pub(super) const ATTEMPTS: u32 = 6;
pub(super) const CURRENT: &str = "AWSCURRENT";
pub(super) const PREVIOUS: &str = "AWSPREVIOUS";
pub(super) const PENDING: &str = "AWSPENDING";
/// The tag that says `<version> <time>`: since when the stack signs with that version.
const SINCE: &str = "signs-since";

/// What a look at a secret shows.
pub(super) enum Found {
    Secret(Box<Secret>),
    /// A value that its tags do not tell the public half of, and that may not be read.
    Sealed(Sealed),
    Absent,
    /// Deleted, but still to be had back.
    Deleted,
    /// Without a value, or its labels are just moving.
    Unsettled,
}

/// What is known of a secret all the same.
pub(super) struct Sealed {
    pub(super) arn: String,
    /// Id of the current version.
    pub(super) current: String,
}

/// The secret under a name, made where there is none. Two deployers at once end with the same one: who comes second
/// reads what the first made.
pub(super) async fn ensure(
    client: &Client,
    name: &str,
    tags: &[(&str, &str)],
    pause: Duration,
) -> anyhow::Result<Secret> {
    for attempt in 0..ATTEMPTS {
        if attempt > 1 {
            tokio::time::sleep(pause * 2_u32.pow(attempt - 2)).await;
        }
        match look(client, name, By::Values).await? {
            Found::Secret(secret) => return Ok(*secret),
            Found::Deleted => restore(client, name).await?,
            Found::Absent => create(client, name, tags).await?,
            Found::Sealed(_) | Found::Unsettled => {}
        }
    }
    let found = format!("the secret `{name}` is there, but has no current value, or its deletion does not end");
    Err(Problem::failed(found)
        .hint(format!(
            "see what there is: aws secretsmanager list-secret-version-ids --include-deprecated --secret-id {name}; where a \
             version has lost its label, give it back: aws secretsmanager update-secret-version-stage"
        ))
        .into())
}

/// Reads the labels first and then each version by its id, so that a label that moves meanwhile mixes nothing up.
pub(super) async fn look(client: &Client, name: &str, by: By) -> anyhow::Result<Found> {
    let described = match client.describe_secret().secret_id(name).send().await {
        Ok(described) => described,
        Err(error) if error.code() == Some("ResourceNotFoundException") => return Ok(Found::Absent),
        Err(error) => return Err(explain(error)).with_context(|| format!("cannot look at the secret `{name}`")),
    };
    if described.deleted_date().is_some() {
        return Ok(Found::Deleted);
    }
    let none = HashMap::new();
    let stages = described.version_ids_to_stages().unwrap_or(&none);
    let has = |id: &str, label: &str| stages.get(id).is_some_and(|labels| labels.iter().any(|one| one == label));
    let labelled = |label: &str| stages.keys().find(|id| has(id, label));
    let Some(current) = labelled(CURRENT) else { return Ok(Found::Unsettled) };
    // After a switch the label may lie on a version that signs or has signed: then nothing is pending.
    let pending = stages.keys().find(|id| has(id, PENDING) && !has(id, CURRENT) && !has(id, PREVIOUS));
    let pair = |tag: &Tag| Some((tag.key()?.to_owned(), tag.value()?.to_owned()));
    let tags: BTreeMap<String, String> = described.tags().iter().filter_map(pair).collect();
    let arn = described.arn().unwrap_or_default().to_owned();
    let mut found = [None, None, None];
    for (slot, id) in found.iter_mut().zip([Some(current), labelled(PREVIOUS), pending]) {
        let Some(id) = id else { continue };
        *slot = match by {
            By::Tags => tags::version(&tags, id),
            By::Values => None,
        };
        if slot.is_some() {
            continue;
        }
        *slot = match version(client, name, id).await {
            Err(error) if by == By::Tags && is_denied(&error) => {
                return Ok(Found::Sealed(Sealed { arn, current: current.clone() }));
            }
            read => read?,
        };
        if slot.is_none() {
            return Ok(Found::Unsettled);
        }
    }
    let tagging = Tagging::of(&tags, &found.iter().flatten().collect::<Vec<_>>(), |id| stages.contains_key(id));
    let [Some(current), previous, pending] = found else { return Ok(Found::Unsettled) };
    let since = tags.get(SINCE).and_then(|text| text.split_once(' '));
    let since = since.and_then(|(version, at)| Some((version.to_owned(), at.parse().ok()?)));
    Ok(Found::Secret(Box::new(Secret { arn, current, previous, pending, since, tagging })))
}

/// `None` where the version has gone meanwhile, or the whole secret.
async fn version(client: &Client, name: &str, id: &str) -> anyhow::Result<Option<Version>> {
    let answer = match client.get_secret_value().secret_id(name).version_id(id).send().await {
        Ok(answer) => answer,
        Err(error) if matches!(error.code(), Some("ResourceNotFoundException" | "InvalidRequestException")) => {
            return Ok(None);
        }
        Err(error) => return Err(explain(error)).with_context(|| format!("cannot read the secret `{name}`")),
    };
    let created = answer.created_date().map_or(0, aws_smithy_types::DateTime::secs);
    let text = Zeroizing::new(answer.secret_string.unwrap_or_default());
    let public = pair::public_of(&text).ok_or_else(|| {
        Problem::failed(format!("the secret `{name}` holds something else than an ECDSA P-256 key as PKCS #8 PEM"))
            .hint(format!(
                "rename or delete it, then deploy again: aws secretsmanager delete-secret --secret-id {name}"
            ))
    })?;
    Ok(Some(Version { id: id.to_owned(), created: Timestamp::from_second(created).unwrap_or_default(), public }))
}

/// Somebody else may have been faster, or the name is not free yet: the next look tells.
async fn create(client: &Client, name: &str, tags: &[(&str, &str)]) -> anyhow::Result<()> {
    let text = pair::generate()?;
    let tags = tags.iter().map(|(key, value)| Tag::builder().key(*key).value(*value).build());
    let call = client.create_secret().name(name).secret_string(text.as_str()).set_tags(Some(tags.collect()));
    let sent = call.description("Made by the deployer; the public half is in the stack's template").send().await;
    passing(sent, &["ResourceExistsException", "InvalidRequestException"])
        .with_context(|| format!("cannot create the secret `{name}`"))?;
    Ok(())
}

/// A scheduled deletion is undone: whatever was signed with the key stays valid.
async fn restore(client: &Client, name: &str) -> anyhow::Result<()> {
    // Gone meanwhile, or deleted without a way back: the next look tells.
    passing(
        client.restore_secret().secret_id(name).send().await,
        &["ResourceNotFoundException", "InvalidRequestException"],
    )
    .with_context(|| format!("cannot restore the secret `{name}`, which is being deleted"))?;
    Ok(())
}

/// Writes down that the stack signs with the current version.
pub(super) async fn record(client: &Client, name: &str, version: &str, at: Timestamp) -> anyhow::Result<()> {
    let at = Timestamp::from_second(at.as_second()).unwrap_or(at);
    write(client, name, &[(SINCE.to_owned(), format!("{version} {at}"))]).await
}

/// Lets the tags say what the values are.
pub(super) async fn tag(client: &Client, name: &str, tagging: &Tagging) -> anyhow::Result<()> {
    if !tagging.write.is_empty() {
        write(client, name, &tagging.write).await?;
    }
    if !tagging.remove.is_empty() {
        let call = client.untag_resource().secret_id(name).set_tag_keys(Some(tagging.remove.clone()));
        passing(call.send().await, &[]).with_context(|| format!("cannot take tags off the secret `{name}`"))?;
    }
    Ok(())
}

async fn write(client: &Client, name: &str, tags: &[(String, String)]) -> anyhow::Result<()> {
    let tags = tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect();
    passing(client.tag_resource().secret_id(name).set_tags(Some(tags)).send().await, &[])
        .with_context(|| format!("cannot tag the secret `{name}`"))?;
    Ok(())
}

/// Whether a call did what it was for; `false` where one of these error codes says that somebody else was faster.
pub(super) fn passing<T, E, R>(sent: Result<T, SdkError<E, R>>, codes: &[&str]) -> anyhow::Result<bool>
where
    E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    match sent {
        Ok(_) => Ok(true),
        Err(error) if error.code().is_some_and(|code| codes.contains(&code)) => Ok(false),
        Err(error) => Err(explain(error)),
    }
}
