//! What the roles of CI may do, asked of an emulator that enforces trust and rights, with tokens as GitHub's workflows show them.

use aws_credential_types::Credentials;
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use serde_json::{Value, json};
use tests::Call;
use tests::aws::{s3_as, texts};

use crate::accounts::{accounts, call, json, xtask};
use crate::repository::Repository;

const ACCOUNT: &str = "111111111111";
const AUDIENCE: &str = "sts.amazonaws.com";

/// A session of a role.
struct Session(Credentials);

impl Session {
    /// Takes a role with a token of GitHub's, whose signature the emulator does not check; `None` where the role trusts it not.
    fn take(repository: &Repository, role: &str, (subject, audience): (&str, &str)) -> Option<Self> {
        let encoded = |value: Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        let claims = json!({
            "iss": "https://token.actions.githubusercontent.com", "aud": audience, "exp": 4_102_444_800_u64, "iat": 1,
            "sub": format!("repo:example/todo:{subject}"),
        });
        let token = format!("{}.{}.eA", encoded(json!({"alg": "RS256", "kid": "1", "typ": "JWT"})), encoded(claims));
        let answer = Call::new("POST", repository.endpoint())
            .header("content-type", "application/x-www-form-urlencoded")
            .body(format!(
                "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn:aws:iam::{ACCOUNT}:role/todo-{role}\
                 &RoleSessionName=tests&WebIdentityToken={token}"
            ))
            .send();
        if answer.status == 403 {
            return None;
        }
        assert_eq!(answer.status, 200, "{}", answer.text());
        let text = |tag: &str| texts(&answer.text(), tag).remove(0);
        let token = Some(text("SessionToken"));
        Some(Self(Credentials::new(text("AccessKeyId"), text("SecretAccessKey"), token, None, "tests")))
    }

    /// Lets the commands of an environment run with it.
    fn used(&self, repository: &Repository) {
        let (key, secret) = (self.0.access_key_id(), self.0.secret_access_key());
        let token = self.0.session_token().unwrap_or_default();
        let keys =
            format!("aws_access_key_id = {key}\naws_secret_access_key = {secret}\naws_session_token = {token}\n");
        repository.write("credentials", &format!("[first]\n{keys}"));
    }

    /// What S3 answers to a call for an object among the account's artifacts.
    fn artifact(&self, repository: &Repository, method: &'static str, key: &str) -> u16 {
        let url = format!("{}/todo-artifacts-{ACCOUNT}-eu-central-1/{key}", repository.endpoint());
        s3_as(self.0.clone(), "eu-central-1", method, &url).status
    }
}

/// An account that is prepared, with environments of branches in it.
fn prepared() -> Repository {
    let repository = Repository::new();
    accounts(&repository);
    repository.edit("config/app.yaml", "like: dev", "like: first");
    // The emulator speaks plain http, which a bucket of an account refuses to everybody but its administrator.
    repository.edit(
        "stacks/bootstrap-region.yaml.tera",
        "{{- emulated::tls_only_policy(env=env, resource=\"ArtifactBucket\", bucket=artifacts) }}",
        "",
    );
    xtask(&repository, &["bootstrap", "--env", "first", "--yes"]).ok();
    repository
}

#[test]
fn a_role_is_taken_by_the_jobs_that_it_is_for_and_by_no_others() {
    let repository = prepared();
    let jobs =
        ["environment:first", "environment:preview", "environment:second", "pull_request", "ref:refs/heads/main"];
    let trusted = |role: &str| -> Vec<&str> {
        jobs.into_iter().filter(|job| Session::take(&repository, role, (job, AUDIENCE)).is_some()).collect()
    };
    assert_eq!(trusted("deploy-first"), ["environment:first"]);
    assert_eq!(trusted("preview"), ["environment:preview", "pull_request", "ref:refs/heads/main"]);
    assert_eq!(trusted("plan"), ["pull_request", "ref:refs/heads/main"]);
    assert!(Session::take(&repository, "deploy-first", ("environment:first", "sigstore")).is_none());
}

#[test]
fn a_role_deploys_its_environment_and_ends_it_and_writes_no_record_of_another() {
    let repository = prepared();
    let on_first = ["--env", "first", "--service", "auth"];
    let deploy = Session::take(&repository, "deploy-first", ("environment:first", AUDIENCE)).unwrap();
    let plan = Session::take(&repository, "plan", ("pull_request", AUDIENCE)).unwrap();

    plan.used(&repository);
    let planned = json(xtask(&repository, &["plan", "--json", "--env", "first"]));
    assert_eq!((&planned["changed"], &planned["keys"][0]["key"]), (&true.into(), &"UrlSigningKey".into()), "{planned}");
    let refused = xtask(&repository, &[&["deploy", "--yes"], &on_first[..]].concat());
    assert!(refused.code == 1 && refused.stderr.contains("AccessDenied"), "{}", refused.stderr);

    deploy.used(&repository);
    let made = json(xtask(&repository, &[&["deploy", "--json", "--yes"], &on_first[..]].concat()));
    assert_eq!((&made["stacks"]["auth"], &made["release"]), (&"created".into(), &1.into()), "{made}");
    let preview = Session::take(&repository, "preview", ("pull_request", AUDIENCE)).unwrap();
    let record = format!("releases/{ACCOUNT}/eu-central-1/first/000001.json");
    for (session, own) in [(&preview, false), (&plan, false), (&deploy, true)] {
        assert_eq!(session.artifact(&repository, "GET", &record), 200, "what is deployed is for all to read");
        let expected = if own { 204 } else { 403 };
        assert_eq!(session.artifact(&repository, "DELETE", &record), expected);
    }
    for other in ["releases/{ACCOUNT}/eu-central-1/second/000001.json", "hotswap/second.json", "sources/1.zip"] {
        assert_eq!(deploy.artifact(&repository, "DELETE", &other.replace("{ACCOUNT}", ACCOUNT)), 403, "{other}");
    }
    xtask(&repository, &["destroy", "--env", "first", "--yes"]).ok();
}

#[test]
fn a_plan_reads_no_secret_and_says_of_a_key_without_a_tag_that_it_is_not_known() {
    let repository = prepared();
    let secret =
        json!({"Name": "todo/first/files/UrlSigningKey", "SecretString": "private", "ClientRequestToken": "1"});
    let made = call(&repository, ACCOUNT, ("secretsmanager", ""))
        .header("content-type", "application/x-amz-json-1.1")
        .header("x-amz-target", "secretsmanager.CreateSecret")
        .body(secret.to_string())
        .send();
    assert_eq!(made.status, 200, "{}", made.text());
    Session::take(&repository, "plan", ("pull_request", AUDIENCE)).unwrap().used(&repository);
    let planned = json(xtask(&repository, &["plan", "--json", "--env", "first"]));
    let notices = planned["notices"].to_string();
    assert!(notices.contains("key `files.UrlSigningKey` is there and not known"), "{notices}");
    assert_eq!(planned["keys"], json!([]), "no deploy would make it");
}
