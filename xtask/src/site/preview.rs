//! What a sync would do, and what it read to know that. Nothing is written.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use site_sync::{INDEX, Options, Reason, Work};

use super::build::Built;
use super::sync::{assemble, script};
use super::{files, place, settings, spec};
use crate::aws::Aws;
use crate::commands::Ctx;
use crate::config::{Config, OutputRef, Outputs};
use crate::plan::{is_unknown_text, unknown};

/// What happens to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum FileAction {
    /// It is new, or missing in the bucket.
    Add,
    /// Other bytes.
    Change,
    /// The same bytes under other headers.
    Headers,
    /// It is stale, and its grace is over.
    Delete,
}

/// A file that a sync touches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FileChange {
    /// Its key in the bucket.
    pub path: String,
    /// What happens.
    pub action: FileAction,
    /// Why.
    pub reason: String,
    /// Its new size in bytes, as far as that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
}

/// What a sync will do to a service's site.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SitePlan {
    /// The service.
    pub service: String,
    /// Files that change, by path.
    pub files: Vec<FileChange>,
    /// Files that are as they should be.
    pub unchanged: usize,
    /// Paths that the CDN is told to forget.
    pub invalidate: Vec<String>,
    /// An output without which the site is not synced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits_for: Option<String>,
}

impl SitePlan {
    /// A site that cannot be synced yet.
    #[must_use]
    pub fn waiting(service: &str, output: &str) -> Self {
        Self { service: service.to_owned(), waits_for: Some(output.to_owned()), ..Self::default() }
    }

    /// Whether a sync would write.
    #[must_use]
    pub fn changed(&self) -> bool {
        !self.files.is_empty() || !self.invalidate.is_empty()
    }
}

/// A site's plan and what it was made from.
#[derive(Debug)]
pub struct Preview {
    /// The plan.
    pub plan: SitePlan,
    found: String,
    work: Option<Work>,
}

impl Preview {
    /// A fingerprint of what the bucket held.
    #[must_use]
    pub fn found(&self) -> String {
        self.found.clone()
    }

    /// All that a sync needs that follows at once; none where there was no bucket yet, or where the files were not known.
    pub(super) fn into_work(self) -> Option<Work> {
        self.work
    }
}

/// Looks at the bucket, if there is one, and plans. Outputs may be unknown before the deploy.
pub async fn preview(
    ctx: &Ctx,
    aws: &Aws,
    config: &Config,
    service: &str,
    built: &Built,
    outputs: &Outputs,
) -> anyhow::Result<Preview> {
    let site = spec(config, service)?;
    let own = |output: &str| OutputRef { service: service.to_owned(), output: output.to_owned() };
    let name = settings::output(outputs, &own("BucketName"))?;
    let later =
        site.needs().filter_map(|to| outputs.get(&to.service)?.get(&to.output)).any(|value| is_unknown_text(value));
    let files = if later {
        let mut files = files::read(&built.folder, &place::rules(site)?)?;
        files.remove(INDEX);
        files
    } else {
        let script = script(ctx.reload.as_ref(), config);
        assemble(site, config, &built.folder, (outputs, script.as_ref()))?
    };
    let there = !is_unknown_text(name);
    let work = if there {
        site_sync::s3::observe(&place::bucket((aws, config), name, None).await?, files).await?
    } else {
        Work::new(files)
    };
    let plan = work_out(service, &work, &place::options(config, service))?;
    let plan = if later { with_index_later(plan, work.has_object(INDEX)) } else { plan };
    Ok(Preview { plan, found: work.found(), work: Some(work).filter(|_| there && !later) })
}

fn work_out(service: &str, work: &Work, options: &Options) -> anyhow::Result<SitePlan> {
    let planned = site_sync::plan(work, options, Timestamp::now())?;
    let mut changes = BTreeMap::new();
    for upload in &planned.uploads {
        let action = match upload.reason {
            Reason::New | Reason::Missing if !upload.replaces => FileAction::Add,
            Reason::Headers => FileAction::Headers,
            _ => FileAction::Change,
        };
        let file = work.file(upload);
        let (path, bytes) = (file.key.to_string(), Some(file.size));
        let change = FileChange { path: path.clone(), action, reason: upload.reason.to_string(), bytes };
        changes.insert(path, change);
    }
    for path in &planned.deletes {
        let reason = "stale for longer than its grace".to_owned();
        changes
            .insert(path.clone(), FileChange { path: path.clone(), action: FileAction::Delete, reason, bytes: None });
    }
    Ok(SitePlan {
        service: service.to_owned(),
        files: changes.into_values().collect(),
        unchanged: planned.unchanged,
        invalidate: planned.paths(work.files()),
        waits_for: None,
    })
}

/// `index.html` and the configuration that it names depend on outputs that only the deploy brings about.
fn with_index_later(mut plan: SitePlan, there: bool) -> SitePlan {
    plan.files.retain(|file| file.path != INDEX);
    let reason = "names what is known after the deploy".to_owned();
    let action = if there { FileAction::Change } else { FileAction::Add };
    let config = unknown("the site's configuration");
    plan.files.push(FileChange { path: config, action: FileAction::Add, reason: reason.clone(), bytes: None });
    plan.files.push(FileChange { path: INDEX.to_owned(), action, reason, bytes: None });
    let mut paths: Vec<String> = ["/", "/index.html"].map(str::to_owned).to_vec();
    paths.extend(plan.invalidate.iter().filter(|path| *path != "/" && *path != "/index.html").cloned());
    plan.invalidate = paths;
    plan
}
