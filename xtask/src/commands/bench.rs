//! `bench`.
pub(super) async fn run(_ctx: &super::Ctx) -> anyhow::Result<()> {
    Ok(())
}
