//! What a plan says before a deploy, and that a deploy does exactly that or nothing.

use serde_json::Value;

use crate::repository::Repository;

const MEMORY: (&str, &str) = ("memory: 256", "memory: 512");

fn plan(repository: &Repository) -> Value {
    serde_json::from_str(&repository.xtask(&["plan", "--json"]).ok().stdout).unwrap()
}

fn stack<'a>(plan: &'a Value, service: &str) -> &'a Value {
    plan["stacks"].as_array().unwrap().iter().find(|one| one["service"] == service).unwrap()
}

/// The form that docs/plan.md promises.
fn is_as_documented(plan: &Value) {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let schema = std::fs::read_to_string(root.join("docs/plan.schema.json")).unwrap();
    let schema: Value = serde_json::from_str(&schema).unwrap();
    let errors: Vec<String> =
        jsonschema::validator_for(&schema).unwrap().iter_errors(plan).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
}

#[test]
fn a_plan_tells_what_a_deploy_does_and_writes_nothing() {
    let repository = Repository::new();
    let nothing = plan(&repository);
    is_as_documented(&nothing);
    assert!(nothing["stacks"].as_array().unwrap().iter().all(|one| one["action"] == "create"), "{nothing}");
    assert_eq!(nothing["keys"][0]["key"], "UrlSigningKey");
    assert!(nothing["functions"].as_array().unwrap().len() > 10);
    assert!(nothing["sites"][0]["files"].as_array().unwrap().iter().any(|file| file["path"] == "index.html"));
    let none = repository.xtask(&["outputs"]).failed(1);
    assert!(none.contains("has no stacks"), "a plan makes none: {none}");
    assert_eq!(plan(&repository), nothing, "a plan leaves nothing that another plan would see");

    repository.deploy();
    let shown = repository.xtask(&["plan", "--detailed-exitcode"]).ok();
    assert!(shown.stdout.contains("no changes"), "{}", shown.stdout);

    repository.edit("config/scratch.yaml", MEMORY.0, MEMORY.1);
    let shown = repository.xtask(&["plan", "--detailed-exitcode"]);
    assert_eq!(shown.code, 4, "{}{}", shown.stdout, shown.stderr);
    assert!(shown.stdout.contains("MemorySize: 256 → 512"), "{}", shown.stdout);
    assert!(shown.stdout.lines().all(|line| line.chars().count() <= 80), "{}", shown.stdout);
    let changed = plan(&repository);
    is_as_documented(&changed);
    assert_eq!(changed["functions"], serde_json::json!([]), "no code changes");
    assert_eq!(stack(&changed, "auth")["action"], "unchanged");
    assert_eq!(changed["sites"][0]["files"], serde_json::json!([]), "the outputs stay as they are");
    let done = repository.deploy();
    assert_eq!((&done["stacks"]["todos"], &done["stacks"]["auth"]), (&"updated".into(), &"unchanged".into()), "{done}");
    assert_eq!(plan(&repository)["changed"], false);
}

#[test]
fn a_reviewed_plan_is_deployed_as_it_is_or_refused_with_what_moved() {
    let repository = Repository::new();
    let file = "plan.json";
    repository.xtask(&["plan", "--out", file]).ok();
    repository.xtask(&["deploy", "--plan", file]).ok();
    let moved = repository.xtask(&["deploy", "--plan", file]).failed(3);
    assert!(moved.contains("stack `todo-scratch-auth` is new"), "the plan was one of nothing: {moved}");

    repository.edit("config/scratch.yaml", MEMORY.0, MEMORY.1);
    repository.xtask(&["plan", "--out", file]).ok();
    repository.edit("config/scratch.yaml", MEMORY.1, "memory: 1024");
    let moved = repository.xtask(&["deploy", "--plan", file]).failed(3);
    assert!(moved.contains("the rendered template of `todo-scratch-todos` changed"), "{moved}");
    repository.edit("config/scratch.yaml", "memory: 1024", MEMORY.1);
    repository.xtask(&["deploy", "--plan", file]).ok();
    assert_eq!(plan(&repository)["changed"], false);
}

#[test]
fn a_resource_with_data_is_not_replaced_or_removed_unless_it_is_named() {
    let repository = Repository::new();
    repository.deploy();
    repository.edit("stacks/files.yaml.tera", "BucketName: {{ files }}", "BucketName: {{ files }}-2");
    let planned = plan(&repository);
    let refused: Vec<&str> =
        planned["refused"].as_array().unwrap().iter().filter_map(|one| one["place"].as_str()).collect();
    assert_eq!(refused, ["files.Bucket"], "{planned}");
    let error = repository.xtask(&["deploy", "--yes"]).failed(3);
    assert!(error.contains("files.Bucket") && error.contains("objects lost"), "{error}");
    assert!(error.contains("--allow-replacement files.Bucket"), "{error}");
    repository.edit("stacks/files.yaml.tera", "BucketName: {{ files }}-2", "BucketName: {{ files }}");
    assert_eq!(plan(&repository)["changed"], false, "a refused deploy changed nothing");
}
