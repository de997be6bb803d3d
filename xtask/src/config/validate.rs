//! What types cannot say: references lead somewhere, names fit AWS's limits, numbers lie in AWS's ranges.

use std::path::Path;

use super::app::{App, Previews, Service};
use super::environment::{Domain, Environment, Target};
use super::{OutputRef, RoleClass, Value, github, position};
use crate::error::{Problem, suggestion};

/// Values that CloudWatch Logs takes (API reference, `PutRetentionPolicy`).
const RETENTION_DAYS: [u32; 22] =
    [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];
/// Longest function name (AWS Lambda, `CreateFunction`).
const FUNCTION_NAME_MAX: usize = 64;
/// Longest role name (IAM User Guide, "IAM and AWS STS quotas").
const ROLE_NAME_MAX: usize = 64;
/// Longest bucket name (Amazon S3, "Bucket naming rules").
const BUCKET_NAME_MAX: usize = 63;

pub(super) fn app(app: &App, file: &str, text: &str) -> Result<(), Problem> {
    let at = |path: &[&str], message: &str| position::error(file, text, path, message);
    let short = app.app.len() >= 2 && app.app.len() <= 12;
    if !short || !app.app.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()) {
        return Err(at(&["app"], &format!("`{}` must be 2 to 12 characters of `a-z0-9`", app.app)));
    }
    for (name, value) in [("keep", app.releases.keep), ("days", app.releases.days)] {
        if value == 0 {
            return Err(at(&["releases", name], "must be 1 or more"));
        }
    }
    if let Some(previews) = app.previews.as_ref().filter(|previews| previews.ttl < Previews::SHORTEST) {
        let text = format!("`{}` is less than {}, and a first deploy may take that", previews.ttl, Previews::SHORTEST);
        return Err(at(&["previews", "ttl"], &text));
    }
    if let Some(github) = &app.github {
        github::check(github, &at)?;
    }
    for (name, service) in &app.services {
        if name == "aws" || !name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-') {
            return Err(at(&["services", name], "a service's name has `a-z0-9-` only, and is not `aws`"));
        }
        check_service(app, name, service, &at)?;
    }
    match crate::graph::order(app) {
        Ok(_) => Ok(()),
        Err(cycle) => {
            let first = cycle.first().map_or("", String::as_str);
            Err(at(
                &["services", first, "inputs"],
                &format!("services need each other in a circle: {}", cycle.join(" → ")),
            ))
        }
    }
}

/// What app.yaml names in the repository: environments and templates.
pub(super) fn files(
    app: &App,
    root: &Path,
    (file, text): (&str, &str),
    environments: &[String],
) -> Result<(), Problem> {
    let at = |path: &[&str], message: &str| position::error(file, text, path, message);
    let branches = app.branches.iter().map(|(branch, name)| (vec!["branches", branch.as_str()], name));
    let previews = app.previews.iter().map(|previews| (vec!["previews", "like"], &previews.like));
    for (path, name) in branches.chain(previews).chain([(vec!["defaultEnvironment"], &app.default_environment)]) {
        if !environments.contains(name) {
            let problem = at(&path, &format!("no environment `{name}`: there is no config/{name}.yaml"));
            return Err(problem.hint(suggestion(name, "known", environments)));
        }
    }
    // What an environment owns is found, and allowed to its role, by what its names begin with.
    for one in environments {
        if let Some(longer) = environments.iter().find(|other| other.starts_with(&format!("{one}-"))) {
            let message = format!("the names of environment `{longer}` begin with those of `{one}`");
            return Err(
                at(&[], &message).hint(format!("rename config/{longer}.yaml, such as by turning its parts round"))
            );
        }
    }
    for (name, service) in &app.services {
        if !root.join(&service.stack).is_file() {
            let message = format!("no template `{}`", service.stack.display());
            return Err(at(&["services", name, "stack"], &message));
        }
    }
    Ok(())
}

type At<'a> = dyn Fn(&[&str], &str) -> Problem + 'a;

fn check_service(app: &App, name: &str, service: &Service, at: &At<'_>) -> Result<(), Problem> {
    for (input, reference) in &service.inputs {
        check_reference(app, name, reference, &["services", name, "inputs", input], at)?;
    }
    if service.package.is_none() && !service.functions.is_empty() {
        return Err(at(&["services", name, "functions"], "functions need a `crate` that builds them"));
    }
    for function in &service.functions {
        if function.is_empty() || !function.chars().all(|c| c.is_ascii_alphanumeric()) {
            return Err(at(
                &["services", name, "functions", function],
                "a function's name has letters and digits only",
            ));
        }
    }
    check_keys(name, service, at)?;
    let Some(site) = &service.site else { return Ok(()) };
    for (key, value) in &site.config {
        let path = ["services", name, "site", "config", key];
        match value {
            Value::Output(reference) => check_known(app, reference, &path, at)?,
            Value::Limit(limit) if !app.limits.contains_key(limit) => {
                let hint = suggestion(limit, "known", app.limits.keys());
                return Err(at(&path, &format!("no limit `{limit}`")).hint(hint));
            }
            Value::Limit(_) | Value::Region => {}
        }
    }
    for (directive, references) in &site.csp {
        for reference in references {
            check_known(app, reference, &["services", name, "site", "csp", directive], at)?;
        }
    }
    Ok(())
}

fn check_keys(name: &str, service: &Service, at: &At<'_>) -> Result<(), Problem> {
    for (key, spec) in &service.keys {
        // It is part of parameters and logical ids, which have letters and digits only.
        if key.is_empty() || !key.chars().all(|c| c.is_ascii_alphanumeric()) {
            return Err(at(&["services", name, "keys", key], "a key's name has letters and digits only"));
        }
        if spec.grace <= spec.lifetime {
            let message = format!(
                "`{}` must be longer than `lifetime`, {}: what the old key signed would end early",
                spec.grace, spec.lifetime
            );
            return Err(at(&["services", name, "keys", key, "grace"], &message));
        }
    }
    Ok(())
}

fn check_reference(app: &App, name: &str, to: &OutputRef, path: &[&str], at: &At<'_>) -> Result<(), Problem> {
    if to.service == name {
        return Err(at(path, &format!("`{to}` is the service's own output")));
    }
    check_known(app, to, path, at)
}

fn check_known(app: &App, to: &OutputRef, path: &[&str], at: &At<'_>) -> Result<(), Problem> {
    if app.services.contains_key(&to.service) {
        return Ok(());
    }
    Err(at(path, &format!("no service `{}`", to.service)).hint(suggestion(&to.service, "known", app.services.keys())))
}

pub(super) fn environment(app: &App, env: &Environment, file: &str, text: &str) -> Result<(), Problem> {
    let at = |path: &[&str], message: &str| position::error(file, text, path, message);
    match &env.target {
        Target::Ambiguous => return Err(at(&["account"], "expected exactly one of `account` and `emulator`")),
        Target::Account(account) if account.len() != 12 || !account.chars().all(|c| c.is_ascii_digit()) => {
            return Err(at(&["account"], &format!("`{account}` is no AWS account: expected 12 digits in quotes")));
        }
        Target::Emulator(port) if *port < 1024 => {
            return Err(at(&["emulator", "port"], "expected a port from 1024 to 65535"));
        }
        Target::Emulator(_) if env.protected => {
            return Err(at(&["protected"], "an emulated environment cannot be protected"));
        }
        Target::Account(_) | Target::Emulator(_) => {}
    }
    check_region(&env.region, &["region"], &at)?;
    check_resources(env, &at)?;
    github::check_environment(env, &at)?;
    check_functions(app, env, &at)?;
    if let Some(limit) = env.limits.keys().find(|limit| !app.limits.contains_key(*limit)) {
        let problem = at(&["limits", limit], &format!("no limit `{limit}` in config/app.yaml"));
        return Err(problem.hint(suggestion(limit, "known", app.limits.keys())));
    }
    check_lengths(app, env, &at)
}

/// The form of a region's name, such as `eu-central-1` or `us-gov-west-1`; which ones there are changes every year.
fn check_region(region: &str, path: &[&str], at: &At<'_>) -> Result<(), Problem> {
    let parts: Vec<&str> = region.split('-').collect();
    let formed = parts.split_last().is_some_and(|(number, words)| {
        let word = |word: &&str| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase());
        words.len() >= 2 && words.iter().all(word) && !number.is_empty() && number.chars().all(|c| c.is_ascii_digit())
    });
    if formed {
        return Ok(());
    }
    Err(at(path, &format!("`{region}` is no region of AWS: expected one such as `eu-central-1`")))
}

/// What the ARN of a certificate begins with that CloudFront takes.
fn certificates(env: &Environment) -> String {
    format!("arn:{}:acm:us-east-1:{}:certificate/", env.partition(), env.account())
}

fn check_domain(domain: &Domain, env: &Environment, at: &At<'_>) -> Result<(), Problem> {
    if env.endpoint().is_some() {
        return Err(at(&["domain"], "an emulated environment has no domain of its own"));
    }
    let expected = certificates(env);
    match &domain.certificate_arn {
        // CloudFront takes certificates from there only (CloudFront Developer Guide, "Requirements for using SSL/TLS").
        Some(arn) if !arn.starts_with(&expected) => {
            let message = format!("CloudFront wants a certificate of us-east-1 in its own account, not `{arn}`");
            Err(at(&["domain", "certificateArn"], &message)
                .hint(format!("expected `{expected}<id>`, whatever `region` is")))
        }
        None if domain.hosted_zone_id.is_none() => {
            let message = "neither `certificateArn` nor `hostedZoneId`: nobody could prove whose name this is";
            let hint =
                "name the Route 53 zone, and `bootstrap` makes the certificate; or one of us-east-1 that is there";
            Err(at(&["domain"], message).hint(hint))
        }
        _ => Ok(()),
    }
}

/// What the environment uses and no stack of its own makes.
fn check_resources(env: &Environment, at: &At<'_>) -> Result<(), Problem> {
    if let Some(domain) = &env.domain {
        check_domain(domain, env, at)?;
    }
    if let Some(topic) = &env.alarm_topic {
        // An alarm reaches topics of its own region only (CloudWatch User Guide, "Alarm actions").
        let expected = format!("arn:{}:sns:{}:", env.partition(), env.region);
        if !topic.starts_with(&expected) {
            let message = format!("`{topic}` is no SNS topic of this region: expected `{expected}<account>:<name>`");
            return Err(at(&["alarmTopic"], &message));
        }
    }
    let Some(mail) = &env.mail else { return Ok(()) };
    let (arn, account) = (&mail.identity_arn, env.account());
    let start = format!("arn:{}:ses:", env.partition());
    if !arn.starts_with(&start) || !arn.contains(&format!(":{account}:identity/")) {
        let expected = format!("{start}<region>:{account}:identity/<address or domain>");
        let message = format!("`{arn}` is no SES identity of this account: expected `{expected}`");
        return Err(at(&["mail", "identityArn"], &message));
    }
    if !mail.from.contains('@') || !mail.from.is_ascii() {
        return Err(at(&["mail", "from"], "expected an address in ASCII, such as `Example <no-reply@example.com>`"));
    }
    Ok(())
}

fn check_functions(app: &App, env: &Environment, at: &At<'_>) -> Result<(), Problem> {
    let known: Vec<&String> = app.services.values().flat_map(|service| &service.functions).collect();
    if let Some(name) = env.functions.overrides.keys().find(|name| !known.contains(name)) {
        let problem = at(&["functions", "overrides", name], &format!("no function `{name}` in config/app.yaml"));
        return Err(problem.hint(suggestion(name, "known", known)));
    }
    let mut all: Vec<(Vec<&str>, super::FunctionSettings)> = vec![(vec!["functions"], env.function(""))];
    all.extend(env.functions.overrides.keys().map(|name| (vec!["functions", "overrides", name], env.function(name))));
    for (path, settings) in all {
        let wrong = |field: &str, expected: &str| at(&[path.as_slice(), &[field]].concat(), expected);
        if !(128..=10_240).contains(&settings.memory) {
            return Err(wrong("memory", "expected 128 to 10240 MB"));
        }
        if !(1..=900).contains(&settings.timeout) {
            return Err(wrong("timeout", "expected 1 to 900 seconds"));
        }
        if !RETENTION_DAYS.contains(&settings.retention) {
            return Err(wrong(
                "retention",
                "expected a number of days that CloudWatch Logs takes: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, …",
            ));
        }
    }
    Ok(())
}

/// Names are made of app, environment and service; too long a one is refused here, not by AWS half-way.
fn check_lengths(app: &App, env: &Environment, at: &At<'_>) -> Result<(), Problem> {
    let plain = env.name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    if !plain || env.name.starts_with('-') || env.name.ends_with('-') {
        return Err(at(&[], "an environment's name has `a-z0-9-` only, and no `-` at its ends"));
    }
    if github::RESERVED.contains(&env.name.as_str()) {
        let message =
            format!("`{}` is part of the names of what an account shares: name the environment otherwise", env.name);
        return Err(at(&[], &message));
    }
    let role = RoleClass::Deploy(env.name.clone()).role(app);
    if role.len() > ROLE_NAME_MAX {
        let message = format!(
            "`{role}` has {} characters, a role's name at most {ROLE_NAME_MAX}: shorten the environment's name",
            role.len()
        );
        return Err(at(&[], &message));
    }
    for (service, spec) in &app.services {
        let stack = format!("{}-{}-{service}", app.app, env.name);
        for function in &spec.functions {
            let name = format!("{stack}-{function}");
            if name.len() > FUNCTION_NAME_MAX {
                return Err(at(
                    &[],
                    &format!(
                        "`{name}` has {} characters, a function's name at most {FUNCTION_NAME_MAX}: shorten the environment's name",
                        name.len()
                    ),
                ));
            }
        }
        let bucket = format!("{stack}-{}-{}", env.account(), env.region);
        if bucket.len() > BUCKET_NAME_MAX {
            return Err(at(
                &[],
                &format!(
                    "`{bucket}` has {} characters, a bucket's name at most {BUCKET_NAME_MAX}: shorten the environment's name",
                    bucket.len()
                ),
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checks an application whose one key is written like this.
    fn with_key(key: &str) -> Result<App, Problem> {
        let text = format!(
            "app: demo\ndefaultEnvironment: local\nhomeRegion: eu-central-1\nservices:\n  files:\n    stack: s\n    keys:\n      {key}\n"
        );
        let parsed: App = position::parse("config/app.yaml", &text)?;
        app(&parsed, "config/app.yaml", &text).map(|()| parsed)
    }

    #[test]
    fn a_key_stays_trusted_for_longer_than_its_signatures_are_good() {
        let defaults = with_key("Key: {}").unwrap().services["files"].keys["Key"].clone();
        assert!(defaults.grace > defaults.lifetime);
        assert!(with_key("Key: {lifetime: 59m}").is_ok());
        for key in ["Key: {lifetime: 1h}", "Key: {lifetime: 10m, grace: 9m}"] {
            let error = with_key(key).unwrap_err().to_string();
            assert!(error.starts_with("config/app.yaml:8:") && error.contains("must be longer"), "{error}");
        }
    }

    #[test]
    fn a_region_has_the_form_of_one() {
        let at = |path: &[&str], message: &str| position::error("config/dev.yaml", "region: x\n", path, message);
        for region in ["eu-central-1", "us-gov-west-1", "cn-northwest-1", "us-isob-east-1", "ap-southeast-12"] {
            check_region(region, &["region"], &at).unwrap();
        }
        for region in ["mars-1", "", "eu-central", "eu-central-1a", "EU-central-1", "eu--1", "eu-central-"] {
            let error = check_region(region, &["region"], &at).unwrap_err().to_string();
            assert!(error.starts_with("config/dev.yaml:1:") && error.contains("no region of AWS"), "{error}");
        }
    }

    #[test]
    fn a_keys_name_fits_parameters_and_logical_ids() {
        let error = with_key("a-key: {}").unwrap_err().to_string();
        assert!(error.contains("letters and digits only"), "{error}");
    }
}
