//! Each function's role has exactly the rights it uses: without any one of them, or with it on another resource, the
//! function fails. It breaks roles while it runs, so it is a program of its own: cargo runs one after the other.
#![expect(clippy::unwrap_used, reason = "tests")]

mod exercise;

use serde_json::json;

use exercise::{World, exercises};
use tests::roles::{POLICY, Right, rights, roles};

/// What this emulator does not ask a role for, and the page of AWS that says who needs it. The list is exact: an entry
/// that is enforced fails the test, as does an unenforced right that is not listed. The emulator's pollers, its delivery of
/// failed events and its log writer reach into the services without a role, and a missing object is a 404 to everyone.
#[rustfmt::skip]
const UNENFORCED: [(&str, &str, &str); 11] = [
    ("*",                    "logs:CreateLogStream",      "Lambda: Defining Lambda function permissions with an execution role"),
    ("*",                    "logs:PutLogEvents",         "Lambda: Defining Lambda function permissions with an execution role"),
    ("confirmUpload",        "s3:ListBucket",             "S3: HeadObject, 403 instead of 404 without it"),
    ("confirmUpload",        "sqs:SendMessage",           "Lambda: Capturing records of Lambda asynchronous invocations"),
    ("forwardTodoDeletions", "dynamodb:DescribeStream",   "DynamoDB: IAM policy to allow a Lambda function to access stream records"),
    ("forwardTodoDeletions", "dynamodb:GetRecords",       "DynamoDB: IAM policy to allow a Lambda function to access stream records"),
    ("forwardTodoDeletions", "dynamodb:GetShardIterator", "DynamoDB: IAM policy to allow a Lambda function to access stream records"),
    ("forwardTodoDeletions", "dynamodb:ListStreams",      "DynamoDB: IAM policy to allow a Lambda function to access stream records"),
    ("purgeTodoFiles",       "sqs:DeleteMessage",         "Lambda: Using Lambda with Amazon SQS"),
    ("purgeTodoFiles",       "sqs:GetQueueAttributes",    "Lambda: Using Lambda with Amazon SQS"),
    ("purgeTodoFiles",       "sqs:ReceiveMessage",        "Lambda: Using Lambda with Amazon SQS"),
];

fn unenforced(function: &str, action: &str) -> bool {
    UNENFORCED.iter().any(|(whose, what, _)| [function, "*"].contains(whose) && *what == action)
}

#[test]
fn without_any_one_of_its_rights_a_function_fails() {
    let world = World::new();
    let exercises = exercises();
    let roles = roles();
    let mut listed: Vec<(&str, &str)> = Vec::new();
    let mut problems = Vec::new();
    for role in &roles {
        let function = role.function.as_str();
        let Some((_, exercise)) = exercises.iter().find(|(name, _)| *name == function) else {
            panic!("no exercise for `{function}`: write one, so that its rights are proven");
        };
        assert_eq!(exercise(&world, role), Ok(()), "{function} with all its rights");
        for right in rights(&role.policy) {
            for (how, policy) in
                [("without", Some(right.removed(&role.policy))), ("elsewhere", right.moved(&role.policy))]
            {
                let Some(policy) = policy else {
                    // A right on everything has no elsewhere.
                    assert_eq!((how, right.action.as_str()), ("elsewhere", "dynamodb:ListStreams"), "{function}");
                    continue;
                };
                let _restored = role.changed(&policy);
                let outcome = exercise(&world, role);
                if unenforced(function, &right.action) == outcome.is_err() {
                    problems.push(format!("{function} {how} {}: {outcome:?}", right.action));
                }
            }
            let whose =
                UNENFORCED.iter().filter(|(whose, what, _)| [function, "*"].contains(whose) && *what == right.action);
            listed.extend(whose.map(|(whose, what, _)| (*whose, *what)));
        }
    }
    assert_eq!(problems, Vec::<String>::new());
    for (function, action, page) in UNENFORCED {
        assert!(listed.contains(&(function, action)), "no role has {action} of {function} any more ({page})");
    }
    for role in &roles {
        assert_eq!(tests::aws::role_policy(&role.name, POLICY), role.policy, "{} is restored", role.function);
        let (_, exercise) = exercises.iter().find(|(name, _)| *name == role.function).unwrap();
        assert_eq!(exercise(&world, role), Ok(()), "{} with its rights restored", role.function);
    }
}

#[test]
fn a_right_can_be_taken_away_and_moved() {
    let policy = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "arn:aws:s3:::bucket/*"},
        {"Effect": "Allow", "Action": "dynamodb:ListStreams", "Resource": "*"},
    ]});
    let [get, _, list] = <[Right; 3]>::try_from(rights(&policy)).unwrap();
    assert_eq!(get.removed(&policy)["Statement"][0]["Action"], json!(["s3:PutObject"]));
    let moved = get.moved(&policy).unwrap();
    assert_eq!(moved["Statement"][0]["Action"], json!(["s3:PutObject"]));
    assert_eq!(
        moved["Statement"][2],
        json!({"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": "arn:aws:s3:::elsewhere"})
    );
    assert_eq!(list.removed(&policy)["Statement"].as_array().map(Vec::len), Some(1));
    assert_eq!(list.moved(&policy), None);
}
