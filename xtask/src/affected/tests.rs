use std::path::Path;
use std::process::Command;

use proptest::prelude::*;

use super::*;
use crate::build::{Plan, Workspace};
use crate::config::{Architecture, Config, environments, load_app};
use crate::render::Renderer;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// What git knows of in this clone.
pub(crate) fn tracked() -> Vec<String> {
    let output = Command::new("git").arg("-C").arg(root()).args(["ls-files", "-z"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.split('\0').filter(|name| root().join(name).is_file()).map(str::to_owned).collect()
}

fn copy() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in tracked() {
        let to = folder.path().join(&name);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::copy(root().join(&name), to).unwrap();
    }
    folder
}

/// What a deploy goes by: the artifact's key, every rendered template, the digest of the site.
fn oracle(root: &Path) -> anyhow::Result<BTreeMap<String, String>> {
    let app = load_app(root)?;
    let workspace = Workspace::load(root)?;
    let plan = Plan { release: true, architecture: Architecture::Arm64, native: true };
    let mut found = BTreeMap::new();
    for (name, spec) in &app.services {
        let mut all = String::new();
        if let Some(package) = &spec.package {
            all.push_str(&workspace.digest(package, plan)?);
        }
        if let Some(site) = &spec.site {
            all.push_str(&crate::site::inputs::digest(&root.join(&site.source), &site.output)?);
        }
        found.insert(name.clone(), all);
    }
    let renderer = Renderer::load(root)?;
    for environment in environments(root) {
        let config = Config::load(root, Some(&environment))?;
        for (name, all) in &mut found {
            all.push_str(&renderer.offline(&config, name)?);
        }
    }
    Ok(found)
}

/// A change that leaves YAML, TOML and the rest readable.
fn touch(path: &Path, how: usize) {
    let mut text = std::fs::read(path).unwrap();
    let checksums: Vec<usize> =
        text.windows(12).enumerate().filter(|(_, bytes)| bytes == b"checksum = \"").map(|(place, _)| place).collect();
    if path.file_name().is_some_and(|name| name == "Cargo.lock") && !checksums.is_empty() {
        let place = checksums[how % checksums.len()] + 12;
        text[place] = if text[place] == b'0' { b'1' } else { b'0' };
    } else {
        text.extend(b"\n# touched\n");
    }
    std::fs::write(path, text).unwrap();
}

/// The services that are influenced by more than another one's outputs.
fn own(services: BTreeMap<String, Vec<Reason>>) -> Vec<String> {
    let own = |reasons: &[Reason]| reasons.iter().any(|reason| reason.kind != Kind::Input);
    services.into_iter().filter(|(_, reasons)| own(reasons)).map(|(name, _)| name).collect()
}

#[test]
fn whatever_file_changes_no_service_that_it_reaches_is_missed_and_no_other_is_named() {
    let (folder, files) = (copy(), tracked());
    let root = folder.path();
    let all = environments(root);
    let before = Ok(Tree::read(root, &all).unwrap());
    let expected = oracle(root).unwrap();
    let read: Vec<String> = files
        .iter()
        .filter(|name| before.as_ref().is_ok_and(|tree: &Tree| tree.files.contains_key(Path::new(name))))
        .cloned()
        .collect();
    let config = ProptestConfig { failure_persistence: None, cases: 16, ..ProptestConfig::default() };
    // Half of the changes in what is read at all, the other half anywhere.
    let strategy = prop_oneof![proptest::sample::select(read), proptest::sample::select(files)];
    proptest!(config, |(name in strategy, how in 0_usize..1000)| {
        let path = root.join(&name);
        let was = std::fs::read(&path).unwrap();
        touch(&path, how);
        let now = oracle(root);
        let after = Tree::read(root, &all);
        std::fs::write(&path, was).unwrap();
        let (now, after) = (now.unwrap(), after.unwrap());
        let named = own(compare(&before, &after).unwrap());
        let changed: Vec<String> = expected.keys().filter(|name| expected[*name] != now[*name]).cloned().collect();
        let deployers = before.as_ref().is_ok_and(|tree| {
            let mut parts = tree.services.values().flat_map(BTreeMap::values);
            parts.any(|part| part.kind == Kind::Deployer && part.origins.contains_key(Path::new(&name)))
        });
        if deployers {
            prop_assert_eq!(&named, &expected.keys().cloned().collect::<Vec<_>>(), "{}", name);
        } else {
            prop_assert_eq!(&named, &changed, "{}", name);
        }
    });
}

#[test]
fn documents_and_tests_are_of_no_service() {
    let tree = Tree::read(root(), &environments(root())).unwrap();
    let apart = |name: &str| {
        let first = ["docs/", "tests/", "bench/", "fuzz/"].iter().any(|folder| name.starts_with(folder));
        first
            || name.contains("/tests/") && !name.starts_with("xtask/") && !name.contains("/src/")
            || Path::new(name).extension().is_some_and(|extension| extension == "md")
    };
    let names: Vec<String> = tracked().into_iter().filter(|name| apart(name)).collect();
    assert!(names.len() > 50 && names.iter().any(|name| name == "README.md"), "{names:?}");
    let read: Vec<&String> = names.iter().filter(|name| tree.files.contains_key(Path::new(name))).collect();
    assert!(read.is_empty(), "{read:?}");
}

/// Two services: `shop` takes an output of `base`.
fn small() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write(
        "config/app.yaml",
        "app: demo\ndefaultEnvironment: dev\nhomeRegion: eu-central-1\nservices:\n  base:\n    stack: stacks/base.yaml.tera\n  shop:\n    stack: stacks/shop.yaml.tera\n    crate: shop\n    functions: [sell]\n    inputs:\n      Pool: base.Pool\n",
    );
    write(
        "config/dev.yaml",
        "account: \"111111111111\"\nregion: eu-central-1\nfunctions: {memory: 256, timeout: 3, retention: 7}\n",
    );
    write(
        "stacks/base.yaml.tera",
        "{% import \"macros/pool.yaml.tera\" as pool %}\nResources:\n  Pool: {{ pool::pool() }}\n  Other: {Type: T}\nOutputs:\n  Pool: {Value: {Ref: Pool}}\n",
    );
    write("stacks/macros/pool.yaml.tera", "{% macro pool() %}{Type: P, Properties: {Size: 1}}{% endmacro pool %}\n");
    write("stacks/shop.yaml.tera", "Parameters:\n  Pool: {Type: String}\nResources:\n  A: {Type: T}\n");
    write("Cargo.toml", "[workspace]\nmembers = [\"shop\", \"lib\"]\n");
    write("shop/Cargo.toml", "[package]\nname = \"shop\"\n[dependencies]\nlib.path = \"../lib\"\nserde = \"1\"\n");
    write("shop/src/main.rs", "fn main() {}");
    write("lib/Cargo.toml", "[package]\nname = \"lib\"\n");
    write("lib/src/lib.rs", "");
    write(
        "Cargo.lock",
        "[[package]]\nname = \"shop\"\nversion = \"0\"\ndependencies = [\"lib\", \"serde\"]\n[[package]]\nname = \"lib\"\nversion = \"0\"\n[[package]]\nname = \"serde\"\nversion = \"1.0.1\"\nchecksum = \"s\"\n[[package]]\nname = \"rand\"\nversion = \"1\"\nchecksum = \"r\"\n",
    );
    folder
}

/// What `affected --why` prints after a file's text is replaced.
fn why(file: &str, from: &str, to: &str) -> String {
    let folder = small();
    let environments = ["dev".to_owned()];
    let before = Tree::read(folder.path(), &environments).map_err(|error| format!("{error:#}"));
    let path = folder.path().join(file);
    let old = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(old.contains(from), "no `{from}` in {file}");
    std::fs::write(&path, old.replace(from, to)).unwrap();
    let after = Tree::read(folder.path(), &environments).unwrap();
    let services = compare(&before, &after).unwrap();
    text(&Affected { version: VERSION, base: String::new(), head: None, services }, true)
}

#[test]
fn the_chain_leads_from_the_file_to_the_service() {
    assert_eq!(
        why("lib/src/lib.rs", "", "// new"),
        "shop\n  lib/src/lib.rs (modified) -> package `lib` -> package `shop` -> code of shop"
    );
    assert_eq!(
        why("Cargo.lock", "\"s\"", "\"s2\""),
        "shop\n  Cargo.lock (modified) -> crate `serde` -> package `shop` -> code of shop"
    );
    assert_eq!(
        why("config/app.yaml", "[sell]", "[sell, buy]"),
        "shop\n  config/app.yaml (modified) -> services.shop -> shop"
    );
}

#[test]
fn a_macro_reaches_the_templates_that_name_it_and_what_takes_their_outputs() {
    assert_eq!(
        why("stacks/macros/pool.yaml.tera", "Size: 1", "Size: 2"),
        "base\n  stacks/macros/pool.yaml.tera (modified) -> stacks/base.yaml.tera -> template of base in dev\n\
         shop\n  base.Pool (may change) -> input `Pool` -> shop in dev"
    );
}

#[test]
fn what_changes_no_rendered_text_no_linked_crate_and_no_output_influences_nobody() {
    assert_eq!(why("stacks/macros/pool.yaml.tera", "{% macro", "{# a word #}{% macro"), "");
    assert_eq!(why("Cargo.lock", "\"r\"", "\"r2\""), "");
    assert_eq!(why("config/app.yaml", "app: demo", "app: demo # a word"), "");
    let other = why("stacks/base.yaml.tera", "Other: {Type: T}", "Other: {Type: U}");
    assert!(other.starts_with("base\n") && !other.contains("shop"), "{other}");
}

#[test]
fn what_cannot_be_read_any_more_influences_every_service() {
    let after = Tree::read(small().path(), &["dev".to_owned()]).unwrap();
    let services = compare(&Err("unknown field `x`".to_owned()), &after).unwrap();
    assert_eq!(services.keys().collect::<Vec<_>>(), ["base", "shop"]);
    assert!(services["base"][0].through[0].contains("unknown field `x`"));
}

#[test]
fn a_commit_is_laid_out_as_it_was_and_the_work_tree_stays() {
    let folder = small();
    let run = |args: &[&str]| {
        let identity = ["-c", "user.name=a", "-c", "user.email=a@b.c"];
        let output = Command::new("git").arg("-C").arg(folder.path()).args(identity).args(args).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    run(&["init", "--quiet"]);
    run(&["add", "."]);
    run(&["commit", "--quiet", "--no-gpg-sign", "-m", "one"]);
    std::fs::write(folder.path().join("lib/src/lib.rs"), "// new").unwrap();
    let commit = resolve(folder.path(), "HEAD").unwrap();
    let out = tempfile::tempdir().unwrap();
    checkout(folder.path(), &commit, out.path()).unwrap();
    assert_eq!(std::fs::read_to_string(out.path().join("lib/src/lib.rs")).unwrap(), "");
    assert_eq!(std::fs::read_to_string(folder.path().join("lib/src/lib.rs")).unwrap(), "// new");
    assert!(!out.path().join(".index").exists());
    let error = resolve(folder.path(), "nowhere").unwrap_err();
    assert!(error.to_string().contains("no commit `nowhere`"), "{error}");
}
