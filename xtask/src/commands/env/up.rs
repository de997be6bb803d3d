//! `env up`: a deploy into a branch's environment, which is made where it is not there.

use super::super::{Ctx, deploy::finish};
use crate::cli::EnvUpArgs;
use crate::config::Previews;
use crate::deploy::{self, Manner, Source};
use crate::error::Problem;
use crate::preflight;
use crate::previews::Claim;

pub(super) async fn run(args: EnvUpArgs, ctx: &Ctx) -> anyhow::Result<()> {
    if let Some(ttl) = args.ttl.filter(|ttl| *ttl < Previews::SHORTEST) {
        let text = format!("`--ttl {ttl}` is less than {}: a first deploy may take that", Previews::SHORTEST);
        return Err(Problem::usage(text).hint("such as `--ttl 8h`").into());
    }
    if args.branch.is_empty() || args.owner.as_ref().is_some_and(String::is_empty) {
        return Err(Problem::usage("neither a branch nor an owner has an empty name")
            .hint("cargo xtask env up --help")
            .into());
    }
    let config = super::of_branch(ctx, &args.branch)?;
    preflight::lengths(&config)?;
    let source = Source::checkout(&config)?;
    let claim = Claim { branch: args.branch, owner: args.owner, ttl: args.ttl };
    let manner = Manner { claim: Some(claim), ..Manner::default() };
    let report = Box::pin(deploy::run_in(ctx, config, &[], source, manner)).await?;
    finish(ctx, &report, args.json)
}
