//! `man`: a page for each command, as clap knows it.

use super::Ctx;
use crate::cli::{self, ManArgs};
use crate::files;

/// How the folder is named.
const USAGE: &str = "cargo xtask man <folder>";

pub(super) fn run(args: ManArgs, ctx: &Ctx) -> anyhow::Result<()> {
    let folder = args.dir.unwrap_or_else(|| ctx.target().join("man"));
    files::folder(&folder, USAGE)?;
    // So named, `cargo help xtask` finds them as well as `man cargo-xtask` does.
    let command = cli::command().name("cargo-xtask").bin_name("cargo xtask");
    clap_mangen::generate_to(command, &folder).map_err(|error| files::unwritable(&folder, &error, USAGE))?;
    ctx.ui.data(folder.display().to_string());
    Ok(())
}
