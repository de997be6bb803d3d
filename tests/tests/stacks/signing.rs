//! Keys that sign: each a resource of its own, and one that is told to the function with its id.

use serde_yaml::Value;
use xtask::config::{Config, environments};
use xtask::keys::Facts;
use xtask::render::Renderer;

use super::rights::actions;
use super::{resources, root};

/// Checks each stack of AWS that has keys, with that many of them trusted.
fn every_stack_with_keys(trusted: usize, check: impl Fn(&Value, &str, &Facts)) {
    let renderer = Renderer::load(&root()).unwrap();
    let mut seen = 0;
    for name in environments(&root()) {
        let config = Config::load(&root(), Some(&name)).unwrap();
        if config.env.endpoint().is_some() {
            continue;
        }
        for (service, spec) in config.app.services.iter().filter(|(_, spec)| !spec.keys.is_empty()) {
            let mut facts = Facts::placeholders(spec);
            for one in facts.values_mut() {
                one.trusted.truncate(trusted);
            }
            let text = renderer.service(&config, service, &facts).unwrap();
            let template: Value = serde_yaml::from_str(&text).unwrap();
            for (key, facts) in &facts {
                assert_eq!(facts.trusted.len(), trusted);
                check(&template, key, facts);
                seen += 1;
            }
        }
    }
    assert!(seen > 0, "no service has keys");
}

/// The logical ids of a list of `!Ref`s.
fn refs(list: &Value) -> Vec<String> {
    let one = |value: &Value| match value {
        Value::Tagged(tagged) if tagged.tag == "Ref" => tagged.value.as_str().unwrap().to_owned(),
        other => panic!("no !Ref: {other:?}"),
    };
    list.as_sequence().unwrap().iter().map(one).collect()
}

#[test]
fn each_trusted_key_is_a_resource_of_its_own_and_the_group_has_them_all_the_current_one_first() {
    for count in [1, 2] {
        every_stack_with_keys(count, |template, key, facts| {
            let wanted: Vec<String> = facts.trusted.iter().map(|one| format!("{key}{}", one.fingerprint)).collect();
            let groups: Vec<Vec<String>> = resources(template, "AWS::CloudFront::KeyGroup")
                .map(|(_, group)| refs(&group["Properties"]["KeyGroupConfig"]["Items"]))
                .collect();
            assert_eq!(groups, std::slice::from_ref(&wanted));
            assert_eq!(wanted[0], format!("{key}{}", facts.current.fingerprint));
            let found: Vec<(&str, &Value)> = resources(template, "AWS::CloudFront::PublicKey").collect();
            assert_eq!(found.iter().map(|(name, _)| *name).collect::<Vec<_>>(), wanted);
            for ((_, resource), public) in found.iter().zip(&facts.trusted) {
                let config = &resource["Properties"]["PublicKeyConfig"];
                assert_eq!(config["EncodedKey"], public.pem.as_str());
                for name in ["Name", "CallerReference"] {
                    let Value::Tagged(text) = &config[name] else { panic!("{name}: no !Sub") };
                    assert!(text.value.as_str().unwrap().ends_with(&public.fingerprint), "{name}");
                }
            }
        });
    }
}

/// The emulator checks no signature: what a distribution asks for is seen here or nowhere.
#[test]
fn every_distribution_of_a_stack_with_keys_asks_for_a_signature() {
    every_stack_with_keys(1, |template, key, _| {
        let distributions: Vec<_> = resources(template, "AWS::CloudFront::Distribution").collect();
        assert!(!distributions.is_empty(), "{key}");
        for (name, distribution) in distributions {
            let config = &distribution["Properties"]["DistributionConfig"];
            let others = config["CacheBehaviors"].as_sequence().into_iter().flatten();
            for behavior in others.chain([&config["DefaultCacheBehavior"]]) {
                assert_eq!(refs(&behavior["TrustedKeyGroups"]), [format!("{key}Group")], "{name}");
            }
        }
    });
}

#[test]
fn the_function_signs_with_the_version_whose_id_it_gives_and_may_read_that_secret_only() {
    every_stack_with_keys(2, |template, key, facts| {
        let signing: Vec<(&str, &Value)> = resources(template, "AWS::Lambda::Function")
            .filter(|(_, one)| !one["Properties"]["Environment"]["Variables"]["URL_SIGNING_KEY_ID"].is_null())
            .collect();
        let [(name, function)] = signing[..] else { panic!("{} functions sign", signing.len()) };
        let variables = &function["Properties"]["Environment"]["Variables"];
        let pinned = ["URL_SIGNING_KEY_ID", "URL_SIGNING_KEY_VERSION", "URL_SIGNING_KEY_SECRET_ARN"];
        let pinned = refs(&Value::Sequence(pinned.iter().map(|name| variables[*name].clone()).collect()));
        assert_eq!(
            pinned,
            [format!("{key}{}", facts.current.fingerprint), format!("{key}Version"), format!("{key}SecretArn")]
        );
        assert_eq!(variables["URL_LIFETIME"], facts.lifetime.to_string().as_str());
        let readers: Vec<(&str, String)> = resources(template, "AWS::IAM::Role")
            .flat_map(|(role, one)| {
                let statements = one["Properties"]["Policies"][0]["PolicyDocument"]["Statement"].as_sequence().unwrap();
                let of_secrets =
                    statements.iter().filter(|one| actions(one).iter().any(|a| a.starts_with("secretsmanager:")));
                of_secrets.map(move |one| (role, serde_yaml::to_string(one).unwrap())).collect::<Vec<_>>()
            })
            .collect();
        let [(role, statement)] = &readers[..] else { panic!("{readers:?}") };
        assert_eq!(*role, name.replace("Function", "Role"));
        assert!(statement.contains(&format!("!Ref {key}SecretArn")), "{statement}");
        assert_eq!(statement.matches("secretsmanager:").count(), 1, "{statement}");
        assert!(statement.contains("secretsmanager:GetSecretValue"), "{statement}");
    });
}
