//! `doctor`.
pub(super) async fn run(_args: crate::cli::EnvArgs, _ctx: &super::Ctx) -> anyhow::Result<()> {
    Ok(())
}
