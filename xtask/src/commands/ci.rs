//! `ci generate|check|comment`: workflows from the configuration, and what they call beside the other commands.

use std::io::Read;
use std::path::Path;

use anyhow::Context;

use super::Ctx;
use crate::ci::{Comment, Written, apply, differences, workflows, write_comment};
use crate::cli::{CiCommand, CommentArgs};
use crate::error::Problem;

pub(super) fn run(command: CiCommand, ctx: &Ctx) -> anyhow::Result<()> {
    match command {
        CiCommand::Generate => generate(ctx),
        CiCommand::Check => check(ctx),
        CiCommand::Comment(args) => comment(args, ctx),
    }
}

fn generate(ctx: &Ctx) -> anyhow::Result<()> {
    let differences = differences(&ctx.root, &workflows(&ctx.root)?)?;
    apply(&ctx.root, &differences)?;
    for one in &differences {
        let verb = if one.wanted.is_some() { "Wrote" } else { "Removed" };
        ctx.ui.step(verb, &one.path);
    }
    if differences.is_empty() {
        ctx.ui.step("Finished", "every workflow is as it would be generated");
    }
    Ok(())
}

fn check(ctx: &Ctx) -> anyhow::Result<()> {
    let differences = differences(&ctx.root, &workflows(&ctx.root)?)?;
    if differences.is_empty() {
        return Ok(());
    }
    for one in &differences {
        ctx.ui.data(one.unified());
    }
    let paths: Vec<&str> = differences.iter().map(|one| one.path.as_str()).collect();
    Err(Problem::failed(format!("not as they would be generated: {}", paths.join(", ")))
        .hint("cargo xtask ci generate")
        .into())
}

fn comment(args: CommentArgs, ctx: &Ctx) -> anyhow::Result<()> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
    // Two hyphens would end the HTML comment that marks it.
    if args.key.is_empty() || !args.key.chars().all(plain) || args.key.contains("--") {
        let text = format!("`--key {}`: expected letters, digits and single `-`", args.key);
        return Err(Problem::usage(text).hint("such as `--key plan-dev`").into());
    }
    let given = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let repository = args.repository.or_else(|| given("GITHUB_REPOSITORY")).ok_or_else(|| {
        Problem::usage("whose pull request? neither `--repository` nor `GITHUB_REPOSITORY` is given")
            .hint("pass `--repository owner/name`")
    })?;
    let token = given("GITHUB_TOKEN").ok_or_else(|| {
        Problem::usage("`GITHUB_TOKEN` is not set")
            .hint("in a workflow: `env: GITHUB_TOKEN: ${{ github.token }}`; elsewhere a token that may write to pull requests")
    })?;
    let api = args.api.or_else(|| given("GITHUB_API_URL")).unwrap_or_else(|| "https://api.github.com".to_owned());
    let text = read(&args.file)?;
    let number = args.pull_request;
    let api = api.trim_end_matches('/').to_owned();
    let comment = Comment { api, repository, number, key: args.key, token };
    let verb = match write_comment(&comment, &text)? {
        Written::Added => "Added",
        Written::Updated => "Updated",
        Written::Unchanged => "Unchanged",
    };
    ctx.ui.step(verb, format!("the comment `{}` of {}#{number}", comment.key, comment.repository));
    Ok(())
}

fn read(file: &Path) -> anyhow::Result<String> {
    if file == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).context("cannot read stdin as text")?;
        return Ok(text);
    }
    std::fs::read_to_string(file).with_context(|| format!("cannot read `{}`", file.display()))
}
