//! `sync`: any folder to any prefix. Observe, plan, show, apply; nothing is asked, since deleting and taking over are asked
//! for by options of their own.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::Context;
use aws_config::{Region, SdkConfig};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use site_sync::s3::{Bucket, Cdn};
use site_sync::{Applied, Files, Kind, Options, Plan, Progress, Rule, Rules, Walk, Work};

use super::Ctx;
use crate::aws::{self, Aws, transfer};
use crate::build::megabytes;
use crate::cli::SyncArgs;
use crate::config::app_name;
use crate::error::Problem;
use crate::site::{Distribution, not_invalidated};
use crate::ui::meter;

/// The region of an S3 that has none, as its clones expect it.
const NO_REGION: &str = "us-east-1";
/// Files that are named one by one; `--json` names all.
const SHOWN: usize = 20;

pub(super) async fn run(args: SyncArgs, ctx: &Ctx) -> anyhow::Result<()> {
    let start = Instant::now();
    let rules = read_rules(args.rules.as_deref())?;
    let walk = Walk { dotfiles: args.dotfiles, outside_links: args.outside_links };
    let files = Files::walk(&args.folder, &rules, walk)?;
    tell(ctx, &files);
    let options = options(&args, ctx)?;
    let (sdk, account) = connect(&args, ctx).await?;
    let client = || aws_sdk_cloudfront::Client::new(&sdk);
    let distribution = args.distribution.as_deref().map(|id| Distribution::new(client(), id, &options.owner));
    let cdn = distribution.clone().map(|one| Arc::new(one) as Arc<dyn Cdn>);
    let endpoint = transfer::endpoint(&sdk, &args.to.bucket, account.as_deref()).await?;
    let bucket = Bucket::new(endpoint, &args.to.bucket, &args.to.prefix, cdn);
    let context = || format!("cannot sync `{}` to `{}`", args.folder.display(), args.to);
    let mut work = site_sync::s3::observe(&bucket, files).await.with_context(context)?;
    let plan = site_sync::plan(&work, &options, Timestamp::now()).with_context(context)?;
    show(ctx, &work, &plan);
    let applied = if args.dry_run {
        Applied::default()
    } else {
        let progress = Progress::default();
        let applying = site_sync::s3::apply(&bucket, &mut work, &plan, &options, &progress);
        meter::watch(&ctx.ui, "sync", &progress, applying).await.with_context(context)?
    };
    if let (Some(error), Some(distribution)) = (&applied.invalidation_error, &args.distribution) {
        ctx.ui.warn(not_invalidated(error, distribution, &applied.invalidated, "the next sync"));
    }
    if let Some(distribution) = distribution.filter(|_| args.wait) {
        distribution.wait(&ctx.ui).await;
    }
    finish(&args, ctx, (&work, &plan, &applied), start)
}

fn finish(
    args: &SyncArgs,
    ctx: &Ctx,
    (work, plan, applied): (&Work, &Plan, &Applied),
    start: Instant,
) -> anyhow::Result<()> {
    let bytes: u64 = plan.uploads.iter().map(|upload| work.file(upload).size).sum();
    if ctx.ui.json() {
        let uploads: BTreeMap<&str, String> =
            plan.uploads.iter().map(|upload| (work.file(upload).key, upload.reason.to_string())).collect();
        let result = json!({
            "to": args.to.to_string(),
            "dryRun": args.dry_run,
            "uploaded": uploads,
            "deleted": plan.deletes,
            "unchanged": plan.unchanged,
            "leftOut": work.files().left_out,
            "bytes": bytes,
            "invalidated": plan.paths(work.files()),
            "invalidationFailed": applied.invalidation_error.as_ref().map(|error| format!("{error:#}")),
        });
        ctx.ui.data(serde_json::to_string_pretty(&result)?);
    }
    let verb = if args.dry_run { "Planned" } else { "Synced" };
    let counts = format!(
        "{} of {} files ({:.2} MB) to {}, {} deleted, in {:.2} s",
        plan.uploads.len(),
        work.files().len(),
        megabytes(bytes),
        args.to,
        plan.deletes.len(),
        start.elapsed().as_secs_f64()
    );
    ctx.ui.step(verb, counts);
    Ok(())
}

fn tell(ctx: &Ctx, files: &Files) {
    for (one, other) in &files.alike {
        ctx.ui.warn(format!("`{one}` and `{other}` differ by case or Unicode form alone: links may mean either"));
    }
    if files.left_out > 0 {
        ctx.ui.say(format!("{} names left out, by rules or because of their dot", files.left_out));
    }
}

fn show(ctx: &Ctx, work: &Work, plan: &Plan) {
    for upload in plan.uploads.iter().take(SHOWN) {
        ctx.ui.step("Put", format!("{} ({})", work.file(upload).key, upload.reason));
    }
    for key in plan.deletes.iter().take(SHOWN) {
        ctx.ui.step("Delete", key);
    }
    let rest = plan.uploads.len().saturating_sub(SHOWN) + plan.deletes.len().saturating_sub(SHOWN);
    if rest > 0 {
        ctx.ui.say(format!("and {rest} more"));
    }
}

fn read_rules(file: Option<&Path>) -> anyhow::Result<Rules> {
    let Some(file) = file else { return Ok(Rules::default()) };
    let text = std::fs::read_to_string(file)
        .map_err(|error| Problem::usage(format!("cannot read the rules in `{}`: {error}", file.display())))?;
    let rules: Vec<Rule> = serde_yaml::from_str(&text).map_err(|error| {
        Problem::usage(format!("`{}`: {error}", file.display()))
            .hint("a list such as `- {match: \"**/*.wasm\", cacheControl: no-cache}`; docs/sync.md has all of it")
    })?;
    Rules::new(Kind::Folder, rules).with_context(|| format!("in `{}`", file.display()))
}

fn options(args: &SyncArgs, ctx: &Ctx) -> anyhow::Result<Options> {
    let owner = match &args.owner {
        Some(owner) => owner.clone(),
        None => owner(ctx, &args.folder)?,
    };
    let grace = i64::try_from(args.grace).context("the grace is longer than time itself")?;
    let delete = args.delete.then(|| SignedDuration::from_secs(grace));
    let cdn = args.distribution.is_some();
    Ok(Options { owner, adopt: args.adopt, delete, max_delete: args.max_delete, cdn })
}

/// The same in every clone: where the folder is in the repository, else what it is called.
fn owner(ctx: &Ctx, folder: &Path) -> anyhow::Result<String> {
    let real = folder.canonicalize().with_context(|| format!("cannot read `{}`", folder.display()))?;
    let root = ctx.root.canonicalize()?;
    let place = real.strip_prefix(&root).unwrap_or_else(|_| real.file_name().unwrap_or_default().as_ref());
    Ok(format!("{}:{}", app_name(&ctx.root)?, place.to_string_lossy()))
}

/// Where S3 is, and whose account the bucket must be of.
async fn connect(args: &SyncArgs, ctx: &Ctx) -> anyhow::Result<(SdkConfig, Option<String>)> {
    let region = args.region.clone();
    if let Some(url) = &args.endpoint_url {
        let region = region.or_else(|| std::env::var("AWS_REGION").ok()).unwrap_or_else(|| NO_REGION.to_owned());
        return Ok((aws::elsewhere(&region, url), None));
    }
    let config = ctx.config(&args.env)?;
    let account = config.env.endpoint().is_none().then(|| config.env.account().to_owned());
    let aws = Aws::connect(&config.env).await;
    if account.is_some() {
        aws.identify(&config.env).await?;
    }
    let sdk = match region {
        Some(region) => aws.sdk.into_builder().region(Region::new(region)).build(),
        None => aws.sdk,
    };
    Ok((sdk, account))
}
