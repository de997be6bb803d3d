//! Key pairs of services: the private half in Secrets Manager and nowhere else, the public half a stack parameter.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Context;
use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::error::ProvideErrorMetadata;
use aws_sdk_secretsmanager::types::Tag;
use p256::SecretKey;
use p256::elliptic_curve::Generate;
use p256::elliptic_curve::zeroize::Zeroizing;
use p256::pkcs8::{DecodePrivateKey, EncodePrivateKey, EncodePublicKey, LineEnding};

use crate::aws::{Aws, explain};
use crate::config::Config;
use crate::error::Problem;

/// Looks at a secret; Secrets Manager lets go of a deleted name only after some seconds.
const ATTEMPTS: u32 = 6;
/// Grows to sixteen times this.
const FIRST_PAUSE: Duration = Duration::from_millis(500);

/// A key pair, as far as anyone but its function may know it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Pair {
    arn: String,
    /// SPKI PEM.
    public: String,
}

/// What a look at a secret shows.
enum Found {
    Pair(Pair),
    Absent,
    /// Deleted, but still to be had back.
    Deleted,
}

/// Makes the key pairs that a service names, where they are not there yet, and returns the stack's parameters:
/// `<Key>PublicKey` (SPKI PEM) and `<Key>SecretArn` (a secret with the PKCS #8 PEM of an ECDSA P-256 key).
pub async fn ensure(aws: &Aws, config: &Config, service: &str) -> anyhow::Result<BTreeMap<String, String>> {
    let spec = config.app.services.get(service).with_context(|| format!("no service `{service}`"))?;
    let mut parameters = BTreeMap::new();
    for key in &spec.keys {
        let name = secret_name(config, service, key);
        let tags = [("app", config.app.app.as_str()), ("environment", &config.env.name), ("service", service)];
        let pair = pair(&aws.secrets, &name, &tags, FIRST_PAUSE).await?;
        parameters.insert(format!("{key}PublicKey"), pair.public);
        parameters.insert(format!("{key}SecretArn"), pair.arn);
    }
    Ok(parameters)
}

/// The name of the secret that holds a service's key.
#[must_use]
pub fn secret_name(config: &Config, service: &str, key: &str) -> String {
    format!("{}/{}/{service}/{key}", config.app.app, config.env.name)
}

/// The pair under a name. Two deployers at once end with the same one: who comes second reads what the first made.
async fn pair(client: &Client, name: &str, tags: &[(&str, &str)], pause: Duration) -> anyhow::Result<Pair> {
    for attempt in 0..ATTEMPTS {
        if attempt > 1 {
            tokio::time::sleep(pause * 2_u32.pow(attempt - 2)).await;
        }
        match read(client, name).await? {
            Found::Pair(pair) => return Ok(pair),
            Found::Deleted => restore(client, name).await?,
            Found::Absent => {
                if let Some(pair) = create(client, name, tags).await? {
                    return Ok(pair);
                }
            }
        }
    }
    Err(Problem::failed(format!("the secret `{name}` is there, but has no value, or its deletion does not end"))
        .hint(format!("aws secretsmanager delete-secret --secret-id {name} --force-delete-without-recovery"))
        .into())
}

async fn read(client: &Client, name: &str) -> anyhow::Result<Found> {
    let answer = match client.get_secret_value().secret_id(name).send().await {
        Ok(answer) => answer,
        Err(error) => {
            return match error.code() {
                Some("ResourceNotFoundException") => Ok(Found::Absent),
                Some("InvalidRequestException") if is_deleted(client, name).await? => Ok(Found::Deleted),
                _ => Err(explain(error)).with_context(|| format!("cannot read the secret `{name}`")),
            };
        }
    };
    let arn = answer.arn().unwrap_or_default().to_owned();
    let text = Zeroizing::new(answer.secret_string.unwrap_or_default());
    // The cause is left out on purpose: a parser may quote what it read.
    let key = SecretKey::from_pkcs8_pem(&text).map_err(|_| {
        Problem::failed(format!("the secret `{name}` holds something else than an ECDSA P-256 key as PKCS #8 PEM"))
            .hint(format!(
                "rename or delete it, then deploy again: aws secretsmanager delete-secret --secret-id {name}"
            ))
    })?;
    Ok(Found::Pair(Pair { arn, public: public(&key)? }))
}

/// `None` where somebody else was faster, or where the name is not free yet.
async fn create(client: &Client, name: &str, tags: &[(&str, &str)]) -> anyhow::Result<Option<Pair>> {
    let key = SecretKey::try_generate().context("the system gives no random numbers")?;
    let text = key.to_pkcs8_pem(LineEnding::LF).context("cannot encode a new key")?;
    let tags = tags.iter().map(|(key, value)| Tag::builder().key(*key).value(*value).build());
    let call = client.create_secret().name(name).secret_string(text.as_str()).set_tags(Some(tags.collect()));
    match call.description("Made by the deployer; the public half is a stack parameter").send().await {
        Ok(answer) => Ok(Some(Pair { arn: answer.arn().unwrap_or_default().to_owned(), public: public(&key)? })),
        Err(error) if matches!(error.code(), Some("ResourceExistsException" | "InvalidRequestException")) => Ok(None),
        Err(error) => Err(explain(error)).with_context(|| format!("cannot create the secret `{name}`")),
    }
}

/// A scheduled deletion is undone: whatever was signed with the key stays valid.
async fn restore(client: &Client, name: &str) -> anyhow::Result<()> {
    match client.restore_secret().secret_id(name).send().await {
        // Gone meanwhile, or deleted without a way back: the next look tells.
        Err(error) if !matches!(error.code(), Some("ResourceNotFoundException" | "InvalidRequestException")) => {
            Err(explain(error)).with_context(|| format!("cannot restore the secret `{name}`, which is being deleted"))
        }
        _ => Ok(()),
    }
}

async fn is_deleted(client: &Client, name: &str) -> anyhow::Result<bool> {
    match client.describe_secret().secret_id(name).send().await {
        Ok(answer) => Ok(answer.deleted_date().is_some()),
        Err(error) if error.code() == Some("ResourceNotFoundException") => Ok(true),
        Err(error) => Err(explain(error)).with_context(|| format!("cannot look at the secret `{name}`")),
    }
}

fn public(key: &SecretKey) -> anyhow::Result<String> {
    key.public_key().to_public_key_pem(LineEnding::LF).context("cannot encode a public key")
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_secretsmanager::operation::create_secret::{CreateSecretError, CreateSecretOutput};
    use aws_sdk_secretsmanager::operation::describe_secret::DescribeSecretOutput;
    use aws_sdk_secretsmanager::operation::get_secret_value::{GetSecretValueError, GetSecretValueOutput};
    use aws_sdk_secretsmanager::operation::restore_secret::RestoreSecretOutput;
    use aws_sdk_secretsmanager::types::error::{
        InvalidRequestException, ResourceExistsException, ResourceNotFoundException,
    };
    use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
    use aws_smithy_types::DateTime;
    use aws_smithy_types::error::ErrorMetadata;

    fn code(code: &str) -> ErrorMetadata {
        ErrorMetadata::builder().code(code).build()
    }

    fn absent() -> GetSecretValueError {
        let meta = code("ResourceNotFoundException");
        GetSecretValueError::ResourceNotFoundException(ResourceNotFoundException::builder().meta(meta).build())
    }

    fn deleted() -> GetSecretValueError {
        let meta = code("InvalidRequestException");
        GetSecretValueError::InvalidRequestException(InvalidRequestException::builder().meta(meta).build())
    }

    fn taken() -> CreateSecretError {
        let meta = code("ResourceExistsException");
        CreateSecretError::ResourceExistsException(ResourceExistsException::builder().meta(meta).build())
    }

    fn holding(text: &str) -> GetSecretValueOutput {
        GetSecretValueOutput::builder().arn("arn:there").secret_string(text).build()
    }

    fn a_key() -> (String, String) {
        let key = SecretKey::generate();
        (key.to_pkcs8_pem(LineEnding::LF).unwrap().to_string(), public(&key).unwrap())
    }

    fn run(rules: &[&Rule]) -> anyhow::Result<Pair> {
        let client = mock_client!(aws_sdk_secretsmanager, RuleMode::Sequential, rules);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(pair(&client, "demo/dev/files/Key", &[("app", "demo")], Duration::ZERO))
    }

    #[test]
    fn an_absent_key_is_made_and_stored_as_pkcs8_pem() {
        let get = mock!(Client::get_secret_value).then_error(absent);
        let create = mock!(Client::create_secret)
            .match_requests(|call| {
                SecretKey::from_pkcs8_pem(call.secret_string().unwrap()).is_ok() && call.tags().len() == 1
            })
            .then_output(|| CreateSecretOutput::builder().arn("arn:new").build());
        let pair = run(&[&get, &create]).unwrap();
        assert_eq!(pair.arn, "arn:new");
        assert!(pair.public.starts_with("-----BEGIN PUBLIC KEY-----\n"), "{}", pair.public);
        assert_eq!(create.num_calls(), 1);
    }

    #[test]
    fn a_key_that_is_there_gives_its_public_half() {
        let (private, public) = a_key();
        let get = mock!(Client::get_secret_value).then_output(move || holding(&private));
        assert_eq!(run(&[&get]).unwrap(), Pair { arn: "arn:there".into(), public });
    }

    #[test]
    fn of_two_deployers_the_slower_takes_what_the_faster_made() {
        let (private, public) = a_key();
        let before = mock!(Client::get_secret_value).then_error(absent);
        let create = mock!(Client::create_secret).then_error(taken);
        let after = mock!(Client::get_secret_value).then_output(move || holding(&private));
        assert_eq!(run(&[&before, &create, &after]).unwrap().public, public);
    }

    #[test]
    fn a_key_on_its_way_out_is_brought_back() {
        let (private, public) = a_key();
        let before = mock!(Client::get_secret_value).then_error(deleted);
        let describe = mock!(Client::describe_secret)
            .then_output(|| DescribeSecretOutput::builder().deleted_date(DateTime::from_secs(1)).build());
        let restore = mock!(Client::restore_secret).then_output(|| RestoreSecretOutput::builder().build());
        let after = mock!(Client::get_secret_value).then_output(move || holding(&private));
        assert_eq!(run(&[&before, &describe, &restore, &after]).unwrap().public, public);
        assert_eq!(restore.num_calls(), 1);
    }

    #[test]
    fn something_else_in_the_secret_is_refused_and_never_shown() {
        let get = mock!(Client::get_secret_value).then_output(|| holding("hunter2"));
        let error = run(&[&get]).unwrap_err();
        assert!(error.to_string().contains("holds something else"), "{error}");
        assert!(!format!("{error:?}").contains("hunter2"));
    }

    #[test]
    fn a_secret_without_a_value_ends_in_an_error() {
        let get = mock!(Client::get_secret_value).then_error(absent);
        let create = mock!(Client::create_secret).then_error(taken);
        let client = mock_client!(aws_sdk_secretsmanager, RuleMode::MatchAny, [&get, &create]);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let error = runtime.block_on(pair(&client, "demo/dev/files/Key", &[], Duration::ZERO)).unwrap_err();
        assert!(error.to_string().contains("has no value"), "{error}");
        assert_eq!(get.num_calls(), usize::try_from(ATTEMPTS).unwrap());
    }
}
