//! What an environment holds, out of it and into another one: tables item by item, buckets object by object, each part
//! with its SHA-256. Both ways go on where they were killed. Pure: `item`, `manifest`. `place` is a folder or a bucket.
//!
//! Users are in no backup: Cognito gives no passwords away. Sites are in none either: a deploy makes them.

mod item;
mod manifest;
mod objects;
mod place;
mod sources;
mod tables;

use anyhow::Context;
use jiff::Timestamp;

pub use manifest::{Manifest, Whole};
pub use place::Place;

use crate::aws::Aws;
use crate::config::Config;
use crate::error::Problem;
use crate::ui::Ui;
use manifest::{BEGUN, Begun, MANIFEST, Part};
use sources::Sources;

/// Writes everything that the environment holds to a place, or goes on with what was killed there.
///
/// # Errors
/// A place that holds another backup, or a whole one, is refused: nothing that was saved is ever written over.
pub async fn export(ui: &Ui, aws: &Aws, config: &Config, place: &Place) -> anyhow::Result<Manifest> {
    let begun = begin(config, place).await?;
    let sources = Sources::of(aws, config).await?;
    let mut manifest = Manifest::new(begun);
    for ((service, logical), name) in &sources.tables {
        let folder = format!("tables/{service}/{logical}");
        let parts = tables::export(aws, name, place, &folder).await?;
        manifest.tables.push(whole(ui, "table", (service, logical, name), parts));
    }
    for ((service, logical), name) in &sources.buckets {
        let folder = format!("buckets/{service}/{logical}");
        let parts = objects::export(&aws.s3, name, place, &folder).await?;
        manifest.buckets.push(whole(ui, "bucket", (service, logical, name), parts));
    }
    // Last: a place with a manifest holds all that it speaks of.
    place.put(MANIFEST, serde_json::to_vec_pretty(&manifest)?).await?;
    ui.step("Backed up", format!("{} to {}", manifest.told(), place));
    Ok(manifest)
}

fn whole(ui: &Ui, kind: &str, (service, logical, name): (&str, &str, &str), parts: Vec<Part>) -> Whole {
    let whole = Whole { service: service.into(), logical: logical.into(), name: name.into(), parts };
    ui.step("Saved", format!("{kind} {name}: {}", whole.count()));
    whole
}

async fn begin(config: &Config, place: &Place) -> anyhow::Result<Begun> {
    if let Some(bytes) = place.get(MANIFEST).await? {
        let manifest = Manifest::parse(&bytes)?;
        let text = format!("{place} holds the backup of `{}` of {:.0}", manifest.of.environment, manifest.of.at);
        let hint = "name another place; where that backup is the one that you want, leave `--backup` out";
        return Err(Problem::failed(text).hint(hint).into());
    }
    let fresh = Begun::now(config, Timestamp::now());
    if let Some(bytes) = place.get(BEGUN).await? {
        let begun: Begun =
            serde_json::from_slice(&bytes).with_context(|| format!("cannot read `{BEGUN}` in {place}"))?;
        begun.refuse(&fresh, &place.to_string())?;
        return Ok(begun);
    }
    place.put(BEGUN, serde_json::to_vec_pretty(&fresh)?).await?;
    Ok(fresh)
}

/// The manifest of a whole backup.
pub async fn read(place: &Place) -> anyhow::Result<Manifest> {
    let Some(bytes) = place.get(MANIFEST).await? else {
        let unfinished = place.get(BEGUN).await?.is_some();
        let text = if unfinished { "holds a backup that has not come to its end" } else { "holds no backup" };
        return Err(Problem::failed(format!("{place} {text}: there is no `{MANIFEST}`"))
            .hint("name the place that `destroy --backup` wrote to")
            .into());
    };
    Manifest::parse(&bytes)
}

/// Writes a backup into an environment that holds nothing else, and proves that it is all there.
///
/// # Errors
/// Before the first write where the environment lacks a table or a bucket, or holds what the backup does not.
pub async fn restore(ui: &Ui, aws: &Aws, config: &Config, place: &Place, manifest: &Manifest) -> anyhow::Result<()> {
    let sources = Sources::of(aws, config).await?;
    let mut tables = Vec::new();
    for whole in &manifest.tables {
        let name = sources.table(whole, &config.env.name)?;
        tables.push((name, tables::look(aws, name, place, whole).await?));
    }
    let mut buckets = Vec::new();
    for whole in &manifest.buckets {
        let name = sources.bucket(whole, &config.env.name)?;
        objects::refuse_strangers(&aws.s3, name, place, whole).await?;
        buckets.push((name, whole));
    }
    // Tables first: an object whose record is not there yet would be taken for one that nobody knows.
    for (name, wanted) in tables {
        let count = tables::import(aws, name, wanted).await?;
        ui.step("Restored", format!("table {name}: {count} items, each as it was"));
    }
    for (name, whole) in buckets {
        let count = objects::import(&aws.s3, name, place, whole).await?;
        ui.step("Restored", format!("bucket {name}: {count} objects, each as it was"));
    }
    Ok(())
}
