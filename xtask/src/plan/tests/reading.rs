//! How plans read: as text, as a comment, in a file.

use super::*;

fn everything() -> Plan {
    let mut wanted = LIVE.replace("TableName: a", "TableName: b").replace("\"dynamodb:PutItem\"", "\"dynamodb:Scan\"");
    wanted = wanted.replace("MemorySize: 256", "MemorySize: 512").replace("ProtocolType: HTTP,", "");
    let mut plan = whole(vec![planned(&input(&wanted, "code/orders/2222222222222222.zip"))]);
    let new =
        plan_stack("mail", None, &StackInput { name: "demo-dev-mail".into(), ..input(LIVE, "c") }, &BTreeMap::new());
    let new = whole(vec![new.unwrap()]);
    plan.security.extend(new.security);
    plan.stacks.extend(new.stacks);
    plan.notices.push("stack `demo-bootstrap-account` is missing, run `cargo xtask bootstrap --env dev`".into());
    plan.keys.push(KeyPlan {
        service: "orders".into(),
        key: "Signing".into(),
        secret: "demo/dev/orders/Signing".into(),
    });
    let file = |path: &str, action, reason: &str| crate::site::FileChange {
        path: path.into(),
        action,
        reason: reason.into(),
        bytes: Some(1),
    };
    plan.sites.push(SitePlan {
        service: "web".into(),
        files: vec![
            file("assets/main-1a2b3c4d.js", crate::site::FileAction::Add, "new"),
            file("index.html", crate::site::FileAction::Change, "content changed"),
            file("robots.txt", crate::site::FileAction::Headers, "headers changed"),
            file("assets/main-00000000.js", crate::site::FileAction::Delete, "stale for longer than its grace"),
        ],
        unchanged: 7,
        invalidate: vec!["/".into(), "/index.html".into(), "/robots.txt".into()],
        waits_for: None,
    });
    plan
}

#[test]
fn a_plan_reads_well_in_80_columns() {
    let shown = text(&everything(), false, Some(80));
    insta::assert_snapshot!(shown);
    for columns in [1, 40, 50, 80, 120, 500] {
        let (shown, most) = (text(&everything(), false, Some(columns)), columns.clamp(40, 120));
        assert!(shown.lines().all(|line| line.chars().count() <= most), "{columns}: {shown}");
    }
    let plain = text(&everything(), true, Some(80)).replace("\u{1b}[0m", "");
    assert!(plain.contains("\u{1b}[1;31m"), "what is refused is red");
}

#[test]
fn new_code_is_told_once_of_its_service_in_text_and_of_each_function_elsewhere() {
    let live = LIVE.replace("S3Key: fixed", "S3Key: !Ref CodeKey");
    let there = Seen { template: Some(live.clone()), ..seen() };
    let plan = |template: &str| {
        let wanted = input(template, "code/orders/2222222222222222.zip");
        whole(vec![plan_stack("orders", Some(&there), &wanted, &consumers()).unwrap()])
    };
    let alone = plan(&live);
    let shown = text(&alone, false, Some(80));
    let lines: Vec<&str> = shown.lines().collect();
    let expected = [
        "Stack demo-dev-orders: update, UPDATE_COMPLETE",
        "    the code of 2 functions alone, told under Code",
        "",
        "Code",
        "  ~ orders: 2 functions from 111111111111 to 222222222222: Function, Other",
        "",
        "Plan for dev: 1 stack to update, 2 functions with new code",
    ];
    assert_eq!(lines, expected);
    for whole in [alone.json().unwrap(), markdown(&alone)] {
        assert_eq!(whole.matches("S3Key").count(), 2, "{whole}");
    }
    let more = text(&plan(&live.replace("MemorySize: 256", "MemorySize: 512")), false, Some(80));
    assert!(more.contains("MemorySize: 256 → 512") && !more.contains("S3Key") && !more.contains("alone"), "{more}");
}

#[test]
fn a_long_value_shows_where_it_changes_and_is_whole_where_no_terminal_shows_it() {
    let long = "a-description-of-some-length".repeat(30);
    let live = LIVE.replacen("MemorySize: 256", &format!("Description: {long}old"), 1);
    let wanted = live.replacen(&format!("{long}old"), &format!("{long}new"), 1);
    let seen = Seen { template: Some(live), ..seen() };
    let wanted = input(&wanted, "code/orders/1111111111111111.zip");
    let plan = whole(vec![plan_stack("orders", Some(&seen), &wanted, &consumers()).unwrap()]);
    for columns in [40, 80, 200] {
        let shown = text(&plan, false, Some(columns));
        let ends = |end: &str| shown.lines().any(|line| line.starts_with("          ") && line.ends_with(end));
        assert!(ends("old") && ends("new"), "{columns}: {shown}");
        assert!(shown.lines().all(|line| line.chars().count() <= columns), "{shown}");
    }
    let comment = markdown(&plan);
    assert!(comment.lines().any(|line| line.starts_with("-  ") && line.ends_with("old")), "{comment}");
    let piped = text(&plan, false, None);
    assert!(piped.contains(&format!("- {long}old\n")) && piped.contains(&format!("+ {long}new\n")), "{piped}");
    assert!(text(&everything(), false, None).contains("used by TableName → mail\n"), "no line is broken");
}

/// A role and who may read a bucket, added to a stack that is there.
const DOOR: &str = r#"Resources:
  Door:
    Type: AWS::IAM::Role
    Properties:
      Policies:
        - PolicyDocument:
            Statement:
              - {Effect: Allow, Action: "s3:GetObject", Resource: "arn:aws:s3:::a-bucket-with-a-name-that-is-long/and-a-path-that-is-longer-than-a-line/*"}
              - {Effect: Allow, Action: "iam:PassRole", Resource: "*", Condition: {StringLike: {"iam:PassedToService": "lambda.amazonaws.com"}}}
  Shared:
    Type: AWS::S3::BucketPolicy
    Properties: {PolicyDocument: {Statement: {Effect: Allow, Action: "s3:PutObject", NotPrincipal: {AWS: "arn:aws:iam::1:root"}, Resource: "*"}}}
"#;

#[test]
fn rights_that_come_with_a_new_resource_of_a_stack_that_is_there_are_told_to_their_end() {
    let wanted = LIVE.replacen("Resources:\n", DOOR, 1);
    let plan = whole(vec![planned(&input(&wanted, "code/orders/1111111111111111.zip"))]);
    let shown = text(&plan, false, Some(50));
    let joined = shown.replace(['\n', ' '], "");
    for right in [
        "Allow iam:PassRole on * if {StringLike: {iam:PassedToService: lambda.amazonaws.com}}",
        "a-bucket-with-a-name-that-is-long/and-a-path-that-is-longer-than-a-line/*",
        "Allow s3:PutObject on * by everyone but {AWS: arn:aws:iam::1:root}",
    ] {
        assert!(joined.contains(&right.replace(' ', "")), "{right}: {shown}");
    }
    assert!(markdown(&plan).contains("!     Allow iam:PassRole on *"), "{}", markdown(&plan));
}

#[test]
fn a_plan_without_changes_is_one_line() {
    let mut plan = whole(vec![planned(&input(LIVE, "code/orders/1111111111111111.zip"))]);
    plan.changed = false;
    assert_eq!(text(&plan, false, Some(80)), "Plan for dev: no changes\n");
}

#[test]
fn a_comment_holds_the_whole_plan() {
    insta::assert_snapshot!(markdown(&everything()));
}

#[test]
fn a_comment_stays_under_githubs_limit_and_says_what_it_leaves_out() {
    let mut plan = everything();
    assert!(!markdown(&plan).contains("do not fit"));
    let file = plan.sites[0].files[0].clone();
    for number in 0..3_000 {
        let path = format!("assets/{number}-{}.js", "ü".repeat(40));
        plan.sites[0].files.push(crate::site::FileChange { path, ..file.clone() });
    }
    plan.sites.push(SitePlan { service: "other".into(), ..plan.sites[0].clone() });
    let comment = markdown(&plan);
    assert!(comment.chars().count() < LIMIT, "{}", comment.chars().count());
    let shown = comment.lines().filter(|line| line.starts_with("+ assets/")).count();
    let rest: usize = comment.split("**").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
    let lines: usize = lines::sections(&plan).iter().map(|section| section.lines.len()).sum();
    let told: usize = comment
        .lines()
        .filter(|line| line.len() > 1 && "+-!".contains(&line[..1]) && line[1..].starts_with(' '))
        .count();
    assert!(shown > 500, "{shown}");
    assert!(told + rest <= lines && rest > 4_000, "{told} {rest} {lines}");
    assert_eq!(comment.matches("```diff").count(), comment.matches("```\n\n</details>").count());
}

#[test]
fn a_plan_comes_back_from_its_file_and_another_version_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("plan.json");
    write(&everything(), &file).unwrap();
    assert_eq!(read(&file).unwrap(), everything());
    compare(&everything(), &read(&file).unwrap()).unwrap();
    std::fs::write(&file, "{\"version\": 2}").unwrap();
    assert!(read(&file).unwrap_err().to_string().contains("version 2, expected 1"));
    std::fs::write(&file, "nonsense").unwrap();
    assert!(read(&file).is_err());
}

#[test]
fn a_file_that_cannot_be_written_is_a_wrong_command_line_with_a_way_out() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("plans");
    for (file, hint) in [(missing.join("dev.plan"), "mkdir -p "), (folder.path().to_owned(), "may write")] {
        let error = write(&everything(), &file).unwrap_err();
        assert_eq!(crate::error::exit_of(&error), crate::error::Exit::Usage, "{error}");
        assert!(crate::error::hints(&error).any(|one| one.contains(hint)), "{error}");
    }
    write(&everything(), std::path::Path::new("/dev/null")).unwrap();
}

#[test]
fn a_moved_world_is_named_part_by_part() {
    let mut reviewed = everything();
    reviewed.basis = [("a", "1"), ("b", "1"), ("c", "1")].map(|(key, value)| (key.to_owned(), value.to_owned())).into();
    let mut now = reviewed.clone();
    now.basis.insert("b".into(), "2".into());
    now.basis.remove("c");
    now.basis.insert("d".into(), "1".into());
    let error = compare(&reviewed, &now).unwrap_err().to_string();
    assert!(error.contains("b changed; c is gone; d is new"), "{error}");
    let mut later = reviewed.clone();
    later.sites[0].files.pop();
    assert!(compare(&reviewed, &later).unwrap_err().to_string().contains("due by now"));
    let mut elsewhere = reviewed.clone();
    elsewhere.account = "222222222222".into();
    assert!(compare(&reviewed, &elsewhere).unwrap_err().to_string().contains("222222222222"));
}

#[test]
fn the_schema_in_the_docs_is_that_of_the_code() {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/plan.schema.json");
    if std::env::var_os("INSTA_UPDATE").is_some_and(|value| value == "always") {
        std::fs::write(&file, schema()).unwrap();
    }
    assert_eq!(std::fs::read_to_string(file).unwrap(), schema());
}
