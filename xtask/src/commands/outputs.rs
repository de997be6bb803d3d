//! `outputs`.
pub(super) async fn run(_args: crate::cli::OutputsArgs, _ctx: &super::Ctx) -> anyhow::Result<()> {
    Ok(())
}
