//! The store that is S3: nine kinds of requests. What they are for is decided elsewhere.

mod limit;
mod multipart;
mod parts;
mod payload;
mod wire;
mod xml;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use anyhow::Context;
use bytes::Bytes;
use http::Method;
use tokio::task::JoinSet;

use parts::Parts;
use payload::Payload;
pub use wire::Endpoint;
use wire::{Answer, Call, Sink, Wire, encode_value};

use crate::apply::{self, Applied};
use crate::digest::Digest;
use crate::files::Files;
use crate::manifest::KEY;
use crate::names;
use crate::plan::{Options, Plan};
use crate::problem::Problem;
use crate::progress::Progress;
use crate::rules::Headers;
use crate::store::{Body, Object, Store, Stored, When};
use crate::work::{Incoming, Work};

/// Keys per `DeleteObjects` (S3 API reference).
const DELETE_BATCH: usize = 1_000;
/// Puts that wait for their turn: enough to take each that comes free, and few, for each holds its bytes.
const WAITING: usize = 16;
/// Objects that are asked about themselves at a time; the limit decides about the requests.
const ASKED: usize = 256;

/// Work on its way.
pub type Boxed<'a, T> = Pin<Box<dyn Future<Output = anyhow::Result<T>> + Send + 'a>>;

/// What makes a CDN forget paths.
pub trait Cdn: Send + Sync {
    /// Asks for it, and waits as long as its maker likes.
    fn forget<'a>(&'a self, paths: &'a [String]) -> Boxed<'a, ()>;
}

/// A prefix of a bucket.
#[derive(Clone)]
pub struct Bucket {
    wire: Wire,
    name: Arc<str>,
    /// Empty, or with a slash at its end.
    prefix: Arc<str>,
    cdn: Option<Arc<dyn Cdn>>,
    parts: Parts,
}

impl std::fmt::Debug for Bucket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bucket").field("name", &self.name).field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

impl Bucket {
    /// Nothing is asked yet. `prefix` is a folder's key, with or without the slash at its end.
    #[must_use]
    pub fn new(endpoint: Endpoint, name: &str, prefix: &str, cdn: Option<Arc<dyn Cdn>>) -> Self {
        let prefix = prefix.trim_matches('/');
        let prefix = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
        Self { wire: Wire::new(endpoint), name: name.into(), prefix: prefix.into(), cdn, parts: Parts::new() }
    }

    fn key(&self, key: &str) -> anyhow::Result<String> {
        let key = format!("{}{key}", self.prefix);
        names::check_length(&key)?;
        Ok(key)
    }

    fn uri(&self, key: &str) -> String {
        format!("s3://{}/{}{key}", self.name, self.prefix)
    }

    async fn get(&self, key: &str) -> anyhow::Result<Option<(Bytes, String)>> {
        let answer = self.wire.send(&Call::new(Method::GET, self.key(key)?)).await?;
        Ok(self.is_there(key, &answer)?.then(|| (answer.body.clone(), answer.header("etag").to_owned())))
    }

    async fn manifest(&self, work: &mut Work) -> anyhow::Result<()> {
        let mut incoming = work.incoming();
        let answer = self.wire.send_into(&Call::new(Method::GET, self.key(KEY)?), &mut incoming).await?;
        if self.is_there(KEY, &answer)? {
            return incoming.end(answer.header("etag").to_owned());
        }
        // Of one that was cut off, and then deleted.
        incoming.restart();
        Ok(())
    }

    /// Whether what was asked for is there.
    fn is_there(&self, key: &str, answer: &Answer) -> anyhow::Result<bool> {
        match answer.refusal() {
            None => Ok(true),
            Some(refusal) if refusal.code == "NoSuchKey" => Ok(false),
            Some(refusal) => {
                Err(self.explain(answer, &refusal)).with_context(|| format!("cannot read `{}`", self.uri(key)))
            }
        }
    }

    async fn list(&self, work: &mut Work) -> anyhow::Result<()> {
        let mut token = None;
        loop {
            let start =
                token.map_or_else(String::new, |token: String| format!("continuation-token={}&", encode_value(&token)));
            let query = format!("{start}encoding-type=url&list-type=2&prefix={}", encode_value(&self.prefix));
            let answer = self.wire.send(&Call::new(Method::GET, "").query(query)).await?;
            let context = || format!("cannot list `{}`", self.uri(""));
            if let Some(refusal) = answer.refusal() {
                return Err(self.explain(&answer, &refusal)).with_context(context);
            }
            let page = xml::page(&answer.body).with_context(context)?;
            for (key, etag) in &page.objects {
                work.object(key.strip_prefix(self.prefix.as_ref()).unwrap_or(key), etag);
            }
            token = page.next;
            if token.is_none() {
                return Ok(());
            }
        }
    }

    /// Asks objects what they are: the price of a lost manifest, and less than sending them again.
    async fn describe(&self, work: &mut Work) -> anyhow::Result<()> {
        let mut asking = JoinSet::new();
        let mut unasked = work.undescribed().into_iter();
        loop {
            while asking.len() < ASKED {
                let Some(at) = unasked.next() else { break };
                let (bucket, key) = (self.clone(), work.files().at(at).key.to_owned());
                asking.spawn(async move { bucket.head(&key).await.map(|found| (at, found)) });
            }
            let Some(asked) = asking.join_next().await else { return Ok(()) };
            if let (at, Some((digest, headers, _))) = asked.context("a request was cut off")?? {
                work.describe(at, digest, headers)?;
            }
        }
    }

    async fn head(&self, key: &str) -> anyhow::Result<Option<(Option<Digest>, Headers, String)>> {
        let call = Call::new(Method::HEAD, self.key(key)?).header("x-amz-checksum-mode", "ENABLED");
        let answer = self.wire.send(&call).await?;
        if answer.status == http::StatusCode::NOT_FOUND {
            return Ok(None);
        }
        if let Some(refusal) = answer.refusal() {
            return Err(self.explain(&answer, &refusal)).with_context(|| format!("cannot read `{}`", self.uri(key)));
        }
        let value = |name: &str| answer.header(name).to_owned();
        let headers = Headers {
            content_type: value("content-type"),
            cache_control: value("cache-control"),
            content_encoding: value("content-encoding"),
            content_disposition: value("content-disposition"),
        };
        Ok(Some((Digest::from_base64(answer.header("x-amz-checksum-sha256")), headers, value("etag"))))
    }

    async fn put_whole(
        &self,
        key: &str,
        headers: &Headers,
        when: &When,
        body: Payload,
    ) -> anyhow::Result<Option<Stored>> {
        let digest = body.digest();
        let call = conditional(described(Call::new(Method::PUT, self.key(key)?), headers), when)
            .header("x-amz-checksum-sha256", digest.base64())
            .body(body);
        let answer = self.wire.send(&call).await?;
        let Some(refusal) = answer.refusal() else {
            return Ok(Some(Stored { etag: answer.header("etag").to_owned(), digest }));
        };
        if *when == When::Always || !is_lost(&refusal.code) {
            return Err(self.explain(&answer, &refusal)).with_context(|| format!("cannot write `{}`", self.uri(key)));
        }
        if !answer.repeated {
            return Ok(None);
        }
        // A put whose answer got lost is repeated and then meets itself.
        let found = self.get(key).await?;
        Ok(found.filter(|(found, _)| Digest::of(found) == digest).map(|(_, etag)| Stored { etag, digest }))
    }

    async fn delete_batch(&self, keys: &[String]) -> anyhow::Result<()> {
        let mut xml = "<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Quiet>true</Quiet>".to_owned();
        for key in keys {
            xml.push_str("<Object><Key>");
            xml.push_str(&xml::escape(&self.key(key)?));
            xml.push_str("</Key></Object>");
        }
        xml.push_str("</Delete>");
        let digest = Digest::of(xml.as_bytes());
        let call = Call::new(Method::POST, "").query("delete=").header("x-amz-checksum-sha256", digest.base64());
        let call = call.header("content-type", "application/xml").body(Payload::Bytes(xml.into(), digest));
        let answer = self.wire.send(&call).await?;
        let context = || format!("cannot delete from `{}`", self.uri(""));
        if let Some(refusal) = answer.refusal() {
            return Err(self.explain(&answer, &refusal)).with_context(context);
        }
        // The call itself succeeds although S3 keeps keys.
        let kept = xml::refusals(&answer.body).with_context(context)?;
        let Some(first) = kept.first() else { return Ok(()) };
        let more = match kept.len() {
            1 => String::new(),
            count => format!(", and {} more", count - 1),
        };
        Err(anyhow::anyhow!("`{}`: {}: {}{more}", first.key, first.code, first.message)).with_context(context)
    }

    fn explain(&self, answer: &Answer, refusal: &xml::Refusal) -> anyhow::Error {
        let problem =
            Problem::failed(format!("{}: {}", refusal.code, refusal.message).trim_end_matches(": ").to_owned());
        let region = answer.header("x-amz-bucket-region");
        match refusal.code.as_str() {
            "NoSuchBucket" => problem.hint(format!("is `{}` the bucket's name?", self.name)),
            "PermanentRedirect" | "AuthorizationHeaderMalformed" if !region.is_empty() => {
                problem.hint(format!("the bucket is in {region}: --region {region}"))
            }
            "AccessDenied" => problem
                .hint("who signs needs s3:ListBucket, s3:GetObject, s3:PutObject and, to delete, s3:DeleteObject"),
            "RequestTimeTooSkewed" => problem.hint("set this machine's clock"),
            "ExpiredToken" | "InvalidAccessKeyId" | "SignatureDoesNotMatch" => {
                problem.hint("aws sso login, or set AWS_PROFILE")
            }
            _ => problem,
        }
        .into()
    }
}

/// Looks at the bucket, and reads the files that may have changed while the list is still coming. Boxed, as `apply` is: so it is
/// compiled with this package, optimised, and not with whoever calls it.
#[must_use]
pub fn observe(bucket: &Bucket, files: Files) -> Boxed<'_, Work> {
    Box::pin(crate::observe(bucket, files))
}

/// Brings the bucket to the plan's end, and notes in `work` what was put. Stopped anywhere, the next run's plan goes on from there.
pub fn apply<'a>(
    bucket: &'a Bucket,
    work: &'a mut Work,
    plan: &'a Plan,
    options: &'a Options,
    progress: &'a Progress,
) -> Boxed<'a, Applied> {
    Box::pin(apply::apply(bucket, work, plan, options, progress))
}

/// A call with an object's headers.
fn described(call: Call, headers: &Headers) -> Call {
    call.header("content-type", &headers.content_type)
        .header("cache-control", &headers.cache_control)
        .header("content-encoding", &headers.content_encoding)
        .header("content-disposition", &headers.content_disposition)
}

fn conditional(call: Call, when: &When) -> Call {
    match when {
        When::Always => call,
        When::Absent => call.header("if-none-match", "*"),
        When::Etag(etag) => call.header("if-match", etag),
    }
}

/// Lost to another writer: before us, beside us, or one that deleted the object (S3 User Guide, "Conditional writes").
fn is_lost(code: &str) -> bool {
    matches!(code, "PreconditionFailed" | "ConditionalRequestConflict" | "NoSuchKey" | "NotFound")
}

impl Sink for Incoming<'_> {
    fn begin(&mut self) {
        self.restart();
    }

    fn take(&mut self, bytes: &[u8]) {
        self.read(bytes);
    }
}

impl Store for Bucket {
    async fn observe(&self, work: &mut Work) -> anyhow::Result<()> {
        self.manifest(work).await?;
        self.list(work).await?;
        self.describe(work).await
    }

    fn window(&self) -> usize {
        self.wire.at_a_time() + WAITING
    }

    async fn put(&self, object: Object, when: When) -> anyhow::Result<Option<Stored>> {
        match object.body {
            Body::Bytes(bytes, digest) => {
                self.put_whole(&object.key, &object.headers, &when, Payload::Bytes(bytes, digest)).await
            }
            Body::Pieces(pieces) => self.put_whole(&object.key, &object.headers, &when, Payload::Pieces(pieces)).await,
            Body::File(path, size, planned) => {
                let upload = multipart::Upload { key: &object.key, path: &path, size, planned };
                multipart::put(self, &object.headers, &when, &upload).await
            }
        }
    }

    async fn delete(&self, keys: &[String]) -> anyhow::Result<()> {
        for batch in keys.chunks(DELETE_BATCH) {
            self.delete_batch(batch).await?;
        }
        Ok(())
    }

    async fn invalidate(&self, paths: &[String]) -> anyhow::Result<()> {
        match &self.cdn {
            Some(cdn) => cdn.forget(paths).await,
            None => Ok(()),
        }
    }
}
