//! The files of a site: what was built, and what the deployer makes beside it.

use std::path::Path;

use site_sync::{Files, INDEX, Rules, Walk};

use crate::digest;
use crate::error::Problem;

/// Every file below a built folder; one without `index.html` is no site.
pub(super) fn read(folder: &Path, rules: &Rules) -> anyhow::Result<Files> {
    // What a build wrote was meant: dotfiles too, and its links were followed when it was kept.
    let files = Files::walk(folder, rules, Walk { dotfiles: true, outside_links: true })?;
    if files.get(INDEX).is_some() {
        return Ok(files);
    }
    let message = format!("the built site in `{}` has no index.html ({} files)", folder.display(), files.len());
    Err(Problem::failed(message).hint("does `npm run build` write to the site's `output` in config/app.yaml?").into())
}

/// The name of a configuration file, after its content.
pub(super) fn config_name(text: &str) -> String {
    format!("config.{}.json", digest::start(text, 16))
}

/// The name of a module, after its content.
pub(super) fn module_name(text: &str) -> String {
    format!("assets/module-{}.js", digest::start(text, 16))
}

#[cfg(test)]
mod tests {
    use super::*;
    use site_sync::{Class, Kind};

    #[test]
    fn what_the_deployer_makes_is_named_after_its_content() {
        assert_ne!(config_name("{}\n"), config_name("{ }\n"));
        let rules = Rules::new(Kind::Site, Vec::new()).unwrap();
        for name in [config_name("{}"), module_name("1")] {
            assert_eq!(rules.of(&name).0, Class::Hashed, "{name}");
        }
    }

    #[test]
    fn an_empty_folder_and_one_without_index_are_refused() {
        let rules = Rules::new(Kind::Site, Vec::new()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        assert!(read(folder.path(), &rules).unwrap_err().to_string().contains("has no file to sync"));
        std::fs::create_dir(folder.path().join("assets")).unwrap();
        std::fs::write(folder.path().join("assets/a.js"), "1").unwrap();
        assert!(read(folder.path(), &rules).unwrap_err().to_string().contains("(1 files)"));
        std::fs::write(folder.path().join("index.html"), "1").unwrap();
        let files = read(folder.path(), &rules).unwrap();
        assert_eq!(files.iter().map(|file| file.key).collect::<Vec<_>>(), ["assets/a.js", "index.html"]);
    }
}
