//! `local`.
pub(super) async fn run(_args: crate::cli::LocalArgs, _ctx: &super::Ctx) -> anyhow::Result<()> {
    Ok(())
}
