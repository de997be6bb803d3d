//! Names of branches' environments: `pr-<slug>-<hash>`. Pure.
//!
//! The hash keeps apart what the slug, which is for people, cannot. Neither has a hyphen, so no environment's names begin
//! with those of another.

use sha2::{Digest, Sha256};

/// What every such name begins with, and no environment's file.
pub const PREVIEW_PREFIX: &str = "pr-";
/// No environment's name either: its names would begin as theirs do.
pub(super) const ALONE: &str = "pr";

/// Longest slug: with it a name has 20 characters, and the bucket of a service of 9 fits its 63 in every region.
const SLUG_MAX: usize = 9;
/// Characters of the hash, five bits each: of 10,000 branches two share one with a chance of 0.15 %, and then the record
/// of the environment says whose it is.
const HASH: usize = 7;
/// Of base 32 (RFC 4648), in lower case.
const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// The name of a branch's environment.
#[must_use]
pub fn preview_name(branch: &str) -> String {
    format!("{PREVIEW_PREFIX}{}-{}", slug(branch), hash(branch))
}

/// Whether a name is one that `preview_name` gives.
#[must_use]
pub fn is_preview(name: &str) -> bool {
    let parts = name.strip_prefix(PREVIEW_PREFIX).and_then(|rest| rest.split_once('-'));
    parts.is_some_and(|(slug, hash)| {
        (1..=SLUG_MAX).contains(&slug.len())
            && slug.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
            && hash.len() == HASH
            && hash.bytes().all(|c| ALPHABET.contains(&c))
    })
}

/// Whether a name is kept for branches' environments.
pub(super) fn is_reserved(name: &str) -> bool {
    name == ALONE || name.starts_with(PREVIEW_PREFIX)
}

/// What follows the last slash says more than `feature`.
fn slug(branch: &str) -> String {
    let last = branch.rsplit('/').find(|part| !part.is_empty()).unwrap_or(branch);
    let plain = last.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase());
    let slug: String = plain.take(SLUG_MAX).collect();
    if slug.is_empty() { "branch".to_owned() } else { slug }
}

fn hash(branch: &str) -> String {
    let digest = Sha256::digest(branch.as_bytes());
    let bits = digest.iter().take(5).fold(0_u64, |bits, byte| (bits << 8) | u64::from(*byte));
    (0..HASH).map(|place| char::from(ALPHABET[usize::try_from((bits >> (35 - 5 * place)) & 31).unwrap_or(0)])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, environments};
    use crate::render::Renderer;
    use proptest::prelude::*;
    use std::collections::BTreeSet;
    use std::path::Path;

    #[test]
    fn a_name_says_which_branch_it_is_of() {
        assert_eq!(preview_name("feature/Login-Page"), "pr-loginpage-dtmpzgb");
        assert_eq!(preview_name("dependabot/npm/vite-7.1.0"), "pr-vite710-k6p7mih");
        assert!(preview_name("\u{65e5}\u{672c}").starts_with("pr-branch-"));
    }

    #[test]
    fn only_such_names_are_those_of_branches() {
        for name in ["pr-", "pr-a", "pr-a-b", "pr-a-1111111", "dev", "pr--abcdefg", "pr-a-abcdefg-x", "PR-a-abcdefg"] {
            assert!(!is_preview(name), "{name}");
        }
        assert!(is_reserved("pr") && is_reserved("pr-x") && !is_reserved("production"));
    }

    /// A branch's environment in a clone with these files.
    fn load(previews: &str, base: &str, name: &str) -> anyhow::Result<Config> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("config")).unwrap();
        let app = format!("app: demo\ndefaultEnvironment: base\nhomeRegion: r\nservices: {{}}\n{previews}\n");
        let env =
            "account: \"111111111111\"\nregion: eu-central-1\nfunctions: {memory: 256, timeout: 10, retention: 7}\n";
        std::fs::write(folder.path().join("config/app.yaml"), app).unwrap();
        std::fs::write(folder.path().join("config/base.yaml"), format!("{env}{base}\n")).unwrap();
        std::fs::write(folder.path().join("config/pr-mine.yaml"), env).unwrap();
        Config::load(folder.path(), Some(name))
    }

    #[test]
    fn a_branch_has_what_the_base_has_but_for_its_name_and_domain() {
        let name = preview_name("feature/a");
        let domain = "domain: {name: example.com, certificateArn: 'arn:aws:acm:us-east-1:111111111111:certificate/a'}";
        let config = load("previews: {like: base}", domain, &name).unwrap();
        assert_eq!((config.env.name.as_str(), config.env.file()), (name.as_str(), "base"));
        assert_eq!((config.env.domain, config.env.region.as_str()), (None, "eu-central-1"));
    }

    #[test]
    fn what_branches_must_not_have_is_refused_with_what_to_do() {
        let name = preview_name("a");
        let table = [
            (
                "previews: {like: base}",
                "protected: true",
                name.as_str(),
                "`previews.like` is `base`, which is protected",
            ),
            (
                "previews: {like: base, ttl: 59m}",
                "",
                &name,
                "config/app.yaml:5:24: previews.ttl: `59m` is less than 1h",
            ),
            ("previews: {like: bass}", "", &name, "no environment `bass`"),
            ("", "", &name, "no branch has it"),
            ("previews: {like: base}", "", "pr-other", "no branch has it"),
            ("previews: {like: base}", "", "pr-mine", "names like `pr-mine` are those of branches"),
        ];
        for (previews, base, name, expected) in table {
            let error = load(previews, base, name).unwrap_err();
            assert!(error.to_string().contains(expected), "{error} instead of {expected}");
            assert_eq!(crate::error::exit_of(&error), crate::error::Exit::Usage);
        }
    }

    /// Every physical name in the templates of a branch's environment.
    fn names(branch: &str) -> BTreeSet<String> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let config = Config::load(root, Some(&preview_name(branch))).unwrap();
        let renderer = Renderer::load(root).unwrap();
        let mut all = BTreeSet::from([config.prefix()]);
        for service in config.app.services.keys() {
            all.insert(config.stack_name(service));
            let template = serde_yaml::from_str(&renderer.offline(&config, service).unwrap()).unwrap();
            all.extend(crate::preflight::names_of(&config, &config.stack_name(service), &template));
        }
        all
    }

    #[test]
    fn the_environments_of_two_branches_share_no_name() {
        let (one, other) = (names("feature/a"), names("feature/b"));
        assert!(one.len() > 30, "only {} names", one.len());
        assert_eq!(one.intersection(&other).collect::<Vec<_>>(), Vec::<&String>::new());
    }

    #[test]
    fn no_file_has_a_name_of_a_branch() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        assert!(environments(root).iter().all(|name| !is_reserved(name)));
    }

    proptest! {
        #[test]
        fn every_branch_has_a_name_that_fits_and_is_told_from_all_others(one in ".{1,80}", other in ".{1,80}") {
            let name = preview_name(&one);
            prop_assert!(is_preview(&name) && name.len() <= 20, "{name}");
            prop_assert_eq!(&name, &preview_name(&one));
            if one != other {
                let other = preview_name(&other);
                // Everything that an environment owns begins with its name and a hyphen, or a slash.
                let (one, other) = (format!("{name}-"), format!("{other}-"));
                prop_assert!(!one.starts_with(&other) && !other.starts_with(&one), "{one} {other}");
            }
        }
    }
}
