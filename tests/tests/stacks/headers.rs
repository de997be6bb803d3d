//! What browsers are told by response headers.

use serde_yaml::Value;
use xtask::config::{Config, Domain};
use xtask::render::Renderer;

use super::{resources, root};

#[test]
fn under_a_domain_of_ones_own_the_site_speaks_for_no_other_host() {
    let renderer = Renderer::load(&root()).unwrap();
    let own = Domain {
        name: "app.example.org".into(),
        certificate_arn: "arn:aws:acm:us-east-1:222222222222:certificate/1".into(),
        hosted_zone_id: None,
    };
    for domain in [None, Some(own)] {
        let mut config = Config::load(&root(), Some("prod")).unwrap();
        config.env.domain = domain;
        let mut seen = 0;
        for (service, _) in config.app.services.iter().filter(|(_, spec)| spec.site.is_some()) {
            let template: Value = serde_yaml::from_str(&renderer.offline(&config, service).unwrap()).unwrap();
            for (name, policy) in resources(&template, "AWS::CloudFront::ResponseHeadersPolicy") {
                let security = &policy["Properties"]["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"];
                let transport = &security["StrictTransportSecurity"];
                assert_eq!(transport["AccessControlMaxAgeSec"].as_u64(), Some(63_072_000), "{service} {name}");
                assert_eq!(transport["IncludeSubdomains"].as_bool(), Some(config.env.domain.is_none()), "{name}");
                seen += 1;
            }
        }
        assert!(seen > 0, "no site has a headers policy");
    }
}
