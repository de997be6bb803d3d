//! What `xtask/src/local/parity.yaml` says of the emulator, asked of the emulator: an entry that is no longer true must go.

use serde_json::json;
use tests::upload::attach;
use tests::{Call, Deployment, User, aws};

fn listed(resource: &str, property: &str) -> bool {
    let gaps = xtask::local::parity::known().unwrap();
    gaps.iter().any(|gap| gap.resource == resource && gap.property.starts_with(property))
}

#[test]
fn a_tables_time_to_live_is_ignored_as_listed() {
    let table = Deployment::get().output("todos", "TableName");
    let answer = aws::dynamodb("DescribeTimeToLive", &json!({"TableName": table}));
    let ignored = answer["TimeToLiveDescription"]["TimeToLiveStatus"] != "ENABLED";
    assert_eq!(ignored, listed("AWS::DynamoDB::Table", "TimeToLiveSpecification"), "{answer}");
}

#[test]
fn nothing_is_compressed_or_cached_at_the_edge_as_listed() {
    let site = Deployment::get().output("frontend", "SiteOrigin");
    let get = || Call::new("GET", format!("{site}/")).header("accept-encoding", "br, gzip").send();
    let (first, second) = (get(), get());
    assert_eq!((first.status, second.status), (200, 200));
    let behaviour = "DistributionConfig.DefaultCacheBehavior.";
    let plain = second.header("content-encoding").is_empty();
    assert_eq!(plain, listed("AWS::CloudFront::Distribution", &format!("{behaviour}Compress")));
    let uncached = !second.header("x-cache").to_lowercase().contains("hit");
    assert_eq!(uncached, listed("AWS::CloudFront::Distribution", &format!("{behaviour}CachePolicyId")));
}

#[test]
fn a_download_without_its_signature_is_let_through_as_listed() {
    let user = User::new("unsigned");
    let todo = user.add_titled("with a file");
    let file = attach(&user, &todo, "a.txt", b"x");
    let (unsigned, _) = file["filePath"].as_str().unwrap().split_once('?').unwrap();
    let let_through = Call::new("GET", unsigned).send().status == 200;
    let property = "DistributionConfig.DefaultCacheBehavior.TrustedKeyGroups";
    assert_eq!(let_through, listed("AWS::CloudFront::Distribution", property));
}
