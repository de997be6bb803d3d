//! A whole sync against an S3 that takes a few requests at a time and asks for fewer where there are more.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;

use super::wire::over;
use super::{block, options};
use crate::s3::{apply, observe};
use crate::store::Store;
use crate::{KEY, Progress, plan};

const FILES: usize = 400;
/// Requests that it takes at a time.
const AT_A_TIME: usize = 6;

#[derive(Debug, Default)]
struct State {
    flying: usize,
    /// How many were on their way at each request, itself counted.
    widths: Vec<usize>,
    refused: usize,
    objects: BTreeMap<String, usize>,
}

#[derive(Clone, Debug, Default)]
struct Busy(Arc<Mutex<State>>);

impl Busy {
    fn answer(&self, request: &HttpRequest, refused: bool) -> (u16, String) {
        let mut state = self.0.lock().unwrap();
        state.flying -= 1;
        let key = request.uri().trim_start_matches("http://s3.test/").to_owned();
        match (request.method(), refused) {
            (_, true) => (503, "<Error><Code>SlowDown</Code></Error>".to_owned()),
            ("PUT", _) => {
                *state.objects.entry(key).or_default() += 1;
                (200, String::new())
            }
            _ if key.starts_with('?') => (200, "<List></List>".to_owned()),
            _ => (404, "<Error><Code>NoSuchKey</Code></Error>".to_owned()),
        }
    }
}

impl HttpConnector for Busy {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let refused = {
            let mut state = self.0.lock().unwrap();
            state.flying += 1;
            let flying = state.flying;
            state.widths.push(flying);
            let refused = flying > AT_A_TIME;
            state.refused += usize::from(refused);
            refused
        };
        let busy = self.clone();
        HttpConnectorFuture::new(async move {
            tokio::time::sleep(Duration::from_millis(2)).await;
            let (status, body) = busy.answer(&request, refused);
            let mut response = HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body));
            response.headers_mut().insert("etag", "\"e\"");
            Ok(response)
        })
    }
}

#[test]
fn an_s3_that_asks_to_slow_down_gets_fewer_requests_at_a_time_and_the_whole_folder() {
    block(async {
        let busy = Busy::default();
        let bucket = over(busy.clone(), "");
        let files: Vec<_> = (0..FILES).map(|number| (format!("{number:03}.txt"), vec![1])).collect();
        let mut work = observe(&bucket, super::made(&files)).await.unwrap();
        let planned = plan(&work, &options(), jiff::Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!(planned.uploads.len(), FILES);
        assert!(bucket.window() <= 32, "more puts would begin than are sent: {}", bucket.window());
        apply(&bucket, &mut work, &planned, &options(), &Progress::default()).await.unwrap();
        let state = busy.0.lock().unwrap();
        let sent = files.iter().map(|(key, _)| key.as_str()).filter(|key| state.objects.contains_key(*key)).count();
        assert_eq!((sent, state.objects[KEY], state.objects.len()), (FILES, 1, FILES + 1));
        // It begins with more than it takes; then it stays near that, and is seldom refused.
        let later = state.widths[FILES / 4..].iter().max().unwrap();
        assert!(state.widths.iter().any(|width| *width > AT_A_TIME) && *later <= 2 * AT_A_TIME, "{:?}", state.widths);
        assert!(state.refused < FILES / 5, "{} refused", state.refused);
    });
}
