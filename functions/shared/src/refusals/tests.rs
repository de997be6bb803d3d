//! The tables against the SDKs' own sources, which cargo knows the place of.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::*;

fn output(program: &str, arguments: &[&str]) -> Vec<u8> {
    let output = Command::new(program).args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output().expect(program);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// What cargo knows of the packages that this machine's builds need, which are all there.
fn metadata() -> Value {
    let version = String::from_utf8(output("rustc", &["-vV"])).expect("a text");
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).expect("a host");
    let arguments = ["metadata", "--locked", "--offline", "--format-version", "1", "--filter-platform", host];
    serde_json::from_slice(&output(env!("CARGO"), &arguments)).expect("cargo's metadata")
}

/// Where the source of a dependency is.
fn source(metadata: &Value, package: &str) -> PathBuf {
    let packages = metadata["packages"].as_array().expect("packages");
    let package = packages.iter().find(|found| found["name"] == package).expect("a package");
    Path::new(package["manifest_path"].as_str().expect("a path")).with_file_name("src")
}

/// The classes that an operation's error enum has, beside the one for all others.
fn modelled(source: &Path, operation: &str) -> BTreeSet<String> {
    let text = std::fs::read_to_string(source.join(format!("operation/{operation}.rs"))).expect("an operation");
    let (_, from) = text.split_once("pub enum ").expect("the error enum");
    let (variants, _) = from.split_once("\n}").expect("its end");
    let names = variants.lines().filter_map(|line| line.trim().split_once("(crate::types::error::"));
    names.map(|(name, _)| name.to_owned()).collect()
}

#[test]
fn the_tables_have_every_class_that_the_sdks_model_for_the_operations_in_use() {
    let metadata = metadata();
    let dynamodb = [
        "query",
        "scan",
        "get_item",
        "batch_get_item",
        "put_item",
        "update_item",
        "delete_item",
        "transact_write_items",
        "batch_write_item",
    ];
    let s3 = ["head_object", "delete_object", "delete_objects", "list_objects_v2", "put_object"];
    let sdks: [(&str, &[&str], &[Class]); 4] = [
        ("aws-sdk-dynamodb", &dynamodb, &DYNAMODB),
        ("aws-sdk-s3", &s3, &S3),
        ("aws-sdk-sqs", &["send_message"], &SQS),
        ("aws-sdk-secretsmanager", &["get_secret_value"], &SECRETS_MANAGER),
    ];
    for (package, operations, table) in sdks {
        let source = source(&metadata, package);
        let classes: BTreeSet<String> = operations.iter().flat_map(|name| modelled(&source, name)).collect();
        let judged: BTreeSet<String> = table.iter().map(|(code, ..)| (*code).to_owned()).collect();
        assert!(!classes.is_empty(), "{package} models nothing");
        assert_eq!(classes.difference(&judged).collect::<Vec<_>>(), Vec::<&String>::new(), "{package}");
    }
}
