//! `destroy`.
pub(super) async fn run(_args: crate::cli::ChangeArgs, _ctx: &super::Ctx) -> anyhow::Result<()> {
    Ok(())
}
