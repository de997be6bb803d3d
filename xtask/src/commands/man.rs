//! `man`: a page for each command, as clap knows it.

use anyhow::Context;

use super::Ctx;
use crate::cli::{self, ManArgs};

pub(super) fn run(args: ManArgs, ctx: &Ctx) -> anyhow::Result<()> {
    let folder = args.dir.unwrap_or_else(|| ctx.target().join("man"));
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot create `{}`", folder.display()))?;
    // So named, `cargo help xtask` finds them as well as `man cargo-xtask` does.
    let command = cli::command().name("cargo-xtask").bin_name("cargo xtask");
    clap_mangen::generate_to(command, &folder).with_context(|| format!("cannot write to `{}`", folder.display()))?;
    ctx.ui.data(folder.display().to_string());
    Ok(())
}
