//! A release's objects on their way into another environment's artifact bucket: read and checked before a person is asked,
//! written after.

use std::collections::BTreeMap;

use super::archive;
use super::parts::{self, Origin};
use super::record::Object;
use crate::aws::{Aws, buckets, objects};
use crate::deploy::Part;
use crate::digest::sha256;
use crate::error::Problem;
use crate::releases::show;
use crate::ui::Ui;

/// An object that the target's bucket lacks.
#[derive(Debug)]
pub struct Brought {
    service: String,
    /// Where it goes.
    pub key: String,
    sha256: String,
    toolchain: String,
    bytes: Vec<u8>,
}

/// Reads and checks every byte of the parts, and looks for it in the target's bucket. What lies there under a key with other
/// bytes (code of another build of the same sources) stays: the release's gets a key of its own, in its record too.
pub async fn read(
    origin: &Origin<'_>,
    target: &Aws,
    parts: &mut BTreeMap<String, Part>,
) -> anyhow::Result<Vec<Brought>> {
    let bucket = origin.target.artifact_bucket();
    let mut brought: Vec<Brought> = Vec::new();
    for (service, part) in parts {
        let mut all = Vec::new();
        if let Some(site) = &mut part.record.site {
            let bytes = parts::get(origin.aws, &origin.bucket, service, &site.archive).await?;
            all.push((&mut site.archive, bytes, String::new()));
        }
        let sources = archive::pack(&archive::read(&part.config.root)?)?;
        all.push((&mut part.record.sources, sources, String::new()));
        if let Some(code) = &mut part.record.code {
            let bytes = parts::get(origin.aws, &origin.bucket, service, &code.zip).await?;
            all.push((&mut code.zip, bytes, code.toolchain.clone()));
        }
        for (object, bytes, toolchain) in all {
            if let Some((there, _)) = buckets::get(&target.s3, &bucket, &object.key).await? {
                if sha256(there) == object.sha256 {
                    continue;
                }
                object.key = beside(object);
            }
            let (key, sha256) = (object.key.clone(), object.sha256.clone());
            if brought.iter().all(|one| one.key != key) {
                brought.push(Brought { service: service.clone(), key, sha256, toolchain, bytes });
            }
        }
        if let (Some(artifact), Some(code)) = (&mut part.artifact, &part.record.code) {
            artifact.key.clone_from(&code.zip.key);
        }
    }
    Ok(brought)
}

/// A key of its own, beside one that is taken.
fn beside(object: &Object) -> String {
    let stem = object.key.strip_suffix(".zip").unwrap_or(&object.key);
    format!("{stem}-{}.zip", object.sha256.get(..12).unwrap_or(&object.sha256))
}

/// Writes them. What somebody else wrote there meanwhile must be the very same bytes.
pub async fn write(ui: &Ui, aws: &Aws, bucket: &str, all: &[Brought]) -> anyhow::Result<()> {
    for one in all {
        let bytes = (one.bytes.clone(), one.sha256.as_str());
        if !objects::put_absent(&aws.s3, (bucket, &one.key), bytes, &[("toolchain", &one.toolchain)]).await? {
            let there = buckets::get(&aws.s3, bucket, &one.key).await?;
            if there.is_none_or(|(bytes, _)| sha256(bytes) != one.sha256) {
                let text =
                    format!("`s3://{bucket}/{}` was written by somebody else meanwhile, with other bytes", one.key);
                return Err(Problem::failed(text).hint("run the same command again: it takes another key").into());
            }
        }
        ui.step("Copied", format!("{} {}", one.service, show::digest(&one.key)));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::ui::Mode;
    use aws_sdk_s3::Client;
    use aws_sdk_s3::operation::get_object::GetObjectOutput;
    use aws_sdk_s3::operation::put_object::PutObjectError;
    use aws_sdk_s3::primitives::ByteStream;
    use aws_smithy_mocks::{RuleMode, mock, mock_client};
    use aws_smithy_types::error::ErrorMetadata;

    /// What becomes of an object whose key another writer takes meanwhile, with these bytes.
    async fn met(there: &'static [u8]) -> anyhow::Result<()> {
        let put = mock!(Client::put_object)
            .then_error(|| PutObjectError::generic(ErrorMetadata::builder().code("PreconditionFailed").build()));
        let get = mock!(Client::get_object)
            .then_output(move || GetObjectOutput::builder().body(ByteStream::from_static(there)).build());
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let config = Config::load(&root, Some("local")).unwrap();
        let s3 = mock_client!(aws_sdk_s3, RuleMode::MatchAny, [&put, &get]);
        let aws = Aws { s3, ..Aws::connect(&config.env).await };
        let one = Brought {
            service: "orders".into(),
            key: "code/orders/1.zip".into(),
            sha256: sha256("ours"),
            toolchain: String::new(),
            bytes: b"ours".to_vec(),
        };
        write(&Ui::unattended(Mode::default()), &aws, "bucket", &[one]).await
    }

    #[tokio::test]
    async fn who_comes_second_takes_the_same_bytes_and_refuses_others() {
        met(b"ours").await.unwrap();
        let error = met(b"theirs").await.unwrap_err().to_string();
        assert!(error.contains("`s3://bucket/code/orders/1.zip` was written by somebody else"), "{error}");
    }

    #[test]
    fn a_key_beside_a_taken_one_tells_the_bytes() {
        let object = Object { key: "code/orders/1.zip".into(), sha256: sha256("abc") };
        assert_eq!(beside(&object), "code/orders/1-ba7816bf8f01.zip");
    }
}
