//! A domain of one's own: the site answers to it, and everything that asks for the site's origin follows.

use serde_yaml::Value;
use xtask::config::{Config, Domain};
use xtask::render::{BOOTSTRAP_CERTIFICATE, Renderer};

use super::{resources, root};

const NAME: &str = "app.example.com";
const CERTIFICATE: &str = "arn:aws:acm:us-east-1:222222222222:certificate/1";

fn rendered(zone: Option<&str>) -> (Config, Value) {
    with(Some(CERTIFICATE), zone)
}

fn with(certificate: Option<&str>, zone: Option<&str>) -> (Config, Value) {
    let mut config = Config::load(&root(), Some("prod")).unwrap();
    config.env.domain = Some(Domain {
        name: NAME.into(),
        certificate_arn: certificate.map(str::to_owned),
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
fn a_certificate_that_bootstrap_makes_is_proven_by_the_zone_and_comes_as_a_parameter() {
    let (config, template) = with(None, Some("Z123"));
    let distribution = &template["Resources"]["Distribution"]["Properties"]["DistributionConfig"];
    let Value::Tagged(arn) = &distribution["ViewerCertificate"]["AcmCertificateArn"] else { panic!("no reference") };
    let name = arn.value.as_str().unwrap();
    assert!(arn.tag == "Ref" && !template["Parameters"][name].is_null(), "{name}");

    let text = Renderer::load(&root()).unwrap().bootstrap(&config, BOOTSTRAP_CERTIFICATE).unwrap();
    let made: Value = serde_yaml::from_str(&text).unwrap();
    let Value::Tagged(output) = &made["Outputs"][name]["Value"] else { panic!("no output {name}") };
    let certificate = &made["Resources"][output.value.as_str().unwrap()];
    assert_eq!(certificate["Type"], "AWS::CertificateManager::Certificate");
    assert_eq!(certificate["Properties"]["DomainName"], NAME);
    let proof = &certificate["Properties"]["DomainValidationOptions"][0];
    assert_eq!((&proof["DomainName"], &proof["HostedZoneId"]), (&NAME.into(), &"Z123".into()));
    assert!(rendered(Some("Z123")).1["Parameters"][name].is_null(), "one that is there needs no parameter");
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
