//! What browsers are told by response headers.

use std::collections::BTreeMap;

use serde_yaml::Value;
use xtask::config::{Config, Domain};
use xtask::render::Renderer;

use super::{account, every_stack, resources, root};

const POLICY: &str = "AWS::CloudFront::ResponseHeadersPolicy";

/// Service → the parameter that names the headers policy of its distribution.
fn used(config: &Config) -> BTreeMap<String, String> {
    let renderer = Renderer::load(&root()).unwrap();
    let mut used = BTreeMap::new();
    for service in config.app.services.keys() {
        let template: Value = serde_yaml::from_str(&renderer.offline(config, service).unwrap()).unwrap();
        for (_, distribution) in resources(&template, "AWS::CloudFront::Distribution") {
            let behavior = &distribution["Properties"]["DistributionConfig"]["DefaultCacheBehavior"];
            let Value::Tagged(policy) = &behavior["ResponseHeadersPolicyId"] else { panic!("{service}: no policy") };
            let name = policy.value.as_str().unwrap();
            assert!(policy.tag == "Ref" && !template["Parameters"][name].is_null(), "{service}: {name}");
            used.insert(service.clone(), name.to_owned());
        }
    }
    used
}

/// The account's policy behind an output.
fn policy<'a>(account: &'a Value, output: &str) -> &'a Value {
    let Value::Tagged(resource) = &account["Outputs"][output]["Value"] else { panic!("no output {output}") };
    let resource = resource.value.as_str().unwrap();
    let (_, policy) = resources(account, POLICY).find(|(name, _)| *name == resource).unwrap();
    &policy["Properties"]["ResponseHeadersPolicyConfig"]
}

/// An account has 20 (CloudFront Developer Guide, "Quotas"), however many environments it has.
#[test]
fn headers_policies_are_the_accounts_and_each_is_used() {
    every_stack(|config, service, _, template| {
        assert_eq!(resources(template, POLICY).count(), 0, "{} {service} has one of its own", config.env.name);
    });
    let mut config = Config::load(&root(), Some("prod")).unwrap();
    let plain = used(&config);
    assert_eq!(plain.len(), 2, "{plain:?}");
    config.env.domain = Some(domain());
    let all: Vec<String> = plain.into_values().chain(used(&config).into_values()).collect();
    let account = account(&config);
    for (name, _) in resources(&account, POLICY) {
        assert!(all.contains(&format!("{name}Id")), "nothing uses {name}");
    }
}

fn domain() -> Domain {
    Domain {
        name: "app.example.org".into(),
        certificate_arn: Some("arn:aws:acm:us-east-1:222222222222:certificate/1".into()),
        hosted_zone_id: None,
    }
}

#[test]
fn under_a_domain_of_ones_own_the_site_speaks_for_no_other_host() {
    for domain in [None, Some(domain())] {
        let mut config = Config::load(&root(), Some("prod")).unwrap();
        config.env.domain = domain;
        let (account, mut used) = (account(&config), used(&config));
        used.retain(|service, _| config.app.services[service].site.is_some());
        assert!(!used.is_empty(), "no site has a headers policy");
        for (service, parameter) in used {
            let transport = &policy(&account, &parameter)["SecurityHeadersConfig"]["StrictTransportSecurity"];
            assert_eq!(transport["AccessControlMaxAgeSec"].as_u64(), Some(63_072_000), "{service}");
            assert_eq!(transport["IncludeSubdomains"].as_bool(), Some(config.env.domain.is_none()), "{service}");
        }
    }
}
