//! Arguments of `sync`.

use std::path::PathBuf;

use clap::Args;

use super::EnvArgs;
use crate::config::Span;

/// Arguments of `sync`.
#[derive(Clone, Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own on the command line")]
pub struct SyncArgs {
    /// The folder, such as what a build has written.
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// Where it goes; the prefix is a folder, and is the sync's own.
    #[arg(value_name = "s3://BUCKET[/PREFIX]", value_parser = place)]
    pub to: Place,
    /// Whose AWS: the environment's region, credentials and account, or its emulator.
    #[command(flatten)]
    pub env: EnvArgs,
    /// Another S3 than the environment's, with the usual credentials.
    #[arg(long, value_name = "URL", conflicts_with_all = ["env", "branch"])]
    pub endpoint_url: Option<String>,
    /// The bucket's region, where it is not the environment's.
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,
    /// Delete what the folder no longer has, after the grace.
    #[arg(long)]
    pub delete: bool,
    /// How long a file outlives the last sync that wanted it, such as `2h`; `0` is not at all.
    #[arg(long, value_name = "TIME", default_value = "24h", value_parser = grace, requires = "delete")]
    pub grace: u64,
    /// Refuse to delete more than this in one sync, before anything is written.
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    pub max_delete: usize,
    /// A YAML list of rules: `{match, contentType, cacheControl, contentEncoding, contentDisposition, hashed, skip}`.
    #[arg(long, value_name = "FILE")]
    pub rules: Option<PathBuf>,
    /// Take in names that begin with a dot; without this, of these only `.well-known`.
    #[arg(long)]
    pub dotfiles: bool,
    /// Take in what links show that lead out of the folder.
    #[arg(long)]
    pub outside_links: bool,
    /// Whose the prefix is; another owner's is refused. Default: the app's name and the folder's place in the repository.
    #[arg(long, value_name = "NAME")]
    pub owner: Option<String>,
    /// Take the prefix over from another owner, or with objects that no sync has put there.
    #[arg(long)]
    pub adopt: bool,
    /// Tell this CloudFront distribution to forget what changed.
    #[arg(long, value_name = "ID")]
    pub distribution: Option<String>,
    /// Wait until every edge of the distribution has forgotten it.
    #[arg(long, requires = "distribution")]
    pub wait: bool,
    /// Show what would be done, and do nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Print the result as JSON on stdout.
    #[arg(long)]
    pub json: bool,
}

/// A bucket and a prefix in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The bucket's name.
    pub bucket: String,
    /// Without slashes around it; empty for the whole bucket.
    pub prefix: String,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let slash = if self.prefix.is_empty() { "" } else { "/" };
        write!(f, "s3://{}{slash}{}", self.bucket, self.prefix)
    }
}

fn place(text: &str) -> Result<Place, String> {
    let rest = text.strip_prefix("s3://").ok_or("expected `s3://bucket` or `s3://bucket/prefix`")?;
    let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    // Amazon S3 User Guide, "General purpose bucket naming rules".
    let plain = bucket.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-'));
    if !plain || !(3..=63).contains(&bucket.len()) {
        return Err(format!("`{bucket}` is no name of a bucket: 3 to 63 of a-z, 0-9, `.` and `-`"));
    }
    let prefix = prefix.trim_end_matches('/');
    if prefix.starts_with('/') || prefix.contains("//") || prefix.split('/').any(|part| matches!(part, "." | "..")) {
        return Err(format!("`{prefix}` is no prefix: expected folders such as `docs/v1`"));
    }
    Ok(Place { bucket: bucket.to_owned(), prefix: prefix.to_owned() })
}

/// Seconds.
fn grace(text: &str) -> Result<u64, String> {
    if text == "0" { Ok(0) } else { text.parse::<Span>().map(Span::seconds) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_bucket_and_perhaps_folders_in_it() {
        for (text, bucket, prefix) in
            [("s3://abc", "abc", ""), ("s3://abc/", "abc", ""), ("s3://a.b-c/d e/f/", "a.b-c", "d e/f")]
        {
            let found = place(text).unwrap();
            assert_eq!((found.bucket.as_str(), found.prefix.as_str()), (bucket, prefix));
        }
        for text in ["abc", "s3://", "s3://A_b", "s3://ab", "s3://abc//x", "s3://abc/x//y", "s3://abc/../x"] {
            place(text).unwrap_err();
        }
        assert_eq!(place("s3://abc/d/").unwrap().to_string(), "s3://abc/d");
    }

    #[test]
    fn a_grace_is_a_length_of_time_or_none() {
        assert_eq!((grace("0"), grace("90m")), (Ok(0), Ok(5_400)));
        grace("soon").unwrap_err();
    }
}
