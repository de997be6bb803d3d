//! Where a backup lies: a folder of this machine, or a prefix of a bucket.

use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::Context;
use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;

use crate::aws::{buckets, explain};
use crate::error::Problem;
use crate::files;

/// How a folder is named.
const USAGE: &str = "cargo xtask destroy --backup <folder>";

/// A place; file names in it have slashes.
#[derive(Clone, Debug)]
pub enum Place {
    /// A folder, made where it is not there.
    Folder(PathBuf),
    /// A bucket and a prefix, which is empty or ends with a slash.
    Bucket(Client, String, String),
}

impl Place {
    /// A folder's path, or `s3://bucket/prefix`, which the environment's credentials must reach.
    ///
    /// # Errors
    /// Where an S3 address has no bucket.
    pub fn parse(text: &str, client: &Client) -> Result<Self, Problem> {
        let Some(rest) = text.strip_prefix("s3://") else { return Ok(Self::Folder(PathBuf::from(text))) };
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        if bucket.is_empty() {
            return Err(
                Problem::usage(format!("`{text}` names no bucket")).hint("such as `s3://backups/dev-2026-01-01`")
            );
        }
        let prefix = prefix.trim_end_matches('/');
        let prefix = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
        Ok(Self::Bucket(client.clone(), bucket.to_owned(), prefix))
    }

    /// A file's bytes; `None` where there is none.
    pub(super) async fn get(&self, name: &str) -> anyhow::Result<Option<Vec<u8>>> {
        match self {
            Self::Folder(folder) => match tokio::fs::read(folder.join(name)).await {
                Ok(bytes) => Ok(Some(bytes)),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
                Err(error) => Err(error).with_context(|| format!("cannot read `{}`", folder.join(name).display())),
            },
            Self::Bucket(client, bucket, prefix) => {
                Ok(buckets::get(client, bucket, &format!("{prefix}{name}")).await?.map(|(bytes, _)| bytes))
            }
        }
    }

    /// Writes a file at once: it is there as a whole or not at all.
    pub(super) async fn put(&self, name: &str, bytes: Vec<u8>) -> anyhow::Result<()> {
        match self {
            Self::Folder(folder) => {
                let file = self.temporary(name)?;
                let written = tokio::fs::write(file.path(), bytes).await;
                written.with_context(|| format!("cannot write `{}`", folder.join(name).display()))?;
                persist(file, &folder.join(name))
            }
            Self::Bucket(..) => self.upload(name, ByteStream::from(bytes)).await,
        }
    }

    /// The same of a file, which is moved where that is possible.
    pub(super) async fn put_file(&self, name: &str, file: tempfile::NamedTempFile) -> anyhow::Result<()> {
        match self {
            Self::Folder(folder) => persist(file, &folder.join(name)),
            Self::Bucket(..) => self.upload(name, ByteStream::from_path(file.path()).await?).await,
        }
    }

    /// A file to write into, beside where it will lie.
    pub(super) fn temporary(&self, name: &str) -> anyhow::Result<tempfile::NamedTempFile> {
        Ok(match self {
            Self::Folder(_) => {
                let parent = self.parent(name)?;
                let made = tempfile::NamedTempFile::new_in(&parent);
                made.map_err(|error| files::unwritable(&parent, &error, USAGE))?
            }
            Self::Bucket(..) => tempfile::NamedTempFile::new()?,
        })
    }

    /// A file's bytes as a stream.
    pub(super) async fn stream(&self, name: &str) -> anyhow::Result<ByteStream> {
        match self {
            Self::Folder(folder) => {
                let path = folder.join(name);
                ByteStream::from_path(&path).await.with_context(|| format!("cannot read `{}`", path.display()))
            }
            Self::Bucket(client, bucket, prefix) => {
                let call = client.get_object().bucket(bucket).key(format!("{prefix}{name}"));
                let answer = call.send().await.map_err(explain);
                Ok(answer.with_context(|| format!("cannot read `s3://{bucket}/{prefix}{name}`"))?.body)
            }
        }
    }

    async fn upload(&self, name: &str, body: ByteStream) -> anyhow::Result<()> {
        let Self::Bucket(client, bucket, prefix) = self else { return Ok(()) };
        let call = client.put_object().bucket(bucket).key(format!("{prefix}{name}")).body(body);
        call.send().await.map_err(explain).with_context(|| format!("cannot write `s3://{bucket}/{prefix}{name}`"))?;
        Ok(())
    }

    fn parent(&self, name: &str) -> Result<PathBuf, Problem> {
        let Self::Folder(folder) = self else { return Ok(PathBuf::new()) };
        let file = folder.join(name);
        let parent = file.parent().unwrap_or(folder).to_owned();
        files::folder(&parent, USAGE)?;
        Ok(parent)
    }
}

fn persist(file: tempfile::NamedTempFile, to: &Path) -> anyhow::Result<()> {
    file.as_file().sync_all()?;
    file.persist(to).with_context(|| format!("cannot write `{}`", to.display()))?;
    Ok(())
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(folder) => write!(f, "`{}`", folder.display()),
            Self::Bucket(_, bucket, prefix) => write!(f, "`s3://{bucket}/{prefix}`"),
        }
    }
}
