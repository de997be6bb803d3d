//! The deployer knows nothing of the application: its name occurs nowhere in this folder, not even in a test.

use std::path::Path;

#[test]
fn nothing_in_here_knows_what_the_application_is_about() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let app = xtask::config::load_app(folder.parent().unwrap()).unwrap();
    let word = app.app.to_lowercase();
    let mut read = 0;
    let mut found = Vec::new();
    for entry in walkdir::WalkDir::new(folder).into_iter().map(Result::unwrap) {
        let path = entry.path();
        assert!(!path.to_string_lossy()[folder.to_string_lossy().len()..].to_lowercase().contains(&word), "{path:?}");
        if !entry.file_type().is_file() {
            continue;
        }
        // Not all is text: what is none is searched as well as can be.
        let text = String::from_utf8_lossy(&std::fs::read(path).unwrap()).to_lowercase();
        let lines = text.lines().enumerate().filter(|(_, line)| line.contains(&word));
        found.extend(lines.map(|(number, line)| format!("{}:{}: {}", path.display(), number + 1, line.trim())));
        read += 1;
    }
    assert!(read > 100, "only {read} files: is this the deployer's folder?");
    assert!(found.is_empty(), "`{word}` is the application's word:\n{}", found.join("\n"));
}
