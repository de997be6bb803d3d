//! `bootstrap` with the roles of CI, and what `iam diff` finds when a template needs more.

use serde_json::Value;

use crate::repository::Repository;

#[test]
fn bootstrap_makes_the_roles_once_and_a_template_that_needs_more_shows_as_a_difference_of_rights() {
    let repository = Repository::new();
    let missing = repository.xtask(&["iam", "diff"]).failed_with_data(4);
    assert!(missing.contains("bootstrap-deploy-scratch: create"), "{missing}");

    let made: Value = serde_json::from_str(&repository.xtask(&["bootstrap", "--json"]).ok().stdout).unwrap();
    assert_eq!(made["changed"], true);
    let role = made["roles"]["deploy-scratch"].as_str().unwrap();
    assert!(role.starts_with("arn:aws:iam::000000000000:role/") && role.ends_with("-deploy-scratch"), "{made}");
    let again: Value = serde_json::from_str(&repository.xtask(&["bootstrap", "--json"]).ok().stdout).unwrap();
    assert_eq!(again["changed"], false, "{again}");
    repository.xtask(&["iam", "diff"]).ok();

    // A function in a network: its role must look at networks.
    repository.edit(
        "stacks/macros/function.yaml.tera",
        "      LoggingConfig:",
        "      VpcConfig: {SecurityGroupIds: [sg-1], SubnetIds: [subnet-1]}\n      LoggingConfig:",
    );
    let more = repository.xtask(&["iam", "diff"]).failed_with_data(4);
    assert!(more.contains("ec2:DescribeSubnets"), "{more}");
    assert!(more.contains("Security"), "{more}");
    let printed: Value = serde_json::from_str(&repository.xtask(&["iam", "print"]).ok().stdout).unwrap();
    assert!(printed.to_string().contains("ec2:DescribeSubnets"), "{printed}");
}

#[test]
fn a_deploy_does_not_make_the_roles() {
    let repository = Repository::new();
    repository.xtask(&["deploy", "--service", "auth"]).ok();
    let missing = repository.xtask(&["iam", "diff"]).failed_with_data(4);
    assert!(missing.contains("bootstrap-plan: create"), "{missing}");
}
