//! Buckets: what is in them, and out with it.

use anyhow::Context;
use aws_sdk_s3::Client;

use crate::aws::buckets::{self, Contents, DELETE_BATCH};
use crate::ui::Ui;

/// Pages that are counted before the question: enough to tell a toy from a treasure.
const COUNTED_PAGES: usize = 20;

/// What a bucket holds, and whether that is all of it; `None` where there is no such bucket.
pub(super) async fn count(client: &Client, bucket: &str) -> anyhow::Result<Option<(Contents, bool)>> {
    let (mut sum, mut from) = (Contents::default(), None);
    for _ in 0..COUNTED_PAGES {
        let Some(page) = buckets::versions(client, bucket, from).await? else { return Ok(None) };
        sum.versions += page.contents.versions;
        sum.objects += page.contents.objects;
        sum.bytes += page.contents.bytes;
        from = page.next;
        if from.is_none() {
            return Ok(Some((sum, true)));
        }
    }
    Ok(Some((sum, false)))
}

/// Deletes every version, delete marker and unfinished upload; how many versions and markers that were.
pub(super) async fn empty(ui: &Ui, client: &Client, bucket: &str) -> anyhow::Result<usize> {
    let spinner = ui.spinner(format!("{bucket}: emptying"));
    buckets::abort_uploads(client, bucket).await?;
    let mut deleted = 0;
    let mut before = Vec::new();
    // Always the first page: what was deleted is no longer there to be passed over.
    while let Some(page) = buckets::versions(client, bucket, None).await? {
        if page.ids.is_empty() {
            break;
        }
        anyhow::ensure!(page.ids != before, "`s3://{bucket}` keeps what was deleted from it: `{}`", page.ids[0].key());
        for batch in page.ids.chunks(DELETE_BATCH) {
            buckets::delete(client, bucket, batch.to_vec())
                .await
                .with_context(|| format!("cannot empty `{bucket}`"))?;
        }
        deleted += page.ids.len();
        spinner.set(format!("{bucket}: {deleted} versions deleted"));
        before = page.ids;
    }
    Ok(deleted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_s3::operation::abort_multipart_upload::AbortMultipartUploadOutput;
    use aws_sdk_s3::operation::delete_objects::DeleteObjectsOutput;
    use aws_sdk_s3::operation::list_multipart_uploads::ListMultipartUploadsOutput;
    use aws_sdk_s3::operation::list_object_versions::{ListObjectVersionsError, ListObjectVersionsOutput};
    use aws_sdk_s3::types::{DeleteMarkerEntry, Error, MultipartUpload, ObjectVersion};
    use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
    use aws_smithy_types::error::ErrorMetadata;

    use crate::ui::Mode;

    fn versions(count: usize) -> ListObjectVersionsOutput {
        let version = |n: usize| ObjectVersion::builder().key(format!("k{n}")).version_id("v").size(2).build();
        let next = (count == 1_000).then(|| "k999".to_owned());
        let page = ListObjectVersionsOutput::builder().set_versions(Some((0..count).map(version).collect()));
        page.is_truncated(next.is_some()).set_next_key_marker(next).build()
    }

    fn marker() -> ListObjectVersionsOutput {
        let marker = DeleteMarkerEntry::builder().key("k").version_id("m").build();
        ListObjectVersionsOutput::builder().delete_markers(marker).build()
    }

    fn run<T>(rules: &[&Rule], work: impl AsyncFnOnce(Client) -> T) -> T {
        let client = mock_client!(aws_sdk_s3, RuleMode::Sequential, rules);
        tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(work(client))
    }

    async fn emptied(client: Client) -> anyhow::Result<usize> {
        empty(&Ui::new(Mode::default()), &client, "demo").await
    }

    fn no_uploads() -> Rule {
        mock!(Client::list_multipart_uploads).then_output(|| ListMultipartUploadsOutput::builder().build())
    }

    #[test]
    fn versions_markers_and_unfinished_uploads_all_go() {
        let uploads = mock!(Client::list_multipart_uploads).then_output(|| {
            let upload = MultipartUpload::builder().key("big").upload_id("u").build();
            ListMultipartUploadsOutput::builder().uploads(upload).build()
        });
        let abort = mock!(Client::abort_multipart_upload)
            .match_requests(|call| call.key() == Some("big") && call.upload_id() == Some("u"))
            .then_output(|| AbortMultipartUploadOutput::builder().build());
        let first = mock!(Client::list_object_versions).then_output(|| versions(1_000));
        let full = mock!(Client::delete_objects)
            .match_requests(|call| call.delete().unwrap().objects().len() == 1_000)
            .then_output(|| DeleteObjectsOutput::builder().build());
        let second = mock!(Client::list_object_versions).then_output(marker);
        let rest = mock!(Client::delete_objects)
            .match_requests(|call| call.delete().unwrap().objects()[0].version_id() == Some("m"))
            .then_output(|| DeleteObjectsOutput::builder().build());
        let last = mock!(Client::list_object_versions).then_output(|| versions(0));
        assert_eq!(run(&[&uploads, &abort, &first, &full, &second, &rest, &last], emptied).unwrap(), 1_001);
        assert_eq!(abort.num_calls(), 1);
    }

    #[test]
    fn a_key_that_stays_is_an_error_though_the_call_succeeded() {
        let list = mock!(Client::list_object_versions).then_output(|| versions(1));
        let delete = mock!(Client::delete_objects).then_output(|| {
            let error = Error::builder().key("k0").code("AccessDenied").message("Access Denied").build();
            DeleteObjectsOutput::builder().errors(error).build()
        });
        let error = run(&[&no_uploads(), &list, &delete], emptied).unwrap_err();
        assert!(format!("{error:#}").contains("`k0`: AccessDenied"), "{error:#}");
    }

    #[test]
    fn a_bucket_that_only_pretends_to_delete_ends_the_loop() {
        let list = || mock!(Client::list_object_versions).then_output(|| versions(1));
        let delete = mock!(Client::delete_objects).then_output(|| DeleteObjectsOutput::builder().build());
        let error = run(&[&no_uploads(), &list(), &delete, &list()], emptied).unwrap_err();
        assert!(error.to_string().contains("keeps what was deleted"), "{error:#}");
    }

    #[test]
    fn a_bucket_that_has_gone_is_empty() {
        let list = mock!(Client::list_object_versions)
            .then_error(|| ListObjectVersionsError::generic(ErrorMetadata::builder().code("NoSuchBucket").build()));
        assert_eq!(run(&[&no_uploads(), &list], emptied).unwrap(), 0);
    }

    #[test]
    fn counting_adds_the_pages_up_and_stops_at_its_limit() {
        let pages = [1_000, 1].map(|n| mock!(Client::list_object_versions).then_output(move || versions(n)));
        let (sum, whole) = run(&[&pages[0], &pages[1]], async |client| count(&client, "demo").await).unwrap().unwrap();
        assert_eq!((sum.versions, sum.bytes, whole), (1_001, 2_002, true));
        let endless: Vec<Rule> =
            (0..COUNTED_PAGES).map(|_| mock!(Client::list_object_versions).then_output(|| versions(1_000))).collect();
        let rules: Vec<&Rule> = endless.iter().collect();
        let (sum, whole) = run(&rules, async |client| count(&client, "demo").await).unwrap().unwrap();
        assert_eq!((sum.versions, whole), (20_000, false));
    }
}
