//! A domain of one's own: the site answers to it, and everything that asks for the site's origin follows.

use serde_yaml::Value;
use xtask::config::{Config, Domain};
use xtask::render::Renderer;

use super::{resources, root};

const NAME: &str = "app.example.com";
const CERTIFICATE: &str = "arn:aws:acm:us-east-1:222222222222:certificate/1";

fn rendered(zone: Option<&str>) -> (Config, Value) {
    let mut config = Config::load(&root(), Some("prod")).unwrap();
    config.env.domain = Some(Domain {
        name: NAME.into(),
        certificate_arn: CERTIFICATE.into(),
        hosted_zone_id: zone.map(str::to_owned),
    });
    let text = Renderer::load(&root()).unwrap().offline(&config, "frontend").unwrap();
    (config, serde_yaml::from_str(&text).unwrap())
}

#[test]
fn the_distribution_answers_to_the_domain_with_its_certificate() {
    let (_, template) = rendered(None);
    let distribution = &template["Resources"]["Distribution"]["Properties"]["DistributionConfig"];
    assert_eq!(distribution["Aliases"], Value::Sequence(vec![NAME.into()]));
    assert_eq!(distribution["ViewerCertificate"]["AcmCertificateArn"], CERTIFICATE);
    assert_eq!(distribution["ViewerCertificate"]["SslSupportMethod"], "sni-only");
    assert_eq!(resources(&template, "AWS::Route53::RecordSet").count(), 0, "DNS is elsewhere");
}

#[test]
fn a_hosted_zone_gets_an_alias_for_both_kinds_of_addresses() {
    let (_, template) = rendered(Some("Z123"));
    let records: Vec<&Value> =
        resources(&template, "AWS::Route53::RecordSet").map(|(_, one)| &one["Properties"]).collect();
    let kinds: Vec<&str> = records.iter().map(|one| one["Type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["A", "AAAA"]);
    for record in records {
        assert_eq!((&record["Name"], &record["HostedZoneId"]), (&NAME.into(), &"Z123".into()));
        // CloudFront's zone for aliases, the same for every distribution.
        assert_eq!(record["AliasTarget"]["HostedZoneId"], "Z2FDTNDATAQYW2");
    }
}

#[test]
fn the_sites_origin_is_the_domain_and_the_apis_take_it_from_there() {
    let (config, template) = rendered(None);
    assert_eq!(template["Outputs"]["SiteUrl"]["Value"], format!("https://{NAME}/"));
    assert_eq!(template["Outputs"]["SiteOrigin"]["Value"], format!("https://{NAME}"));
    for service in ["todos", "files"] {
        assert_eq!(config.app.services[service].inputs["SiteOrigin"].to_string(), "frontend.SiteOrigin");
    }
}
