//! Environments with an `account` instead of an emulator, each in an account of its own. `AWS_ENDPOINT_URL` leads to the
//! emulator, which keeps a state per access key of twelve digits, as if it were the account's number. Without functions:
//! those of an account get an optimized build.

use serde_json::{Value, json};
use tests::Call;

use crate::repository::{Ran, Repository};

/// Environment (which is its profile's name too), account.
const ACCOUNTS: [(&str, &str); 2] = [("first", "111111111111"), ("second", "222222222222")];

/// The accounts' environments, with a profile for each.
pub(crate) fn accounts(repository: &Repository) {
    let emulated = repository.read("config/scratch.yaml");
    let start = emulated.find("emulator:").unwrap();
    let end = emulated.find("region:").unwrap();
    let mut credentials = String::new();
    for (name, account) in ACCOUNTS {
        let place = format!("account: \"{account}\"\nprofile: {name}\narchitecture: {}\n", std::env::consts::ARCH);
        let text = format!("{}{place}{}", &emulated[..start], &emulated[end..]);
        repository.write(&format!("config/{name}.yaml"), &text.replace("aarch64", "arm64"));
        let keys = format!("aws_access_key_id = {account}\naws_secret_access_key = none\n");
        credentials.extend([format!("[{name}]\n"), keys]);
    }
    repository.write("credentials", &credentials);
    repository.xtask(&["local", "start"]).ok();
    for (_, account) in ACCOUNTS {
        make_provider(repository, account);
    }
}

/// GitHub's OIDC provider is there already, as in an account of many repositories: the emulator refuses its type in templates.
fn make_provider(repository: &Repository, account: &str) {
    let arn = format!("arn:aws:iam::{account}:oidc-provider/token.actions.githubusercontent.com");
    let wanted = json!({"TypeName": "AWS::IAM::OIDCProvider", "DesiredState": json!({"Arn": arn}).to_string()});
    let made = call(repository, account, ("cloudcontrolapi", ""))
        .header("content-type", "application/x-amz-json-1.0")
        .header("x-amz-target", "CloudApiService.CreateResource")
        .body(wanted.to_string())
        .send();
    assert_eq!(made.status, 200, "{}", made.text());
}

/// A public key of CloudFront that no environment of ours has made.
fn make_public_key(repository: &Repository, account: &str, name: &str) {
    let config = format!(
        "<PublicKeyConfig><CallerReference>{name}</CallerReference><Name>{name}</Name><EncodedKey>x</EncodedKey></PublicKeyConfig>"
    );
    let made = call(repository, account, ("cloudfront", "/2020-05-31/public-key")).body(config).send();
    assert_eq!(made.status, 201, "{}", made.text());
}

/// A call of the emulator as an account, of a service and a path; nobody checks its signature.
pub(crate) fn call(repository: &Repository, account: &str, (service, path): (&str, &str)) -> Call {
    let scope = format!("Credential={account}/20260101/eu-central-1/{service}/aws4_request");
    Call::new("POST", format!("{}{path}", repository.endpoint()))
        .header("authorization", &format!("AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=none"))
}

pub(crate) fn xtask(repository: &Repository, args: &[&str]) -> Ran {
    let credentials = repository.path("credentials");
    let variables = [
        ("AWS_ENDPOINT_URL", repository.endpoint()),
        ("AWS_SHARED_CREDENTIALS_FILE", credentials.display().to_string()),
        ("AWS_CONFIG_FILE", credentials.with_file_name("none").display().to_string()),
    ];
    repository.xtask_with(&variables, args)
}

pub(crate) fn json(ran: Ran) -> Value {
    serde_json::from_str(&ran.ok().stdout).unwrap()
}

#[test]
fn what_an_account_got_is_planned_promoted_to_another_account_rolled_back_and_destroyed() {
    let repository = Repository::new();
    accounts(&repository);
    let on_first = ["--env", "first", "--service", "auth"];
    let unprepared = xtask(&repository, &[&["deploy", "--yes"], &on_first[..]].concat()).failed(1);
    assert!(unprepared.contains("cargo xtask bootstrap --env first"), "{unprepared}");
    for (name, account) in ACCOUNTS {
        let asked = xtask(&repository, &["bootstrap", "--env", name]).failed(3);
        assert!(asked.contains(account), "the account is named in the question: {asked}");
        let made = xtask(&repository, &["bootstrap", "--env", name, "--yes"]).ok();
        assert!(
            made.stderr.contains("OIDC provider in account") && made.stderr.contains("used as it is"),
            "{}",
            made.stderr
        );
    }

    let plan = [&["plan", "--json", "--detailed-exitcode"], &on_first[..]].concat();
    let planned = xtask(&repository, &plan);
    assert_eq!(planned.code, 4, "{}", planned.stderr);
    xtask(&repository, &[&["deploy"], &on_first[..]].concat()).failed(3);
    let deployed = json(xtask(&repository, &[&["deploy", "--json", "--yes"], &on_first[..]].concat()));
    assert_eq!((&deployed["release"], &deployed["stacks"]["auth"]), (&1.into(), &"created".into()));
    assert_eq!(xtask(&repository, &plan).code, 0, "what was deployed is what was planned");

    let promote = ["promote", "--from", "first", "--to", "second", "--json", "--yes"];
    let promoted = json(xtask(&repository, &promote));
    assert_eq!(promoted["stacks"]["auth"], "created");
    let pool = |report: &Value| report["outputs"]["auth"]["UserPoolId"].clone();
    assert_ne!(pool(&promoted), pool(&deployed));

    repository.edit("stacks/auth.yaml.tera", "MinimumLength: 12", "MinimumLength: 14");
    let second = json(xtask(&repository, &[&["deploy", "--json", "--yes"], &on_first[..]].concat()));
    assert_eq!((&second["release"], &second["stacks"]["auth"]), (&2.into(), &"updated".into()));
    let back = json(xtask(&repository, &["rollback", "--env", "first", "--json", "--yes"]));
    assert_eq!((&back["release"], &back["stacks"]["auth"]), (&3.into(), &"updated".into()));

    xtask(&repository, &["destroy", "--env", "first", "--yes"]).ok();
    let left = json(xtask(&repository, &["outputs", "--env", "second", "--json"]));
    assert_eq!(left["auth"]["UserPoolId"], pool(&promoted), "the other account keeps what it has");
    xtask(&repository, &["destroy", "--env", "second", "--yes"]).ok();
}

#[test]
fn credentials_of_another_account_end_every_command_before_its_first_write() {
    let repository = Repository::new();
    accounts(&repository);
    repository.edit("config/second.yaml", "profile: second", "profile: first");
    let commands: [&[&str]; 9] = [
        &["bootstrap", "--yes"],
        &["plan"],
        &["deploy", "--yes"],
        &["rollback", "--yes"],
        &["destroy", "--yes"],
        &["keys", "rotate", "--yes"],
        &["releases", "prune", "--yes"],
        &["invoke", "reconcileFiles", "--yes"],
        &["iam", "diff"],
    ];
    for command in commands {
        let refused = xtask(&repository, &[command, &["--env", "second"]].concat());
        assert_ne!(refused.code, 0, "{command:?}");
        for (_, account) in ACCOUNTS {
            assert!(refused.stderr.contains(account), "{command:?} names `{account}`: {}", refused.stderr);
        }
    }
    repository.edit("config/second.yaml", "profile: first", "profile: second");
    let bootstrapped = xtask(&repository, &["deploy", "--env", "second", "--service", "auth", "--yes"]).failed(1);
    assert!(bootstrapped.contains("cargo xtask bootstrap --env second"), "nothing was written: {bootstrapped}");
}

#[test]
fn the_certificate_of_a_domain_is_made_in_us_east_1_and_taken_from_there() {
    let repository = Repository::new();
    accounts(&repository);
    xtask(&repository, &["bootstrap", "--env", "first", "--yes"]).ok();
    let domain = "profile: first\ndomain: { name: app.example.com, hostedZoneId: Z0123456789 }";
    repository.edit("config/first.yaml", "profile: first", domain);
    let site = ["--env", "first", "--service", "frontend"];
    let refused = xtask(&repository, &[&["deploy", "--yes"], &site[..]].concat()).failed(1);
    assert!(refused.contains("no stack `todo-bootstrap-certificate-first` in us-east-1"), "{refused}");
    assert!(refused.contains("cargo xtask bootstrap --env first"), "{refused}");

    let made = json(xtask(&repository, &["bootstrap", "--env", "first", "--json", "--yes"]));
    assert_eq!(made["stacks"]["todo-bootstrap-certificate-first"], "created", "{made}");
    let plan = json(xtask(&repository, &[&["plan", "--json"], &site[..]].concat()));
    let arn = plan["basis"]["CertificateArn for `todo-first-frontend`"].as_str().unwrap();
    assert!(arn.starts_with("arn:aws:acm:us-east-1:111111111111:certificate/"), "{arn}");
}

#[test]
fn who_makes_an_environment_of_a_branch_is_told_first_what_its_account_has_too_little_of() {
    let repository = Repository::new();
    accounts(&repository);
    repository.edit("config/app.yaml", "like: dev", "like: first");
    xtask(&repository, &["bootstrap", "--env", "first", "--yes"]).ok();
    for number in 0..10 {
        make_public_key(&repository, "111111111111", &format!("other-{number}"));
    }
    // It ends before its question: the emulator takes no template with such keys.
    let asked = xtask(&repository, &["env", "up", "--branch", "feature/a"]).failed(1);
    let told = "it has 10 of `CloudFront PublicKey` and 1 more are wanted: 10 are allowed unless that was raised";
    assert!(asked.contains(told), "{asked}");
    assert!(!asked.contains("CloudFront Distribution"), "of those there is room: {asked}");
    assert_eq!(json(xtask(&repository, &["env", "list", "--json"])), json!([]), "nothing was written yet");
}
