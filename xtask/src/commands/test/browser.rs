//! A browser for the tests: an installed Chromium or Chrome, else Playwright's, else Debian's.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::super::Ctx;
use super::runner::run;
use crate::error::Problem;

/// Names on `PATH`.
const NAMES: [&str; 5] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
/// Places that are on no `PATH`.
const PLACES: [&str; 2] = [
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

/// The browser's program; installs one where there is none.
pub(super) fn find(ctx: &Ctx, project: &Path) -> anyhow::Result<PathBuf> {
    if let Some(found) = installed().or_else(|| playwrights(project)) {
        return Ok(found);
    }
    ctx.ui.step("Installing", "a Chromium for the browser tests");
    let playwright = run(ctx, project, Command::new("npx").args(["playwright-core", "install", "chromium"]));
    if let (Ok(true), Some(found)) = (playwright.map(|ran| ran.success), playwrights(project)) {
        return Ok(found);
    }
    if Path::new("/usr/bin/apt-get").is_file() {
        for args in [&["update"][..], &["install", "--yes", "chromium"]] {
            let mut command = Command::new("apt-get");
            let ran = run(ctx, &ctx.root, command.args(args).env("DEBIAN_FRONTEND", "noninteractive"))?;
            if !ran.success {
                break;
            }
        }
    }
    installed().ok_or_else(|| {
        Problem::failed("no Chromium or Chrome for the browser tests, and none could be installed")
            .hint("install Chromium so that `chromium` is on PATH, or set BROWSER_PATH to a Chrome")
            .into()
    })
}

/// A browser that is there: `BROWSER_PATH`, then `PATH`, then the usual places.
pub(in crate::commands) fn installed() -> Option<PathBuf> {
    let given = std::env::var_os("BROWSER_PATH").map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let on_path = NAMES.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    given.into_iter().chain(on_path).chain(PLACES.map(PathBuf::from)).find(|candidate| works(candidate))
}

/// Where Playwright has put its own, by its own word.
fn playwrights(project: &Path) -> Option<PathBuf> {
    let script = "console.log(require('playwright-core').chromium.executablePath())";
    let output = Command::new("node").args(["-e", script]).current_dir(project).output().ok()?;
    let path = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    works(&path).then_some(path)
}

/// Whether it starts at all: a download of Playwright's lacks the system's libraries on a bare machine.
fn works(program: &Path) -> bool {
    let version = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    program.is_file() && version.is_ok_and(|status| status.success())
}
