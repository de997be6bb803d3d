//! Plans of whole stacks, and how they read.

mod reading;
mod settings;

use std::collections::BTreeMap;

use aws_sdk_cloudformation::types::StackStatus;

use super::*;
use crate::aws::change_sets::ResourceAction;
use crate::aws::stacks::{LiveStack, StackInput};
use crate::deploy::Seen;

const LIVE: &str = r#"
Parameters: {CodeKey: {Type: String}, Origin: {Type: String}}
Resources:
  Table:
    Type: AWS::DynamoDB::Table
    DeletionPolicy: Delete
    Properties: {TableName: a, DeletionProtectionEnabled: true, KeySchema: [{AttributeName: id, KeyType: HASH}]}
  Role:
    Type: AWS::IAM::Role
    Properties:
      Policies:
        - PolicyName: own
          PolicyDocument:
            Statement:
              - {Effect: Allow, Action: ["dynamodb:Query", "dynamodb:PutItem"], Resource: !GetAtt Table.Arn}
  Function:
    Type: AWS::Lambda::Function
    Properties:
      MemorySize: 256
      Code: {S3Bucket: b, S3Key: !Ref CodeKey}
      Environment: {Variables: {ORIGIN: !Ref Origin, TABLE: !Ref Table}}
  Other:
    Type: AWS::Lambda::Function
    Properties: {Code: {S3Bucket: b, S3Key: fixed}}
  Api:
    Type: AWS::ApiGatewayV2::Api
    Properties: {ProtocolType: HTTP, CorsConfiguration: {AllowOrigins: [!Ref Origin]}}
Outputs:
  TableName: {Value: !Ref Table}
  ApiUrl: {Value: !GetAtt Api.ApiEndpoint}
"#;

fn input(template: &str, code: &str) -> StackInput {
    let parameters = [("CodeKey", code), ("Origin", "https://a.example")];
    StackInput {
        name: "demo-dev-orders".into(),
        template: template.into(),
        template_url: None,
        creation: None,
        parameters: parameters.map(|(key, value)| (key.to_owned(), value.to_owned())).into(),
        tags: BTreeMap::new(),
        kept: None,
    }
}

fn seen() -> Seen {
    let sent = input(LIVE, "code/orders/1111111111111111.zip");
    let outputs = [("TableName", "a"), ("ApiUrl", "https://api.example")];
    let live = LiveStack {
        id: "arn".into(),
        status: StackStatus::UpdateComplete,
        reason: String::new(),
        parameters: sent.parameters,
        tags: sent.tags,
        outputs: outputs.map(|(key, value)| (key.to_owned(), value.to_owned())).into(),
        termination_protection: false,
    };
    Seen { live, template: Some(LIVE.into()) }
}

fn consumers() -> BTreeMap<String, Vec<String>> {
    BTreeMap::from([("TableName".to_owned(), vec!["mail".to_owned()])])
}

fn planned(wanted: &StackInput) -> Planned {
    plan_stack("orders", Some(&seen()), wanted, &consumers()).unwrap()
}

fn edited(from: &str, to: &str) -> Planned {
    assert!(LIVE.contains(from), "{from}");
    planned(&input(&LIVE.replace(from, to), "code/orders/1111111111111111.zip"))
}

fn whole(planned: Vec<Planned>) -> Plan {
    let mut plan = Plan {
        version: VERSION,
        environment: "dev".into(),
        account: "111111111111".into(),
        region: "eu-central-1".into(),
        services: BTreeSet::from(["orders".to_owned()]),
        changed: true,
        security: vec![],
        refused: vec![],
        notices: vec![],
        keys: vec![],
        functions: vec![],
        stacks: vec![],
        sites: vec![],
        basis: BTreeMap::new(),
    };
    for one in planned {
        make::add(&mut plan, one);
    }
    plan
}

#[test]
fn a_stack_that_is_as_wanted_has_no_plan() {
    let same = planned(&input(LIVE, "code/orders/1111111111111111.zip"));
    assert_eq!((same.plan.action, same.plan.changed()), (StackAction::Unchanged, false));
    assert_eq!(same.outputs["ApiUrl"], "https://api.example");
}

#[test]
fn new_code_names_the_functions_that_run_it_and_no_others() {
    let planned = planned(&input(LIVE, "code/orders/2222222222222222.zip"));
    let functions: Vec<&str> = planned.functions.iter().map(|one| one.id.as_str()).collect();
    assert_eq!(functions, ["Function"]);
    assert_eq!(planned.functions[0].after.as_deref(), Some("code/orders/2222222222222222.zip"));
    assert_eq!(planned.plan.resources.len(), 1);
    assert_eq!(planned.plan.resources[0].properties[0].place(), "Code.S3Key");
}

#[test]
fn a_replaced_table_is_refused_with_its_data_and_its_users_and_outputs_wait() {
    let planned = edited("TableName: a", "TableName: b");
    let refused = guard::refusals(&planned.plan);
    assert_eq!(refused.len(), 1);
    assert_eq!(refused[0].place, "orders.Table");
    assert_eq!(refused[0].what, "is made anew, items lost; used by TableName → mail");
    assert_eq!(planned.outputs["TableName"], "(known after deploy: orders.TableName)");
    assert_eq!(planned.outputs["ApiUrl"], "https://api.example");
    let stack = |service: &str| format!("demo-dev-{service}");
    assert!(guard::check(&refused, stack, &allowed(&[])).unwrap_err().to_string().contains("orders.Table"));
    for name in ["orders.Table", "demo-dev-orders.Table"] {
        guard::check(&refused, stack, &allowed(&[name])).unwrap();
    }
    assert!(guard::check(&refused, stack, &allowed(&["orders.Other"])).is_err());
    let hint = |allowed: Allowed| {
        let refused = anyhow::Error::from(guard::check(&refused, stack, &allowed).unwrap_err());
        crate::error::hints(&refused).collect::<String>()
    };
    assert!(hint(allowed(&[])).contains("--allow-replacement orders.Table"));
    let fixed = hint(Allowed { otherwise: Some("keep it"), ..Allowed::default() });
    assert_eq!(fixed, "keep it", "a command without the flag gives a hint of its own");
}

#[test]
fn a_name_that_allows_nothing_is_told_and_one_of_no_service_is_an_error() {
    let refused = guard::refusals(&edited("TableName: a", "TableName: b").plan);
    let stack = |service: &str| format!("demo-dev-{service}");
    let given = allowed(&["orders.Table", "demo-dev-orders.Table", "orders.Tabel"]);
    assert_eq!(given.idle(&refused, stack), ["orders.Tabel"]);
    let orders = "orders".to_owned();
    given.known(&[&orders], stack).unwrap();
    for (name, told) in
        [("order.Table", "no service `order`"), ("Table", "expected `<service>"), ("orders.", "expected")]
    {
        let error = anyhow::Error::from(allowed(&[name]).known(&[&orders], stack).unwrap_err());
        assert!(error.to_string().contains(told), "{error}");
        assert_eq!(crate::error::exit_of(&error), crate::error::Exit::Usage);
    }
}

#[test]
fn a_kept_table_may_go_only_where_nobody_uses_it() {
    let table = &LIVE[LIVE.find("  Table:").unwrap()..LIVE.find("  Role:").unwrap()];
    let mut before = seen();
    before.template = Some(LIVE.replace("DeletionPolicy: Delete", "DeletionPolicy: Retain"));
    let wanted = input(&LIVE.replace(table, "").replace("  TableName: {Value: !Ref Table}\n", ""), "c");
    let used = plan_stack("orders", Some(&before), &wanted, &consumers()).unwrap();
    assert_eq!(guard::refusals(&used.plan).len(), 1);
    let unused = plan_stack("orders", Some(&before), &wanted, &BTreeMap::new()).unwrap();
    assert_eq!(guard::refusals(&unused.plan), []);
}

#[test]
fn rights_cross_origin_rules_and_deletion_protection_are_called_out() {
    let rights = edited("\"dynamodb:PutItem\"", "\"dynamodb:Scan\"").security;
    assert_eq!(rights[0].granted, ["Allow dynamodb:Scan on Table.Arn"]);
    assert_eq!(rights[0].revoked, ["Allow dynamodb:PutItem on Table.Arn"]);
    let origins = edited("AllowOrigins: [!Ref Origin]", "AllowOrigins: ['*']").security;
    assert_eq!(origins[0].topic, Topic::Browsers);
    assert_eq!(origins[0].changed, ["CorsConfiguration.AllowOrigins[0]: https://a.example → *"]);
    let protection = edited("DeletionProtectionEnabled: true", "DeletionProtectionEnabled: false").security;
    assert_eq!(protection[0].topic, Topic::DataProtection);
    assert!(edited("MemorySize: 256", "MemorySize: 512").security.is_empty());
}

#[test]
fn a_route_without_an_authorizer_is_called_out() {
    let route = "Resources:\n  Route:\n    Type: AWS::ApiGatewayV2::Route\n    Properties: {RouteKey: GET /}\n";
    let security = edited("Resources:\n", route).security;
    assert_eq!(security[0].changed, ["open to everybody: no authorizer"]);
}

#[test]
fn a_new_stack_is_all_additions_and_its_outputs_are_known_later() {
    let planned = plan_stack("orders", None, &input(LIVE, "c"), &consumers()).unwrap();
    assert_eq!(planned.plan.action, StackAction::Create);
    assert!(planned.plan.resources.iter().all(|one| one.action == Action::Add));
    assert_eq!(planned.outputs["ApiUrl"], "(known after deploy: orders.ApiUrl)");
    assert_eq!(guard::refusals(&planned.plan), []);
}

#[test]
fn a_stack_in_progress_is_waited_for_and_nothing_is_built_upon_its_outputs() {
    let mut busy = seen();
    busy.template = None;
    for (status, action) in [("CREATE_IN_PROGRESS", StackAction::Wait), ("UPDATE_ROLLBACK_FAILED", StackAction::Mend)] {
        busy.live.status = StackStatus::from(status);
        for outputs in [busy.live.outputs.clone(), BTreeMap::new()] {
            busy.live.outputs = outputs;
            let planned = plan_stack("orders", Some(&busy), &input(LIVE, "c"), &consumers()).unwrap();
            assert_eq!((planned.plan.action, planned.plan.resources.len()), (action, 0));
            assert_eq!(planned.outputs["ApiUrl"], "(known after deploy: orders.ApiUrl)");
        }
    }
}

#[test]
fn an_operation_that_kept_what_had_succeeded_is_compared_and_guarded_like_any_other() {
    let mut failed = seen();
    failed.live.status = StackStatus::UpdateFailed;
    let wanted = input(
        &LIVE.replace("  Table:\n", "  Items:\n").replace("Table.Arn", "Items.Arn").replace("!Ref Table", "!Ref Items"),
        "c",
    );
    let planned = plan_stack("orders", Some(&failed), &wanted, &BTreeMap::new()).unwrap();
    assert_eq!(planned.plan.action, StackAction::Mend);
    assert_eq!(guard::refusals(&planned.plan)[0].what, "is removed, items lost");
    assert_eq!(planned.outputs["ApiUrl"], "(known after deploy: orders.ApiUrl)");
    let shown = text(&whole(vec![planned]), false, Some(80));
    assert!(shown.contains("Stack demo-dev-orders: go on from what failed, UPDATE_FAILED"), "{shown}");
}

#[test]
fn a_type_that_the_table_lacks_is_named_with_the_way_to_add_it_and_counted_apart() {
    let more = |value: &str| {
        let resources = "Setting: {Type: 'AWS::SSM::Parameter', Properties: {Value: V}}\n  Own: {Type: 'Custom::Thing', Properties: {Value: V}}";
        LIVE.replacen("Resources:\n", &format!("Resources:\n  {}\n", resources.replace('V', value)), 1)
    };
    let seen = Seen { template: Some(more("1")), ..seen() };
    let wanted = input(&more("2").replace("ProtocolType: HTTP,", ""), "code/orders/1111111111111111.zip");
    let planned = || plan_stack("orders", Some(&seen), &wanted, &BTreeMap::new()).unwrap();
    // Two stacks with the same type: it is named once.
    let plan = whole(vec![planned(), planned()]);
    let table = "xtask/src/plan/replacement.json does not have";
    assert_eq!(
        plan.notices,
        [
            format!(
                "{table} `AWS::SSM::Parameter`, so any change may make such a resource anew: `cargo xtask test --only lint` prints the command that adds it"
            ),
            format!("{table} `Custom::Thing`, so any change may make such a resource anew: no schema of AWS has it"),
        ]
    );
    let what = "may be made anew (its type is not in replacement.json), its value lost";
    assert!(plan.refused.iter().any(|one| one.place == "orders.Setting" && one.what == what), "{:?}", plan.refused);
    assert!(plan.summary().contains("2 resources made anew, 4 resources that may be made anew"), "{}", plan.summary());
}

#[test]
fn the_deletion_of_what_a_failed_deletion_left_is_named() {
    let mut failed = seen();
    (failed.live.status, failed.template) = (StackStatus::DeleteFailed, None);
    let planned = plan_stack("orders", Some(&failed), &input(LIVE, "c"), &BTreeMap::new()).unwrap();
    let shown = text(&whole(vec![planned]), false, Some(80));
    assert!(shown.contains("finish its deletion, which failed") && shown.contains("! what it still holds is deleted"));
}

#[test]
fn a_template_that_cannot_be_read_is_named_by_its_stack() {
    let error = plan_stack("orders", None, &input("", "c"), &BTreeMap::new()).unwrap_err();
    assert!(format!("{error:#}").contains("stack `demo-dev-orders`"), "{error:#}");
}

#[test]
fn what_cloudformation_leaves_open_or_deletes_against_the_plan_is_stopped() {
    let act = |action: &str, deletes| ResourceAction {
        id: "Table".into(),
        kind: "AWS::DynamoDB::Table".into(),
        action: action.into(),
        deletes,
        ..ResourceAction::default()
    };
    let plan = edited("MemorySize: 256", "MemorySize: 512").plan;
    assert_eq!(check::unforeseen(&plan, &[act("Dynamic", false)]), ["orders.Table"]);
    assert_eq!(check::unforeseen(&plan, &[act("Add", false)]), Vec::<String>::new());
    let mut plan = edited("TableName: a", "TableName: b").plan;
    let set = [ResourceAction { replacement: "True".into(), ..act("Modify", true) }];
    assert_eq!(check::unforeseen(&plan, &set), Vec::<String>::new(), "its loss was foreseen");
    plan.resources.iter_mut().for_each(|one| one.data = one.data.map(|_| Fate::Kept));
    assert_eq!(check::unforeseen(&plan, &set), ["orders.Table"]);
}

#[test]
fn a_change_set_that_replaces_or_removes_more_than_the_plan_is_stopped() {
    let plan = edited("MemorySize: 256", "MemorySize: 512").plan;
    let act = |id: &str, action: &str, replacement: &str, by_itself| ResourceAction {
        id: id.into(),
        action: action.into(),
        replacement: replacement.into(),
        by_itself,
        ..ResourceAction::default()
    };
    let fine = [act("Function", "Modify", "False", false), act("Api", "Modify", "Conditional", false)];
    assert_eq!(check::unforeseen(&plan, &fine), Vec::<String>::new());
    let bad = [
        act("Function", "Modify", "True", true),
        act("Table", "Remove", "", false),
        act("Api", "Modify", "Conditional", true),
    ];
    assert_eq!(check::unforeseen(&plan, &bad), ["orders.Function", "orders.Table", "orders.Api"]);
    let some = allowed(&["orders.Function", "demo-dev-orders.Table"]);
    let error = check::check(&plan, &bad, &some).unwrap_err().to_string();
    assert!(error.contains("orders.Api") && !error.contains("orders.Table"), "{error}");
    let foreseen = edited("TableName: a", "TableName: b").plan;
    assert_eq!(check::unforeseen(&foreseen, &[act("Table", "Modify", "True", true)]), Vec::<String>::new());
}

fn allowed(places: &[&str]) -> Allowed {
    Allowed { places: places.iter().map(|place| (*place).to_owned()).collect(), otherwise: None }
}
