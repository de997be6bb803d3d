//! The calls of S3 that syncs make, over HTTP, with a latency of choice. Signatures and payload hashes are checked by `s3s`.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use s3s::auth::SimpleAuth;
use s3s::dto::{
    AbortMultipartUploadInput, AbortMultipartUploadOutput, CompleteMultipartUploadInput, CompleteMultipartUploadOutput,
    CopyObjectInput, CopyObjectOutput, CopyObjectResult, CopySource, CreateMultipartUploadInput,
    CreateMultipartUploadOutput, DeleteObjectsInput, DeleteObjectsOutput, ETag, ETagCondition, GetObjectInput,
    GetObjectOutput, HeadBucketInput, HeadBucketOutput, HeadObjectInput, HeadObjectOutput, ListObjectsV2Input,
    ListObjectsV2Output, PutObjectInput, PutObjectOutput, StreamingBlob, UploadPartInput, UploadPartOutput,
};
use s3s::service::S3ServiceBuilder;
use s3s::{S3, S3Request, S3Response, S3Result, s3_error};

use crate::bucket::{About, Memory, Object, Upload, md5};

/// Access key and secret.
pub(crate) const KEYS: (&str, &str) = ("benchmark", "benchmark-secret");

/// A running server.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) url: String,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    memory: Memory,
    requests: AtomicU64,
    latency: AtomicU64,
}

#[derive(Clone, Debug)]
struct Service(Arc<Shared>);

impl Server {
    /// Binds a free port and serves until the process ends.
    pub(crate) async fn start() -> anyhow::Result<Self> {
        let shared = Arc::<Shared>::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let mut builder = S3ServiceBuilder::new(Service(Arc::clone(&shared)));
        builder.set_auth(SimpleAuth::from_single(KEYS.0, KEYS.1));
        let service = builder.build();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // A client that has gone meanwhile shows at the next read.
                let _ = stream.set_nodelay(true);
                let service = service.clone();
                tokio::spawn(async move {
                    // A connection's end is its client's business.
                    let _ = Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
        Ok(Self { url, shared })
    }

    /// How long each answer waits.
    pub(crate) fn set_latency(&self, latency: Duration) {
        self.shared.latency.store(u64::try_from(latency.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// Requests since the last time this was asked.
    pub(crate) fn take_requests(&self) -> u64 {
        self.shared.requests.swap(0, Ordering::Relaxed)
    }

    /// Empties a bucket, and makes it where it is not.
    pub(crate) fn empty(&self, bucket: &str) {
        self.shared.memory.lock().objects.insert(bucket.to_owned(), BTreeMap::default());
    }

    /// Takes a bucket away.
    pub(crate) fn remove(&self, bucket: &str) {
        self.shared.memory.lock().objects.remove(bucket);
    }

    /// The bytes of each object of a bucket but the sync's own, by key.
    pub(crate) fn contents(&self, bucket: &str) -> BTreeMap<String, Vec<u8>> {
        let state = self.shared.memory.lock();
        let objects = state.objects.get(bucket).into_iter().flatten().filter(|(key, _)| !key.starts_with(".site/"));
        objects.map(|(key, object)| (key.clone(), object.body.concat())).collect()
    }
}

impl Service {
    async fn begin(&self) {
        self.0.requests.fetch_add(1, Ordering::Relaxed);
        let latency = self.0.latency.load(Ordering::Relaxed);
        if latency > 0 {
            tokio::time::sleep(Duration::from_micros(latency)).await;
        }
    }

    fn find(&self, bucket: &str, key: &str) -> S3Result<Object> {
        let state = self.0.memory.lock();
        let Some(objects) = state.objects.get(bucket) else { return Err(s3_error!(NoSuchBucket)) };
        objects.get(key).cloned().ok_or_else(|| s3_error!(NoSuchKey))
    }

    fn keep(&self, bucket: &str, key: &str, object: Object) -> S3Result<()> {
        let mut state = self.0.memory.lock();
        let Some(objects) = state.objects.get_mut(bucket) else { return Err(s3_error!(NoSuchBucket)) };
        objects.insert(key.to_owned(), object);
        Ok(())
    }

    /// The conditions of a write.
    fn check(
        &self,
        bucket: &str,
        key: &str,
        wanted: Option<&ETagCondition>,
        unwanted: Option<&ETagCondition>,
    ) -> S3Result<()> {
        let found = self.find(bucket, key).ok().map(|object| object.etag);
        let holds = match (wanted, unwanted) {
            (Some(ETagCondition::ETag(etag)), _) => found.as_deref() == Some(etag.value()),
            (Some(ETagCondition::Any), _) => found.is_some(),
            (None, Some(_)) => found.is_none(),
            (None, None) => true,
        };
        if holds { Ok(()) } else { Err(s3_error!(PreconditionFailed)) }
    }
}

async fn collect(body: Option<StreamingBlob>, length: Option<i64>) -> S3Result<Bytes> {
    let Some(mut body) = body else { return Ok(Bytes::new()) };
    let mut all = BytesMut::with_capacity(length.and_then(|length| usize::try_from(length).ok()).unwrap_or_default());
    while let Some(chunk) = body.next().await {
        all.extend_from_slice(&chunk.map_err(|error| s3_error!(InvalidRequest, "the body: {error}"))?);
    }
    Ok(all.freeze())
}

#[async_trait::async_trait]
impl S3 for Service {
    async fn put_object(&self, req: S3Request<PutObjectInput>) -> S3Result<S3Response<PutObjectOutput>> {
        self.begin().await;
        let input = req.input;
        self.check(&input.bucket, &input.key, input.if_match.as_ref(), input.if_none_match.as_ref())?;
        let body = collect(input.body, input.content_length).await?;
        let about = About {
            content_type: input.content_type,
            cache_control: input.cache_control,
            content_encoding: input.content_encoding,
            content_disposition: input.content_disposition,
            metadata: input.metadata,
            sha256: input.checksum_sha256.clone(),
        };
        let object = Object::new(body, about);
        let etag = ETag::Strong(object.etag.clone());
        self.keep(&input.bucket, &input.key, object)?;
        let output =
            PutObjectOutput { e_tag: Some(etag), checksum_sha256: input.checksum_sha256, ..Default::default() };
        Ok(S3Response::new(output))
    }

    async fn get_object(&self, req: S3Request<GetObjectInput>) -> S3Result<S3Response<GetObjectOutput>> {
        self.begin().await;
        let object = self.find(&req.input.bucket, &req.input.key)?;
        let length = object.len();
        let stream = futures_util::stream::iter(object.body.into_iter().map(Ok::<_, std::io::Error>));
        let output = GetObjectOutput {
            body: Some(StreamingBlob::wrap(stream)),
            content_length: Some(length),
            content_type: object.about.content_type,
            e_tag: Some(ETag::Strong(object.etag)),
            last_modified: Some(object.modified.into()),
            metadata: object.about.metadata,
            ..Default::default()
        };
        Ok(S3Response::new(output))
    }

    async fn head_object(&self, req: S3Request<HeadObjectInput>) -> S3Result<S3Response<HeadObjectOutput>> {
        self.begin().await;
        let object = self.find(&req.input.bucket, &req.input.key)?;
        let output = HeadObjectOutput {
            content_length: Some(object.len()),
            content_type: object.about.content_type,
            cache_control: object.about.cache_control,
            content_encoding: object.about.content_encoding,
            content_disposition: object.about.content_disposition,
            checksum_sha256: object.about.sha256,
            e_tag: Some(ETag::Strong(object.etag)),
            last_modified: Some(object.modified.into()),
            metadata: object.about.metadata,
            ..Default::default()
        };
        Ok(S3Response::new(output))
    }

    async fn head_bucket(&self, req: S3Request<HeadBucketInput>) -> S3Result<S3Response<HeadBucketOutput>> {
        self.begin().await;
        let there = self.0.memory.lock().objects.contains_key(&req.input.bucket);
        if there { Ok(S3Response::new(HeadBucketOutput::default())) } else { Err(s3_error!(NoSuchBucket)) }
    }

    async fn list_objects_v2(&self, req: S3Request<ListObjectsV2Input>) -> S3Result<S3Response<ListObjectsV2Output>> {
        self.begin().await;
        let input = req.input;
        let most = usize::try_from(input.max_keys.unwrap_or(1_000)).unwrap_or(1_000).min(1_000);
        let after = input.continuation_token.clone().or(input.start_after).unwrap_or_default();
        let prefix = input.prefix.clone().unwrap_or_default();
        let state = self.0.memory.lock();
        let Some(objects) = state.objects.get(&input.bucket) else { return Err(s3_error!(NoSuchBucket)) };
        let from = if after.is_empty() { std::ops::Bound::Unbounded } else { std::ops::Bound::Excluded(after) };
        let mut found = objects.range((from, std::ops::Bound::Unbounded)).filter(|(key, _)| key.starts_with(&prefix));
        let contents: Vec<_> = found
            .by_ref()
            .take(most)
            .map(|(key, object)| s3s::dto::Object {
                key: Some(key.clone()),
                e_tag: Some(ETag::Strong(object.etag.clone())),
                size: Some(object.len()),
                last_modified: Some(object.modified.into()),
                ..Default::default()
            })
            .collect();
        let more = found.next().is_some();
        let output = ListObjectsV2Output {
            key_count: i32::try_from(contents.len()).ok(),
            next_continuation_token: contents.last().filter(|_| more).and_then(|last| last.key.clone()),
            is_truncated: Some(more),
            contents: Some(contents),
            name: Some(input.bucket),
            prefix: Some(prefix),
            max_keys: Some(1_000),
            ..Default::default()
        };
        Ok(S3Response::new(output))
    }

    async fn copy_object(&self, req: S3Request<CopyObjectInput>) -> S3Result<S3Response<CopyObjectOutput>> {
        self.begin().await;
        let input = req.input;
        let CopySource::Bucket { bucket, key, .. } = &input.copy_source else { return Err(s3_error!(NotImplemented)) };
        let mut object = self.find(bucket, key)?;
        object.about.metadata = input.metadata.or(object.about.metadata);
        object.modified = std::time::SystemTime::now();
        let result = CopyObjectResult {
            e_tag: Some(ETag::Strong(object.etag.clone())),
            last_modified: Some(object.modified.into()),
            ..Default::default()
        };
        self.keep(&input.bucket, &input.key, object)?;
        Ok(S3Response::new(CopyObjectOutput { copy_object_result: Some(result), ..Default::default() }))
    }

    async fn create_multipart_upload(
        &self,
        req: S3Request<CreateMultipartUploadInput>,
    ) -> S3Result<S3Response<CreateMultipartUploadOutput>> {
        self.begin().await;
        let input = req.input;
        let mut state = self.0.memory.lock();
        state.begun += 1;
        let id = format!("upload-{}", state.begun);
        let about = About {
            content_type: input.content_type,
            cache_control: input.cache_control,
            content_encoding: input.content_encoding,
            content_disposition: input.content_disposition,
            metadata: input.metadata,
            sha256: None,
        };
        state.uploads.insert(id.clone(), Upload { about, ..Upload::default() });
        let output = CreateMultipartUploadOutput {
            bucket: Some(input.bucket),
            key: Some(input.key),
            upload_id: Some(id),
            ..Default::default()
        };
        Ok(S3Response::new(output))
    }

    async fn upload_part(&self, req: S3Request<UploadPartInput>) -> S3Result<S3Response<UploadPartOutput>> {
        self.begin().await;
        let input = req.input;
        let body = collect(input.body, input.content_length).await?;
        let digest = md5(&body);
        let mut state = self.0.memory.lock();
        let Some(upload) = state.uploads.get_mut(&input.upload_id) else { return Err(s3_error!(NoSuchUpload)) };
        upload.parts.insert(input.part_number, (body, digest));
        let e_tag = Some(ETag::Strong(hex::encode(digest)));
        let output = UploadPartOutput { e_tag, checksum_sha256: input.checksum_sha256, ..Default::default() };
        Ok(S3Response::new(output))
    }

    async fn complete_multipart_upload(
        &self,
        req: S3Request<CompleteMultipartUploadInput>,
    ) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
        self.begin().await;
        let input = req.input;
        self.check(&input.bucket, &input.key, input.if_match.as_ref(), input.if_none_match.as_ref())?;
        let upload = self.0.memory.lock().uploads.remove(&input.upload_id);
        let Some(upload) = upload else { return Err(s3_error!(NoSuchUpload)) };
        let about = About { sha256: input.checksum_sha256, ..upload.about.clone() };
        let object = Object::of_parts(upload, about);
        let etag = ETag::Strong(object.etag.clone());
        self.keep(&input.bucket, &input.key, object)?;
        let output = CompleteMultipartUploadOutput {
            bucket: Some(input.bucket),
            key: Some(input.key),
            e_tag: Some(etag),
            ..Default::default()
        };
        Ok(S3Response::new(output))
    }

    async fn abort_multipart_upload(
        &self,
        req: S3Request<AbortMultipartUploadInput>,
    ) -> S3Result<S3Response<AbortMultipartUploadOutput>> {
        self.begin().await;
        self.0.memory.lock().uploads.remove(&req.input.upload_id);
        Ok(S3Response::new(AbortMultipartUploadOutput::default()))
    }

    async fn delete_objects(&self, req: S3Request<DeleteObjectsInput>) -> S3Result<S3Response<DeleteObjectsOutput>> {
        self.begin().await;
        let mut state = self.0.memory.lock();
        let Some(objects) = state.objects.get_mut(&req.input.bucket) else { return Err(s3_error!(NoSuchBucket)) };
        for one in req.input.delete.objects {
            objects.remove(&one.key);
        }
        Ok(S3Response::new(DeleteObjectsOutput::default()))
    }
}
