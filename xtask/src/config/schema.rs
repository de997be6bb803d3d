//! JSON Schemas of the configuration files, for editors; `config/schema/` holds what this module generates.

use std::path::Path;

use super::app::App;
use super::environment::EnvironmentFile;

/// File name below `config/schema/` and its text.
#[must_use]
pub fn files() -> Vec<(&'static str, String)> {
    let text = |schema: schemars::Schema| format!("{:#}\n", schema.as_value());
    vec![
        ("app.schema.json", text(schemars::schema_for!(App))),
        ("environment.schema.json", text(schemars::schema_for!(EnvironmentFile))),
    ]
}

/// Writes the schemas.
pub fn write(root: &Path) -> std::io::Result<()> {
    let folder = root.join("config/schema");
    std::fs::create_dir_all(&folder)?;
    files().into_iter().try_for_each(|(name, text)| std::fs::write(folder.join(name), text))
}

/// The names of the files that differ from what would be generated.
#[must_use]
pub fn stale(root: &Path) -> Vec<&'static str> {
    let differs = |name: &str, text: &str| {
        std::fs::read_to_string(root.join("config/schema").join(name)).map_or(true, |found| found != text)
    };
    files().into_iter().filter(|(name, text)| differs(name, text)).map(|(name, _)| name).collect()
}
