//! The deployer on a terminal: what Ctrl-C and a closed window do to a deploy.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use serde_json::Value;
use tests::{eventually, within};

use crate::repository::{Ran, Repository};

/// Runs `sh -c script` on a terminal, and does `mode` to it as soon as the marker is on it. `$XTASK` is the deployer.
fn on_a_terminal(repository: &Repository, mode: &str, marker: &str, script: &str, cargo: Option<&Path>) -> Ran {
    let driver = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/deployer/terminal.py");
    let mut command = Command::new("python3");
    command.arg(driver).args([mode, marker, "sh", "-c", script]);
    command.current_dir(repository.path("")).stdin(Stdio::null());
    command.env("XTASK", std::env::var("E2E_XTASK").unwrap());
    if let Some(cargo) = cargo {
        command.env("CARGO", cargo);
    }
    let output = command.output().unwrap();
    Ran {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// A repository whose next deploy has something to build.
fn changed() -> Repository {
    let repository = Repository::new();
    repository.own("functions");
    let main = "functions/todos/src/main.rs";
    // Each time another change: what an earlier run has built is found by its digest.
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_nanos();
    repository.write(main, &format!("{}\n// Changed at {now}.\n", repository.read(main)));
    repository
}

/// A cargo that takes its time: it says so on the terminal and in a file, and in another one whether it lived to the end.
fn slow_cargo(folder: &Path) -> PathBuf {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let script = format!(
        "#!/bin/sh\necho $$ > '{0}/pid.new'\nmv '{0}/pid.new' '{0}/pid'\necho cargo-at-work > /dev/tty\nsleep 3\ntouch '{0}/lived'\nexec '{cargo}' \"$@\"\n",
        folder.display()
    );
    let path = folder.join("cargo");
    std::fs::write(&path, script).unwrap();
    let mut rights = std::fs::metadata(&path).unwrap().permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut rights, 0o755);
    std::fs::set_permissions(&path, rights).unwrap();
    path
}

/// Waits for the end of a slow cargo, which must not be its own.
fn ended_early(folder: &Path) {
    let pid = std::fs::read_to_string(folder.join("pid")).unwrap();
    let process = Path::new("/proc").join(pid.trim());
    eventually("the end of cargo", || (!process.exists()).then_some(()));
    assert!(!folder.join("lived").exists(), "nobody waits for it any more");
}

#[test]
fn ctrl_c_leaves_with_a_last_word_and_no_spinner_behind_it() {
    let repository = Repository::new();
    let ran = on_a_terminal(&repository, "interrupt", "-frontend", "exec \"$XTASK\" deploy", None);
    assert_eq!(ran.code, 130, "{}{}", ran.stdout, ran.stderr);
    let screen = &ran.stdout;
    let (_, last) = screen.rsplit_once("interrupted:").unwrap();
    assert!(last.contains("cargo xtask deploy"), "{screen}");
    assert!(last.ends_with('\n'), "the prompt begins on a line of its own: {screen}");
    // Spinners are drawn in braille, and end with the time that they took.
    let braille = |c| ('\u{2801}'..='\u{28ff}').contains(&c);
    assert!(ran.stderr.contains(braille), "spinners were shown: {:?}", ran.stderr);
    let spins = |line: &str| line.contains(braille) || line.ends_with(" 0s") || line.ends_with(" 1s");
    assert!(!screen.lines().any(|line| spins(line) || line.contains("^C")), "{screen}");
    assert!(screen.contains(" as\n             arn:aws:iam::"), "a long line is broken between words: {screen}");
    repository.deploy();
    let again = repository.xtask(&["deploy"]).ok().stderr;
    assert!(again.contains(" as arn:aws:iam::"), "where no terminal shows it, a line stays one: {again}");
    assert_eq!(repository.deploy()["changed"], false);
}

#[test]
fn a_second_ctrl_c_waits_for_nothing() {
    let repository = Repository::new();
    let ran = on_a_terminal(&repository, "interrupt-twice", "-frontend", "exec \"$XTASK\" deploy", None);
    assert_eq!(ran.code, 130, "{}{}", ran.stdout, ran.stderr);
}

#[test]
fn a_terminal_closed_during_the_build_ends_neither_the_build_nor_the_deploy() {
    let repository = changed();
    let folder = repository.path("slow");
    std::fs::create_dir_all(&folder).unwrap();
    let cargo = slow_cargo(&folder);
    let script = "\"$XTASK\" deploy --json > report.json; true";
    on_a_terminal(&repository, "close", "cargo-at-work", script, Some(&cargo)).ok();
    let report = repository.path("report.json");
    eventually("the end of the build", || folder.join("lived").exists().then_some(()));
    within(Duration::from_mins(4), "the deploy's report", || {
        serde_json::from_str::<Value>(&std::fs::read_to_string(&report).ok()?).ok()
    });
    let timeline: Value = serde_json::from_str(&repository.xtask(&["timeline", "--json"]).ok().stdout).unwrap();
    let spans = timeline["run"]["spans"].as_array().unwrap();
    let span = |is: &dyn Fn(&Value) -> bool| spans.iter().find(|one| is(one)).unwrap();
    let (build, plan) = (span(&|one| one["kind"] == "build"), span(&|one| one["name"] == "plan"));
    assert!(build["start"].as_u64() < plan["end"].as_u64(), "the build waits for the plan: {timeline}");
    assert_eq!(repository.deploy()["changed"], false, "the deploy was whole");
}

#[test]
fn a_build_ends_with_the_deploy_that_is_interrupted() {
    let repository = changed();
    let folder = repository.path("slow");
    std::fs::create_dir_all(&folder).unwrap();
    let cargo = slow_cargo(&folder);
    let ran = on_a_terminal(&repository, "interrupt", "cargo-at-work", "exec \"$XTASK\" deploy", Some(&cargo));
    assert_eq!(ran.code, 130, "{}{}", ran.stdout, ran.stderr);
    ended_early(&folder);
}
