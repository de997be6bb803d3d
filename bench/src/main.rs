//! The benchmark. `cargo xtask bench functions` and `cargo xtask bench growth` build what it needs and start it.

mod canned;
mod case;
mod dynamodb;
mod environment;
mod figures;
mod growth;
mod http;
mod measure;
mod process;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use serde::Deserialize;

use crate::case::{Case, Programs};
use crate::measure::Measured;

/// What the deployer hands over.
#[derive(Debug, Deserialize)]
struct Setup {
    /// The zips that AWS would get.
    zips: Vec<Zip>,
    /// The interpreter that has `requirements.txt`.
    python: PathBuf,
    /// A folder of the benchmark's own.
    scratch: PathBuf,
}

#[derive(Debug, Deserialize)]
struct Zip {
    package: String,
    path: PathBuf,
    bytes: u64,
}

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => {
            tell("\nnot every target was kept");
            ExitCode::FAILURE
        }
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> anyhow::Result<bool> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [what, setup, only @ ..] = &args[..] else {
        bail!("usage: bench functions|growth <set-up as JSON> [function…]")
    };
    let setup: Setup = serde_json::from_str(&fs::read_to_string(setup)?).context("cannot read the set-up")?;
    match what.as_str() {
        "functions" => functions(&setup, only),
        "growth" => growth::run(&mut programs(&setup, String::new())?, tell),
        other => bail!("unknown benchmark `{other}`"),
    }
}

fn functions(setup: &Setup, only: &[String]) -> anyhow::Result<bool> {
    let cases = Case::all();
    if let Some(unknown) = only.iter().find(|name| !cases.iter().any(|case| case.name == *name)) {
        let known: Vec<&str> = cases.iter().map(|case| case.name).collect();
        bail!("no case `{unknown}`; there are `{}`", known.join("`, `"));
    }
    let aws = canned::start()?;
    let programs = programs(setup, format!("http://{}", aws.address))?;
    let mut all = Vec::new();
    for case in cases.into_iter().filter(|case| only.is_empty() || only.iter().any(|name| name == case.name)) {
        all.push(Measured::of(&case, &programs).with_context(|| format!("cannot measure {}", case.name))?);
    }
    let zips: Vec<(String, u64)> = setup.zips.iter().map(|zip| (zip.package.clone(), zip.bytes)).collect();
    let (verdict, kept) = figures::verdict(&all, &zips);
    tell(&figures::tables(&all));
    tell(&verdict);
    Ok(kept)
}

fn programs(setup: &Setup, endpoint: String) -> anyhow::Result<Programs> {
    let handlers = Path::new(env!("CARGO_MANIFEST_DIR")).join("baseline");
    Ok(Programs { binaries: unpack(setup)?, python: setup.python.clone(), handlers, endpoint })
}

/// Takes the binaries out of their zips: what is measured is what an environment of this machine's processor gets.
fn unpack(setup: &Setup) -> anyhow::Result<PathBuf> {
    let folder = setup.scratch.join("binaries");
    fs::create_dir_all(&folder)?;
    for one in &setup.zips {
        let file = fs::File::open(&one.path).with_context(|| format!("cannot read `{}`", one.path.display()))?;
        let mut archive = zip::ZipArchive::new(file)?;
        let path = folder.join(&one.package);
        let mut binary = fs::File::create(&path)?;
        let mut packed = archive.by_name("bootstrap").context("the zip has no `bootstrap`")?;
        std::io::copy(&mut packed, &mut binary)?;
        make_executable(&path)?;
    }
    Ok(folder)
}

fn make_executable(path: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    Ok(fs::set_permissions(path, fs::Permissions::from_mode(0o755))?)
}

/// The benchmark's results are its output.
fn tell(text: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}
