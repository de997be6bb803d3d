//! `test`.
pub(super) async fn run(_args: crate::cli::TestArgs, _ctx: &super::Ctx) -> anyhow::Result<()> {
    Ok(())
}
