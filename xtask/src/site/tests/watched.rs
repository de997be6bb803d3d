//! What a watch adds to a site on this machine, and to none elsewhere.

use site_sync::Files;

use super::super::sync::{assemble, script};
use crate::config::{Config, Outputs, Target};
use crate::watch::Reload;

const APP: &str = "app: demo\ndefaultEnvironment: dev\nhomeRegion: eu-central-1\nservices:\n  web:\n    stack: s\n    \
    site: {source: web, output: dist}\n";
const INDEX: &str = "<head><meta http-equiv=\"Content-Security-Policy\" content=\"connect-src 'self'; img-src 'self'\">\n    \
    <meta name=\"app-config\" content=\"/config.json\"></head>";

fn site(target: Target, reload: Option<&Reload>) -> Files {
    let config = Config::sample(APP, target);
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("index.html"), INDEX).unwrap();
    let spec = config.app.services["web"].site.as_ref().unwrap();
    let script = script(reload, &config);
    assemble(spec, &config, folder.path(), (&Outputs::new(), script.as_ref())).unwrap()
}

fn texts(files: &Files) -> Vec<(String, String)> {
    let text = |key| files.made(key).map(|made| String::from_utf8(made.bytes.to_vec()).unwrap());
    files.iter().map(|file| (file.key.to_owned(), text(file.key).unwrap_or_default())).collect()
}

#[tokio::test]
async fn a_site_on_this_machine_gets_a_hashed_module_and_may_call_the_watch_and_nothing_else() {
    let reload = Reload::listen().await.unwrap();
    let files = texts(&site(Target::Emulator(4566), Some(&reload)));
    let (path, module) = files.iter().find(|(path, _)| path.starts_with("assets/module-")).unwrap();
    assert_eq!(*module, reload.script());
    let (_, index) = files.iter().find(|(path, _)| path == "index.html").unwrap();
    assert!(index.contains(&format!("<script type=\"module\" src=\"/{path}\"></script>")), "{index}");
    assert!(index.contains(&format!("connect-src 'self' {}; img-src 'self'\"", reload.origin())), "{index}");
    assert_eq!(index.matches(reload.origin()).count(), 1, "{index}");
}

#[tokio::test]
async fn a_site_on_aws_is_the_same_with_and_without_a_watch() {
    let reload = Reload::listen().await.unwrap();
    let account = || Target::Account("123456789012".into());
    let plain = texts(&site(account(), None));
    assert_eq!(texts(&site(account(), Some(&reload))), plain);
    assert!(plain.iter().all(|(_, text)| !text.contains("127.0.0.1") && !text.contains("EventSource")));
    assert_eq!(texts(&site(Target::Emulator(4566), None)), plain);
}
