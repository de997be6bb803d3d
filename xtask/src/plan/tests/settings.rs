//! What decides a plan beside resources: defaults, hidden values, conditions, termination protection.

use super::*;

#[test]
fn a_parameter_that_has_its_default_is_in_no_plan() {
    let with_default = LIVE.replace("Parameters: {", "Parameters: {Size: {Type: Number, Default: 3}, ");
    let mut there = Seen { template: Some(with_default.clone()), ..seen() };
    there.live.parameters.insert("Size".into(), "3".into());
    let sent = input(&with_default, "code/orders/2222222222222222.zip");
    let planned = plan_stack("orders", Some(&there), &sent, &BTreeMap::new()).unwrap();
    let places: Vec<String> = planned.plan.parameters.iter().map(Difference::place).collect();
    assert_eq!(places, ["CodeKey"]);
}

#[test]
fn a_template_whose_parameter_is_never_told_is_refused_before_anything_is_planned() {
    let hidden = LIVE.replace("Origin: {Type: String}", "Origin: {Type: String, NoEcho: true}");
    for seen in [None, Some(seen())] {
        let error = plan_stack("orders", seen.as_ref(), &input(&hidden, "c"), &BTreeMap::new()).unwrap_err();
        assert!(error.to_string().contains("`demo-dev-orders` has `NoEcho` on `Origin`"), "{error}");
        assert!(crate::error::hints(&error).next().unwrap().contains("{{resolve:secretsmanager:"));
    }
}

#[test]
fn termination_protection_that_is_turned_on_or_off_is_a_change_and_stands_under_security() {
    let code = "code/orders/1111111111111111.zip";
    for (live, wanted, expected) in [(true, false, Some(false)), (false, true, Some(true)), (true, true, None)] {
        let mut there = seen();
        there.live.termination_protection = live;
        let mut planned = plan_stack("orders", Some(&there), &input(LIVE, code), &consumers()).unwrap();
        protection::switch(&mut planned, Some(&there.live), wanted);
        assert_eq!((planned.plan.protection, planned.plan.changed()), (expected, expected.is_some()));
        assert_eq!(planned.security.len(), usize::from(expected.is_some()));
        if expected == Some(false) {
            let plan = whole(vec![planned]);
            assert_eq!(plan.summary(), "1 stack with termination protection turned on or off");
            insta::assert_snapshot!(text(&plan, false, Some(100)));
        }
    }
    let mut new = plan_stack("orders", None, &input(LIVE, code), &consumers()).unwrap();
    protection::switch(&mut new, None, true);
    assert_eq!(new.plan.protection, None);
}

#[test]
fn a_table_whose_condition_turned_false_is_removed_and_refused_and_one_that_nobody_knows_is_noticed() {
    let with = |condition: &str| {
        let text = LIVE.replace("DeletionPolicy: Delete", "Condition: Kept\n    DeletionPolicy: Delete");
        format!("{text}Conditions:\n  Kept: {condition}\n")
    };
    let there = |text: &str| Seen { template: Some(text.to_owned()), ..seen() };
    let live = with("!Equals [!Ref Origin, 'https://a.example']");
    let mut wanted = input(&live, "code/orders/1111111111111111.zip");
    wanted.parameters.insert("Origin".into(), "https://b.example".into());
    let planned = plan_stack("orders", Some(&there(&live)), &wanted, &consumers()).unwrap();
    let table = planned.plan.resources.iter().find(|one| one.id == "Table").unwrap();
    assert_eq!((table.action, table.data), (Action::Remove, Some(Fate::Lost)));
    assert_eq!(guard::refusals(&planned.plan).len(), 1);
    assert_eq!(planned.notices, Vec::<String>::new());

    let mapped = with("!Equals [!FindInMap [M, !Ref Origin, K], a]");
    wanted.template.clone_from(&mapped);
    let planned = plan_stack("orders", Some(&there(&mapped)), &wanted, &consumers()).unwrap();
    assert!(planned.plan.resources.iter().all(|one| one.id != "Table"));
    assert!(planned.notices[0].contains("whether its condition `Kept` holds"), "{:?}", planned.notices);
}
