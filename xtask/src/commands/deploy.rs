//! `deploy`.
pub(super) async fn run(_args: crate::cli::DeployArgs, _ctx: &super::Ctx) -> anyhow::Result<()> {
    Ok(())
}
