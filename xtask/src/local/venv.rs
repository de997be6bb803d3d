//! Virtual environments below `target/`, one per list of requirements, made when needed and mended when broken.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context;

use super::python::Python;
use crate::digest;
use crate::error::Problem;
use crate::lock::Lock;
use crate::ui::Ui;

/// Written last: an environment without it was never finished.
const STAMP: &str = "complete";

/// A virtual environment named after what is in it.
#[derive(Clone, Debug)]
pub struct Venv {
    folder: PathBuf,
    requirements: String,
    imports: &'static str,
    purpose: &'static str,
}

impl Venv {
    /// An environment below `parent` with these pinned requirements; `imports` proves that it works.
    #[must_use]
    pub fn new(parent: &Path, purpose: &'static str, requirements: impl Into<String>, imports: &'static str) -> Self {
        let requirements = requirements.into();
        let digest = digest::start(&requirements, 12);
        Self { folder: parent.join(format!("venv-{digest}")), requirements, imports, purpose }
    }

    /// The environment's interpreter.
    #[must_use]
    pub fn python(&self) -> PathBuf {
        self.folder.join("bin/python")
    }

    /// Makes the environment unless it is there and works.
    pub fn ensure(&self, ui: &Ui) -> anyhow::Result<()> {
        if self.state() == State::Ready {
            return Ok(());
        }
        let parent = self.folder.parent().unwrap_or(&self.folder);
        fs::create_dir_all(parent).with_context(|| format!("cannot create `{}`", parent.display()))?;
        let _lock = Lock::take(&parent.join("venv.lock"), ui, "another set-up")?;
        match self.state() {
            State::Ready => return Ok(()),
            State::Missing => {}
            State::Unfinished => {
                ui.warn(format!("an earlier set-up of {} did not finish: starting again", self.purpose));
            }
            State::Broken => ui.warn(format!("the environment of {} no longer works: making it again", self.purpose)),
        }
        self.build(ui).inspect_err(|_| drop(fs::remove_dir_all(&self.folder)))
    }

    fn state(&self) -> State {
        if !self.folder.exists() {
            return State::Missing;
        }
        if !self.folder.join(STAMP).is_file() {
            return State::Unfinished;
        }
        let works = Command::new(self.python())
            .args(["-I", "-c", self.imports])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success());
        if works { State::Ready } else { State::Broken }
    }

    fn build(&self, ui: &Ui) -> anyhow::Result<()> {
        let python = Python::find()?;
        ui.step("Installing", format!("{} into `{}`", self.purpose, self.folder.display()));
        let _spinner = ui.spinner(format!("installing {}", self.purpose));
        if self.folder.exists() {
            let remove = fs::remove_dir_all(&self.folder);
            remove.with_context(|| format!("cannot remove `{}`", self.folder.display()))?;
        }
        // In place, not renamed afterwards: the scripts of an environment hold its path.
        run(Command::new(&python.program).args(["-I", "-m", "venv"]).arg(&self.folder))
            .with_context(|| format!("cannot make the virtual environment `{}`", self.folder.display()))?;
        let list = self.folder.join("requirements.txt");
        fs::write(&list, &self.requirements).with_context(|| format!("cannot write `{}`", list.display()))?;
        run(Command::new(self.python())
            .args(["-I", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "-r"])
            .arg(&list))
        .with_context(|| {
            Problem::failed(format!("cannot install {}", self.purpose))
                .hint("pip needs the network once; a mirror is set with PIP_INDEX_URL or in pip.conf")
        })?;
        fs::write(self.folder.join(STAMP), "")
            .with_context(|| format!("cannot write in `{}`", self.folder.display()))?;
        Ok(())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Missing,
    Unfinished,
    Broken,
    Ready,
}

/// Runs to the end in silence; what it wrote is in the error.
fn run(command: &mut Command) -> anyhow::Result<()> {
    let name = command.get_program().to_owned();
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("cannot run `{}`", name.display()))?;
    if output.status.success() {
        return Ok(());
    }
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    anyhow::bail!("`{}` ended with {}: {}", name.display(), output.status, super::tail(&text, 12));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn venv(parent: &Path, requirements: &'static str) -> Venv {
        Venv::new(parent, "nothing", requirements, "import sys")
    }

    #[test]
    fn the_folder_depends_on_the_requirements() {
        let parent = Path::new("/x");
        assert_eq!(venv(parent, "a==1").python(), venv(parent, "a==1").python());
        assert_ne!(venv(parent, "a==1").python(), venv(parent, "a==2").python());
    }

    #[test]
    fn an_environment_without_its_stamp_is_unfinished() {
        let parent = tempfile::tempdir().unwrap();
        let venv = venv(parent.path(), "");
        assert_eq!(venv.state(), State::Missing);
        fs::create_dir_all(venv.folder.join("bin")).unwrap();
        assert_eq!(venv.state(), State::Unfinished);
    }

    #[test]
    fn an_environment_without_its_interpreter_is_broken() {
        let parent = tempfile::tempdir().unwrap();
        let venv = venv(parent.path(), "");
        fs::create_dir_all(&venv.folder).unwrap();
        fs::write(venv.folder.join(STAMP), "").unwrap();
        assert_eq!(venv.state(), State::Broken);
    }

    #[test]
    fn a_broken_environment_is_made_again_and_a_sound_one_left_alone() {
        let parent = tempfile::tempdir().unwrap();
        let venv = venv(parent.path(), "");
        let ui = Ui::new(crate::ui::Mode::default());
        venv.ensure(&ui).unwrap();
        assert_eq!(venv.state(), State::Ready);

        fs::remove_file(venv.python()).unwrap();
        venv.ensure(&ui).unwrap();
        assert_eq!(venv.state(), State::Ready);

        fs::write(venv.folder.join("mark"), "").unwrap();
        venv.ensure(&ui).unwrap();
        assert!(venv.folder.join("mark").exists());
    }
}
