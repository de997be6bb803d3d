//! Rotation of the URL signing key: what is signed before, during and after it stays good.

use std::path::Path;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use p256::ecdsa::signature::Verifier as _;
use p256::ecdsa::{DerSignature, VerifyingKey};
use p256::pkcs8::DecodePublicKey as _;
use serde_json::Value;
use tests::upload::{attach, list};
use tests::{Call, User, eventually};

use crate::killed::kill_at;
use crate::repository::{Ran, Repository};
use crate::restart;

/// Runs the deployer on the environment that has users.
fn xtask(args: &[&str]) -> Ran {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    Ran::of(root, &[args, &["--env", restart::ENVIRONMENT]].concat())
}

fn keys(ran: Ran) -> Vec<Value> {
    serde_json::from_str(&ran.ok().stdout).unwrap()
}

fn in_state<'a>(keys: &'a [Value], state: &str) -> Option<&'a Value> {
    keys.iter().find(|key| key["state"] == state)
}

/// Whether the URL's signature is that of the key over the policy in the URL.
fn is_signed_by(url: &str, key: &Value) -> bool {
    let query = url.split_once('?').unwrap().1;
    let bytes = |name: &str| {
        let text = query.split('&').find_map(|pair| pair.strip_prefix(name)).unwrap();
        BASE64_STANDARD.decode(text.replace('-', "+").replace('_', "=").replace('~', "/")).unwrap()
    };
    let public = VerifyingKey::from_public_key_pem(key["public"].as_str().unwrap()).unwrap();
    let signature = DerSignature::try_from(bytes("Signature=").as_slice()).unwrap();
    public.verify(&bytes("Policy="), &signature).is_ok()
}

#[test]
fn a_rotated_key_signs_new_urls_and_the_old_ones_stay_good_until_it_is_revoked() {
    let _alone = restart::alone();
    let user = User::new("rotation");
    let todo = user.add_titled("signed");
    let _ = attach(&user, &todo, "a.txt", b"signed");
    let url = || list(&user, &todo)[0]["filePath"].as_str().unwrap().to_owned();

    let first = keys(xtask(&["keys", "list", "--json"])).remove(0);
    let before = url();
    assert!(is_signed_by(&before, &first));

    xtask(&["keys", "rotate"]).ok();
    let seen = keys(xtask(&["keys", "list", "--json"]));
    let (current, previous) = (in_state(&seen, "current").unwrap(), in_state(&seen, "previous").unwrap());
    assert_eq!((&current["signs"], &previous["signs"]), (&Value::Bool(true), &Value::Bool(false)));
    assert_eq!(previous["fingerprint"], first["fingerprint"]);
    assert!(previous["until"].is_string(), "{previous}");
    let after = url();
    assert!(is_signed_by(&after, current) && !is_signed_by(&after, &first));
    assert!(is_signed_by(&before, previous), "a URL in flight is that of a key that is still trusted");
    assert_eq!(Call::new("GET", &before).send().status, 200);

    let unchanged = |ran: Ran| serde_json::from_str::<Value>(&ran.ok().stdout).unwrap()["changed"] == false;
    assert!(unchanged(xtask(&["deploy", "--json"])));
    let refused = xtask(&["keys", "rotate"]).failed(1);
    assert!(refused.contains("still trusted, until") && refused.contains("--revoke"), "{refused}");
    assert_eq!(keys(xtask(&["keys", "list", "--json"])), seen, "a refused rotation changes nothing");

    xtask(&["keys", "rotate", "--revoke"]).ok();
    let revoked = keys(xtask(&["keys", "list", "--json"]));
    let [only] = &revoked[..] else { panic!("{revoked:?}") };
    assert!(is_signed_by(&url(), only) && only["fingerprint"] != current["fingerprint"]);
    assert!(unchanged(xtask(&["deploy", "--json"])));
}

#[test]
fn a_rotation_killed_at_any_step_is_brought_to_its_end_by_the_next_run() {
    let repository = Repository::new();
    // So short that the test can see its end; nobody downloads here.
    repository.edit("config/app.yaml", "lifetime: 15m", "lifetime: 1s");
    repository.edit("config/app.yaml", "grace: 1h", "grace: 2s");
    repository.deploy();
    let look = || keys(repository.xtask(&["keys", "list", "--json"]));
    for (step, next) in [("Made", "rotate"), ("Trusted", "rotate"), ("Switched", "rotate"), ("Switched", "deploy")] {
        let before = look();
        let old = in_state(&before, "current").unwrap();
        kill_at(repository.start(&["keys", "rotate"]), step);
        if next == "rotate" {
            repository.xtask(&["keys", "rotate"]).ok();
        } else {
            assert_eq!(repository.deploy()["stacks"]["files"], "updated");
        }
        let after = look();
        let place = format!("killed at {step}, then {next}: {after:?}");
        let current = in_state(&after, "current").unwrap();
        assert_eq!(current["signs"], true, "{place}");
        assert_ne!(current["fingerprint"], old["fingerprint"], "{place}");
        assert!(in_state(&after, "pending").is_none(), "{place}");
        let others: Vec<&Value> = after.iter().filter(|key| key["state"] != "current").collect();
        assert_eq!(others.len(), 1, "{place}");
        assert_eq!(others[0]["fingerprint"], old["fingerprint"], "one rotation, not two; {place}");
        assert_eq!(repository.deploy()["changed"], false, "{place}");
        eventually("the grace is over", || in_state(&look(), "expired").map(drop));
    }
}

#[test]
fn a_key_that_is_not_there_is_not_rotated() {
    let repository = Repository::new();
    let unknown = repository.xtask(&["keys", "rotate", "--key", "UrlSigningKye"]).failed(2);
    assert!(unknown.contains("did you mean `UrlSigningKey`?"), "{unknown}");
    let missing = repository.xtask(&["keys", "rotate"]).failed(1);
    assert!(missing.contains("is not deployed") && missing.contains("cargo xtask deploy"), "{missing}");
}

#[test]
fn a_grace_that_signatures_outlive_is_refused_with_its_place() {
    let repository = Repository::new();
    repository.edit("config/app.yaml", "grace: 1h", "grace: 15m");
    let error = repository.xtask(&["config", "check"]).failed(2);
    assert!(error.contains("config/app.yaml:") && error.contains("grace: `15m` must be longer"), "{error}");
    repository.edit("config/app.yaml", "grace: 15m", "grace: soon");
    let error = repository.xtask(&["config", "check"]).failed(2);
    assert!(error.contains("`soon` is no length of time"), "{error}");
}
