//! `render`: writes the templates that a deploy would send.

use anyhow::Context;

use super::Ctx;
use crate::cli::RenderArgs;
use crate::render::{BOOTSTRAP_ACCOUNT, BOOTSTRAP_REGION, Renderer};

pub(super) fn run(args: &RenderArgs, ctx: &Ctx) -> anyhow::Result<()> {
    let config = ctx.config(&args.env)?;
    let renderer = Renderer::load(&ctx.root)?;
    let out = args.out.clone().unwrap_or_else(|| ctx.target().join("render").join(&config.env.name));
    std::fs::create_dir_all(&out).with_context(|| format!("cannot create `{}`", out.display()))?;
    let mut templates = Vec::new();
    for name in [BOOTSTRAP_ACCOUNT, BOOTSTRAP_REGION] {
        templates.push((name.to_owned(), renderer.bootstrap(&config, name)?));
    }
    for service in config.app.services.keys() {
        templates.push((service.clone(), renderer.service(&config, service)?));
    }
    for (name, text) in templates {
        let path = out.join(format!("{name}.yaml"));
        std::fs::write(&path, text).with_context(|| format!("cannot write `{}`", path.display()))?;
        ctx.ui.data(path.display().to_string());
    }
    Ok(())
}
