//! `render`: writes the templates that a deploy would send, but for the keys, which only AWS knows.

use super::Ctx;
use crate::cli::RenderArgs;
use crate::deploy::shared_stacks;
use crate::files;
use crate::iam;
use crate::render::Renderer;

/// How the folder is named.
const USAGE: &str = "cargo xtask render --out <folder>";

pub(super) fn run(args: &RenderArgs, ctx: &Ctx) -> anyhow::Result<()> {
    let config = ctx.config(&args.env)?;
    let renderer = Renderer::load(&ctx.root)?;
    let out = args.out.clone().unwrap_or_else(|| ctx.target().join("render").join(&config.env.name));
    files::folder(&out, USAGE)?;
    let mut templates = Vec::new();
    for (name, _) in shared_stacks(&config) {
        templates.push((name.to_owned(), renderer.bootstrap(&config, name)?));
    }
    for class in iam::classes(&config) {
        let role = iam::role(&config, &renderer, &class)?;
        templates.push((role.name.clone(), renderer.role(&config, &role)?));
    }
    for (service, spec) in &config.app.services {
        templates.push((service.clone(), renderer.offline(&config, service)?));
        if !spec.keys.is_empty() {
            let names = spec.keys.keys().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            ctx.ui.warn(format!(
                "{service}.yaml has two placeholders each for {names}: AWS was not asked, so this template is to read, not to deploy"
            ));
        }
    }
    for (name, text) in templates {
        let path = out.join(format!("{name}.yaml"));
        files::write(&path, text, USAGE)?;
        ctx.ui.data(path.display().to_string());
    }
    Ok(())
}
