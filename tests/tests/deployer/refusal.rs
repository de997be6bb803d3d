//! What stands in the way of a deploy is told before its first write.

use serde_json::Value;
use tests::{Call, Response};

use crate::repository::Repository;

/// The body of a bucket's creation.
pub(crate) const PLACE: &str =
    "<CreateBucketConfiguration><LocationConstraint>eu-central-1</LocationConstraint></CreateBucketConfiguration>";

/// A call of S3 in the repository's emulator, which looks at the signature's credentials alone.
pub(crate) fn s3(method: &'static str, endpoint: &str, path: &str, body: &str) -> Response {
    let scope = "AWS4-HMAC-SHA256 Credential=test/20260101/eu-central-1/s3/aws4_request";
    let call = Call::new(method, format!("{endpoint}/{path}"));
    call.header("authorization", &format!("{scope}, SignedHeaders=host, Signature=0")).body(body).send()
}

#[test]
fn a_bucket_that_is_not_ours_is_told_with_what_to_do_and_left_as_it_is() {
    let repository = Repository::new();
    let outputs = repository.deploy()["outputs"].clone();
    let bucket = outputs["files"]["BucketName"].as_str().unwrap();
    let endpoint = &repository.endpoint();
    repository.xtask(&["local", "reset"]).ok();
    repository.xtask(&["local", "start"]).ok();
    let made = s3("PUT", endpoint, bucket, PLACE);
    assert_eq!(made.status, 200, "{}", made.text());
    assert_eq!(s3("PUT", endpoint, &format!("{bucket}/theirs"), "kept").status, 200);

    let refused = repository.xtask(&["deploy"]).failed(1);
    let told = format!("S3 Bucket `{bucket}` is there already, and no stack of this environment owns it");
    assert!(refused.contains(&told), "{refused}");
    assert!(refused.contains("import it into") && refused.contains("nothing was changed"), "{refused}");
    let none = repository.xtask(&["outputs"]).failed(1);
    assert!(none.contains("has no stacks"), "no stack was made: {none}");
    assert_eq!(s3("GET", endpoint, &format!("{bucket}/theirs"), "").text(), "kept");

    assert_eq!(s3("DELETE", endpoint, &format!("{bucket}/theirs"), "").status, 204);
    assert_eq!(s3("DELETE", endpoint, bucket, "").status, 204);
    repository.deploy();
}

#[test]
fn a_template_that_cloudformation_does_not_take_is_found_before_any_stack_changes() {
    let repository = Repository::new();
    repository.deploy();
    repository.edit("config/scratch.yaml", "memory: 256", "memory: 512");
    repository.edit(
        "stacks/dashboard.yaml.tera",
        "Resources:\n",
        "Resources:\n  Nothing: {Type: 'AWS::Nothing::AtAll'}\n",
    );
    let failed = repository.xtask(&["deploy", "--json"]);
    let failure: Value = serde_json::from_str(&failed.stdout).unwrap();
    let refused = failed.failed(1);
    assert!(refused.contains("does not take its template") && refused.contains("AWS::Nothing::AtAll"), "{refused}");
    assert_eq!(failure["exit"], 1, "{failure}");
    assert!(failure["error"].as_str().unwrap().contains("AWS::Nothing::AtAll"), "{failure}");
    let plan: Value = serde_json::from_str(&repository.xtask(&["plan", "--json"]).ok().stdout).unwrap();
    let stacks = plan["stacks"].as_array().unwrap();
    let todos = stacks.iter().find(|one| one["service"] == "todos").unwrap();
    assert_eq!(todos["action"], "update", "the memory of its functions is as it was: {todos}");
}

#[test]
fn what_is_wrong_on_the_command_line_starts_no_emulator() {
    let repository = Repository::new();
    for args in [&["deploy", "--service", "nope"][..], &["plan", "--service", "nope"]] {
        let refused = repository.xtask(args).failed(2);
        assert!(refused.contains("no service `nope`") && !refused.contains("Started"), "{refused}");
    }
    let refused = repository.xtask(&["deploy", "--plan", "nofile"]).failed(2);
    assert!(refused.contains("hint: make one: cargo xtask plan --out nofile"), "{refused}");
    let status = repository.xtask(&["local", "status"]).ok();
    assert!(status.stdout.contains("stopped"), "{}{}", status.stdout, status.stderr);
}

#[test]
fn a_plan_restarts_no_emulator_whose_settings_have_changed() {
    let repository = Repository::new();
    repository.xtask(&["local", "start"]).ok();
    repository.edit("config/scratch.yaml", "region: eu-central-1", "region: eu-west-1");
    let refused = repository.xtask(&["plan"]).failed(1);
    assert!(refused.contains("runs with other settings") && refused.contains("hint:"), "{refused}");
}
