//! Every call of every function, refused in every way that AWS has: what a route's client is told, and which events come
//! again.

use std::time::Duration;

use aws_sdk_dynamodb::Client as Table;
use aws_sdk_dynamodb::operation::batch_write_item::BatchWriteItemOutput;
use aws_sdk_dynamodb::operation::delete_item::DeleteItemOutput;
use aws_sdk_dynamodb::operation::get_item::GetItemOutput;
use aws_sdk_dynamodb::operation::put_item::PutItemOutput;
use aws_sdk_dynamodb::operation::query::QueryOutput;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsOutput;
use aws_sdk_s3::Client as Bucket;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::operation::delete_object::DeleteObjectOutput;
use aws_sdk_s3::operation::delete_objects::DeleteObjectsOutput;
use aws_sdk_s3::operation::head_object::HeadObjectOutput;
use aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output;
use aws_sdk_s3::types::Object;
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::http::StatusCode;
use serde_json::{Value, json};
use shared::refusals::{COMMON, Class, DYNAMODB, S3, SQS, cancelled_body, json_body, told, xml_body};
use shared::serve::Done;
use shared::{Error, Request, Response};
use tokio::time::Instant;
use uuid::Uuid;

use crate::file::{File, Status};
use crate::folder::Folder;
use crate::fuzzing::deaf::PARTS;
use crate::objects::Objects;
use crate::queue::Queue;
use crate::store::{Store, record};
use crate::{confirm, forward, http, purge};

const TODO: &str = "01890a5d-ac96-774b-bcce-b302099a8057";
const FILE: &str = "01890a5d-ac96-774b-bcce-b302099a8058";
const HASH: &str = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

/// An answer of AWS: its status and its body.
type Wire = (u16, String);

/// The rule of the one call that is refused, for the client that makes it.
#[derive(Default)]
struct Refused {
    table: Option<Rule>,
    bucket: Option<Rule>,
    queue: Option<Rule>,
}

macro_rules! refused {
    ($client:ident: $sdk:ident, $operation:ident) => {
        |wire: Wire| Refused {
            $client: Some(mock!($sdk::Client::$operation).then_http_response(move || response(&wire))),
            ..Refused::default()
        }
    };
}

fn response((status, body): &Wire) -> HttpResponse {
    HttpResponse::new(StatusCode::try_from(*status).expect("a status"), body.clone().into())
}

fn folder() -> Folder {
    Folder::parse("alice", TODO).expect("a folder")
}

/// A table where everything succeeds but what is refused: one available file of one byte.
fn store(refused: Option<&Rule>) -> Store {
    let file = File {
        id: Uuid::try_parse(FILE).expect("an id"),
        name: "a".into(),
        content_type: "a/b".into(),
        size: 1,
        sha256: HASH.into(),
        status: Status::Available,
        date_uploaded: "2026-01-01T00:00:00.000Z".into(),
    };
    let item = record::write(&folder(), &file);
    let items = vec![item.clone()];
    let rules = [
        mock!(Table::get_item).then_output(move || GetItemOutput::builder().set_item(Some(item.clone())).build()),
        mock!(Table::query).then_output(move || QueryOutput::builder().set_items(Some(items.clone())).build()),
        mock!(Table::put_item).then_output(|| PutItemOutput::builder().build()),
        mock!(Table::delete_item).then_output(|| DeleteItemOutput::builder().build()),
        mock!(Table::transact_write_items).then_output(|| TransactWriteItemsOutput::builder().build()),
        mock!(Table::batch_write_item).then_output(|| BatchWriteItemOutput::builder().build()),
    ];
    let client = mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, refused.into_iter().chain(&rules), |config| {
        config.retry_config(RetryConfig::disabled())
    });
    Store::new(client, "files".to_owned())
}

/// A bucket where everything succeeds but what is refused: one object of one byte.
fn objects(refused: Option<&Rule>) -> Objects {
    let object = || Object::builder().key(folder().object_key(Uuid::nil())).build();
    let rules = [
        mock!(Bucket::head_object).then_output(|| HeadObjectOutput::builder().content_length(1).build()),
        mock!(Bucket::delete_object).then_output(|| DeleteObjectOutput::builder().build()),
        mock!(Bucket::delete_objects).then_output(|| DeleteObjectsOutput::builder().build()),
        mock!(Bucket::list_objects_v2).then_output(move || ListObjectsV2Output::builder().contents(object()).build()),
    ];
    let client = mock_client!(aws_sdk_s3, RuleMode::MatchAny, refused.into_iter().chain(&rules), |config| {
        config.retry_config(RetryConfig::disabled())
    });
    Objects::new(client, "bucket".to_owned())
}

fn request(body: &Value) -> Request {
    let event = json!({
        "pathParameters": {"todoID": TODO, "fileID": FILE},
        "requestContext": {"authorizer": {"jwt": {"claims": {"sub": "alice"}}}},
        "body": body.to_string(),
    });
    Request::from_event(event).expect("an event")
}

async fn list(refused: Refused) -> u16 {
    let signer = PARTS.signer.as_ref().expect("a signer");
    told(&http::list(&store(refused.table.as_ref()), signer, &request(&Value::Null)).await)
}

async fn add(refused: Refused) -> u16 {
    let body = json!({"fileName": "a", "contentType": "a/b", "size": 1, "sha256": HASH});
    // Signing needs no network, so that there is nothing to mock.
    told(&http::add(&store(refused.table.as_ref()), &PARTS.objects, 9, &request(&body)).await)
}

async fn delete(refused: Refused) -> u16 {
    told(&http::delete(&store(refused.table.as_ref()), &objects(refused.bucket.as_ref()), &request(&Value::Null)).await)
}

/// An event has no client: 204 is done, and with everything else the event comes again.
fn event_told(outcome: Result<Done, Error>) -> u16 {
    told(
        &outcome.and_then(
            |done| if done.failed { Err(Error::internal("a part failed")) } else { Ok(Response::no_content()) },
        ),
    )
}

async fn confirmed(refused: Refused) -> u16 {
    let event = json!({"Records": [{"s3": {"object": {"key": format!("alice/{TODO}/{FILE}")}}}]});
    event_told(confirm::handle(&store(refused.table.as_ref()), &objects(refused.bucket.as_ref()), event).await)
}

async fn forwarded(refused: Refused) -> u16 {
    let keys = json!({"userID": {"S": "alice"}, "todoID": {"S": TODO}});
    let event = json!({"Records": [{"eventName": "REMOVE", "dynamodb": {"Keys": keys}}]});
    let client = mock_client!(aws_sdk_sqs, RuleMode::MatchAny, refused.queue.as_slice(), |config| {
        config.retry_config(RetryConfig::disabled())
    });
    event_told(forward::handle(&Queue::new(client, "http://queue".to_owned()), event).await)
}

async fn purged(refused: Refused) -> u16 {
    let body = json!({"userID": "alice", "todoID": TODO}).to_string();
    let event = json!({"Records": [{"messageId": "m", "body": body}]});
    let end = Instant::now() + Duration::from_mins(1);
    event_told(purge::handle(&store(refused.table.as_ref()), &objects(refused.bucket.as_ref()), event, end).await)
}

/// Refuses one call of a function in each way of its service, and compares with the table.
macro_rules! every_class {
    ($test:ident: $function:ident, $client:ident: $sdk:ident, $operation:ident, $classes:expr, $body:ident, except $own:expr) => {
        #[tokio::test]
        async fn $test() {
            let own: &[(&str, u16)] = &$own;
            for (code, status, told) in $classes {
                let told = own.iter().find(|(name, _)| *name == code).map_or(told, |(_, told)| *told);
                let refused = refused!($client: $sdk, $operation)((status, $body(code)));
                assert_eq!($function(refused).await, told, "{code}");
            }
        }
    };
}

const fn no_class(_: &str) -> String {
    String::new()
}

const CONDITION: &str = "ConditionalCheckFailedException";

/// The classes of `DynamoDB`, its own and the common ones.
fn table() -> impl Iterator<Item = Class> {
    DYNAMODB.into_iter().chain(COMMON)
}

every_class!(a_list_that_is_not_read: list, table: aws_sdk_dynamodb, query, table(), json_body, except []);
every_class!(an_upload_that_is_not_recorded: add, table: aws_sdk_dynamodb, transact_write_items, table(), json_body, except []);
every_class!(a_deletion_that_finds_no_record: delete, table: aws_sdk_dynamodb, get_item, table(), json_body, except []);
every_class!(a_deletion_whose_object_stays: delete, bucket: aws_sdk_s3, delete_object, S3, xml_body, except []);
// A lost race is run again until it counts as lost for good.
every_class!(a_deletion_whose_record_stays: delete, table: aws_sdk_dynamodb, delete_item, table(), json_body, except [(CONDITION, 429)]);
// An answer to HEAD has no body, so only its status is known: no object is no error, and 503 may be throttling.
every_class!(
    a_confirmation_that_sees_no_object: confirmed, bucket: aws_sdk_s3, head_object, S3, no_class,
    except [("NotFound", 204), ("NoSuchBucket", 204), ("ServiceUnavailable", 429)]
);
every_class!(a_confirmation_that_is_not_written: confirmed, table: aws_sdk_dynamodb, transact_write_items, table(), json_body, except []);

/// The conditions of its transaction do not hold, so that it must read why.
#[tokio::test]
async fn a_confirmation_that_cannot_read_its_record() {
    for (code, status, told) in table() {
        let refused = mock!(Table::transact_write_items)
            .then_http_response(|| response(&(400, cancelled_body(&["None", "ConditionalCheckFailed"]))));
        let unread = mock!(Table::get_item).then_http_response(move || response(&(status, json_body(code))));
        let client = mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, [&refused, &unread], |config| {
            config.retry_config(RetryConfig::disabled())
        });
        let store = Store::new(client, "files".to_owned());
        let event = json!({"Records": [{"s3": {"object": {"key": format!("alice/{TODO}/{FILE}")}}}]});
        assert_eq!(event_told(confirm::handle(&store, &objects(None), event).await), told, "{code}");
    }
}

every_class!(a_deletion_of_a_todo_that_is_not_told: forwarded, queue: aws_sdk_sqs, send_message, SQS.into_iter().chain(COMMON), json_body, except []);

/// A purge tells Lambda only which messages failed; of what is in the log.
#[tokio::test]
async fn a_purge_that_is_refused_anywhere_in_any_way_comes_again() {
    type Refuse = fn(Wire) -> Refused;
    let table_calls: [Refuse; 3] = [
        refused!(table: aws_sdk_dynamodb, put_item),
        refused!(table: aws_sdk_dynamodb, query),
        refused!(table: aws_sdk_dynamodb, batch_write_item),
    ];
    for (code, status, _) in table() {
        for refuse in table_calls {
            assert_eq!(purged(refuse((status, json_body(code)))).await, 500, "{code}");
        }
    }
    let bucket_calls: [Refuse; 2] =
        [refused!(bucket: aws_sdk_s3, list_objects_v2), refused!(bucket: aws_sdk_s3, delete_objects)];
    for (code, status, _) in S3 {
        for refuse in bucket_calls {
            assert_eq!(purged(refuse((status, xml_body(code)))).await, 500, "{code}");
        }
    }
    assert_eq!(purged(Refused::default()).await, 204);
}

#[tokio::test]
async fn an_object_that_s3_names_in_its_200_as_not_deleted_is_a_failure_whatever_the_class() {
    let refuse = refused!(bucket: aws_sdk_s3, delete_objects);
    for (code, ..) in S3 {
        let body = format!("<DeleteResult><Error><Key>k</Key><Code>{code}</Code></Error></DeleteResult>");
        assert_eq!(purged(refuse((200, body))).await, 500, "{code}");
        assert_eq!(purged(refuse((200, xml_body(code)))).await, 500, "{code}");
    }
    assert_eq!(purged(refuse((200, "<DeleteResult/>".to_owned()))).await, 204);
}

#[tokio::test]
async fn a_cancelled_upload_is_told_by_its_reason() {
    let refuse = refused!(table: aws_sdk_dynamodb, transact_write_items);
    // The first write asks whether the todo is deleted, the second is the record under a fresh id.
    for (reasons, upload, confirmation) in [
        (["ConditionalCheckFailed", "None"], 404, 204),
        (["None", "ConditionalCheckFailed"], 500, 204),
        (["None", "ThrottlingError"], 429, 429),
        (["ValidationError", "None"], 500, 500),
    ] {
        let wire = || (400, cancelled_body(&reasons));
        assert_eq!(add(refuse(wire())).await, upload, "{reasons:?}");
        assert_eq!(confirmed(refuse(wire())).await, confirmation, "{reasons:?}");
    }
}

#[tokio::test]
async fn everything_succeeds_where_nothing_is_refused() {
    assert_eq!(list(Refused::default()).await, 200);
    assert_eq!(add(Refused::default()).await, 201);
    assert_eq!(delete(Refused::default()).await, 204);
    assert_eq!(confirmed(Refused::default()).await, 204);
}

#[tokio::test]
async fn an_upload_that_cannot_be_signed_is_internal_and_leaves_no_record() {
    let config = aws_sdk_s3::Config::builder().behavior_version(aws_sdk_s3::config::BehaviorVersion::latest());
    let objects = Objects::new(Bucket::from_conf(config.build()), "bucket".to_owned());
    let table = Store::new(mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, &[] as &[Rule]), "files".to_owned());
    let body = json!({"fileName": "a", "contentType": "a/b", "size": 1, "sha256": HASH});
    assert_eq!(told(&http::add(&table, &objects, 9, &request(&body)).await), 500);
}
