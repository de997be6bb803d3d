//! A repository to deploy from: the configuration and the stacks are copies, free to be changed; the rest is linked.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard};

use serde_json::Value;

/// A port of its own beside those of `config/local.yaml` and `config/test.yaml`.
pub(crate) const PORT: u16 = 4568;

static LOCK: Mutex<()> = Mutex::new(());

/// The repository, with an empty emulator; gone, emulator and all, when dropped.
pub(crate) struct Repository {
    root: PathBuf,
    _guard: MutexGuard<'static, ()>,
}

/// What a run of the deployer said.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Repository {
    pub(crate) fn new() -> Self {
        let guard = LOCK.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let root = source.join("target/test/repository");
        let repository = Self { root: root.clone(), _guard: guard };
        repository.clear();
        for folder in ["config", "stacks", "stacks/macros"] {
            std::fs::create_dir_all(root.join(folder)).unwrap();
            for entry in std::fs::read_dir(source.join(folder)).unwrap().map(Result::unwrap) {
                if entry.file_type().unwrap().is_file() {
                    std::fs::copy(entry.path(), root.join(folder).join(entry.file_name())).unwrap();
                }
            }
        }
        for name in [".cargo", "bench", "Cargo.lock", "Cargo.toml", "frontend", "functions", "target", "tests", "xtask"]
        {
            symlink(source.join(name), root.join(name)).unwrap();
        }
        repository.edit("config/local.yaml", "port: 4566", &format!("port: {PORT}"));
        // Its own name keeps this emulator's state apart from the developer's.
        std::fs::rename(root.join("config/local.yaml"), root.join("config/scratch.yaml")).unwrap();
        repository.edit("config/app.yaml", "defaultEnvironment: local", "defaultEnvironment: scratch");
        repository.xtask(&["local", "reset"]).ok();
        repository
    }

    /// Lets the workspace grow: its manifest, its lock file, the folder of its functions and the contracts become copies, the
    /// packages in them stay linked. Returns the root.
    pub(crate) fn own_workspace(&self) -> &Path {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        for file in ["Cargo.toml", "Cargo.lock"] {
            std::fs::remove_file(self.root.join(file)).unwrap();
            std::fs::copy(source.join(file), self.root.join(file)).unwrap();
        }
        std::fs::remove_file(self.root.join("functions")).unwrap();
        for folder in ["functions", "docs/openapi"] {
            std::fs::create_dir_all(self.root.join(folder)).unwrap();
            for entry in std::fs::read_dir(source.join(folder)).unwrap().map(Result::unwrap) {
                symlink(entry.path(), self.root.join(folder).join(entry.file_name())).unwrap();
            }
        }
        &self.root
    }

    /// Where it is.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Replaces a text that must be there in a copied file.
    pub(crate) fn edit(&self, file: &str, from: &str, to: &str) {
        let path = self.root.join(file);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "no `{from}` in {file}");
        std::fs::remove_file(&path).unwrap();
        std::fs::write(&path, text.replacen(from, to, 1)).unwrap();
    }

    pub(crate) fn path(&self, file: &str) -> PathBuf {
        self.root.join(file)
    }

    pub(crate) fn read(&self, file: &str) -> String {
        std::fs::read_to_string(self.path(file)).unwrap()
    }

    pub(crate) fn write(&self, file: &str, text: &str) {
        std::fs::write(self.path(file), text).unwrap();
    }

    /// Where the emulator listens.
    #[expect(clippy::unused_self, reason = "the emulator is the repository's")]
    pub(crate) fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{PORT}")
    }

    /// Makes a linked folder a copy, free to be changed.
    pub(crate) fn own(&self, folder: &str) {
        let link = self.root.join(folder);
        let source = std::fs::read_link(&link).unwrap();
        std::fs::remove_file(&link).unwrap();
        copy(&source, &link);
    }

    /// A second environment like the first, on an emulator of its own; gone with the repository.
    pub(crate) fn copy_environment(&self, name: &str, port: u16) {
        let file = self.root.join(format!("config/{name}.yaml"));
        std::fs::copy(self.root.join("config/scratch.yaml"), file).unwrap();
        self.edit(&format!("config/{name}.yaml"), &format!("port: {PORT}"), &format!("port: {port}"));
        self.xtask(&["local", "reset", "--env", name]).ok();
    }

    pub(crate) fn xtask(&self, args: &[&str]) -> Ran {
        Ran::of(&self.root, args)
    }

    /// The deployer in an environment of its own: only these of the variables that lead to AWS.
    pub(crate) fn xtask_with(&self, variables: &[(&str, String)], args: &[&str]) -> Ran {
        let mut command = command(&self.root, args);
        for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"] {
            command.env_remove(name);
        }
        Ran::finished(command.envs(variables.iter().map(|(name, value)| (name, value))))
    }

    /// Starts the deployer; stderr is piped.
    pub(crate) fn start(&self, args: &[&str]) -> Child {
        command(&self.root, args).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// `deploy --json`, which must succeed.
    pub(crate) fn deploy(&self) -> Value {
        serde_json::from_str(&self.xtask(&["deploy", "--json"]).ok().stdout).unwrap()
    }

    fn clear(&self) {
        if self.root.join("config/scratch.yaml").is_file() {
            self.xtask(&["local", "reset"]);
        }
        for name in ["stage", "dev", "prod"] {
            let file = std::fs::read_to_string(self.root.join(format!("config/{name}.yaml")));
            if file.is_ok_and(|text| text.contains("\nemulator:")) {
                self.xtask(&["local", "reset", "--env", name]);
            }
        }
        if self.root.exists() {
            std::fs::remove_dir_all(&self.root).unwrap();
        }
    }
}

impl Drop for Repository {
    fn drop(&mut self) {
        self.clear();
    }
}

/// Relative links, as npm makes them for the programs of its packages, stay links.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let to = to.join(entry.file_name());
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            copy(&entry.path(), &to);
        } else if kind.is_symlink() {
            symlink(std::fs::read_link(entry.path()).unwrap(), to).unwrap();
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}

fn command(root: &Path, args: &[&str]) -> Command {
    let program = std::env::var("E2E_XTASK");
    let program = program.unwrap_or_else(|_| panic!("E2E_XTASK is not set: run `cargo xtask test --only e2e`"));
    let mut command = Command::new(program);
    command.args(args).current_dir(root).stdin(Stdio::null());
    command
}

impl Ran {
    /// The deployer, run in a folder to its end.
    pub(crate) fn of(root: &Path, args: &[&str]) -> Self {
        Self::finished(&mut command(root, args))
    }

    fn finished(command: &mut Command) -> Self {
        let output = command.output().unwrap();
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// stdout of a run that ended with this exit code.
    pub(crate) fn failed_with_data(self, code: i32) -> String {
        assert_eq!(self.code, code, "{}{}", self.stdout, self.stderr);
        self.stdout
    }

    /// Itself, if the run succeeded.
    pub(crate) fn ok(self) -> Self {
        assert_eq!(self.code, 0, "{}{}", self.stdout, self.stderr);
        self
    }

    /// stderr of a run that failed with this exit code.
    pub(crate) fn failed(self, code: i32) -> String {
        assert_eq!(self.code, code, "{}{}", self.stdout, self.stderr);
        self.stderr
    }
}
