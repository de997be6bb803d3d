//! `plan`: what a deploy would do. The same code as a deploy's, stopped before it applies.

use super::Ctx;
use crate::aws::Aws;
use crate::cli::PlanArgs;
use crate::deploy::{Source, World, scope};
use crate::error::Exit;
use crate::{local, plan, previews};

pub(super) async fn run(args: PlanArgs, ctx: &Ctx) -> anyhow::Result<Exit> {
    let mut config = ctx.config(&args.env)?;
    scope::known(&config.app, &args.service)?;
    local::ready(ctx, &config).await?;
    let aws = Aws::connect(&config.env).await;
    let identity = aws.identify(&config.env).await?;
    previews::open(&previews::Store::of(&aws.s3, &config), &mut config, None, &identity.arn).await?;
    let source = Source::checkout(&config)?;
    let world = World::look(&aws, &config).await?;
    let facts = plan::Facts {
        aws: &aws,
        identity: &identity,
        config: &config,
        source: &source,
        asked: &args.service,
        world: &world,
    };
    let plan = plan::make(ctx, facts).await?.plan;
    if let Some(file) = &args.out {
        plan::write(&plan, file)?;
        ctx.ui
            .step("Wrote", format!("`{0}`: cargo xtask deploy --env {1} --plan {0}", file.display(), config.env.name));
    }
    ctx.ui.data(match (args.json, args.markdown) {
        (true, _) => plan.json()?,
        (_, true) => plan::markdown(&plan),
        _ => plan::text(&plan, ctx.ui.data_colour(), ctx.ui.asked_columns()),
    });
    Ok(if args.detailed_exitcode && plan.changed { Exit::Changes } else { Exit::Done })
}
