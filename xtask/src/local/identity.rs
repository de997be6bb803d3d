//! Who answers on a port: nobody, a stranger, or an emulator that says whose it is.

use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A local connect is instant or refused.
const CONNECT: Duration = Duration::from_secs(1);
/// A busy emulator on a busy machine may let a request wait.
const ANSWER: Duration = Duration::from_secs(5);

/// What the launcher makes the health endpoint say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Identity {
    /// The environment's folder below `target/`: one clone's emulator is not another's.
    pub(super) folder: PathBuf,
    /// Digest of everything that it was started with.
    pub(super) recipe: String,
    /// Its process.
    pub(super) pid: u32,
}

/// The answer to a knock on a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// The port is free.
    Nobody,
    /// Something listens and is no emulator of ours, or is too busy to say.
    Stranger,
    /// An emulator that our launcher started, here or in another clone.
    Emulator(Identity),
}

/// Knocks on a port of this machine.
pub(super) fn knock(port: u16) -> Answer {
    if TcpStream::connect_timeout(&SocketAddr::from(([127, 0, 0, 1], port)), CONNECT).is_err() {
        return Answer::Nobody;
    }
    // Without a proxy: the one of the user's environment knows nothing of this machine's ports.
    let agent = ureq::Agent::config_builder().proxy(None).timeout_global(Some(ANSWER)).build().new_agent();
    let answer = agent.get(format!("http://127.0.0.1:{port}/_ministack/health")).call();
    let text = answer.and_then(|mut answer| answer.body_mut().read_to_string());
    text.ok().and_then(|text| identity(&text)).map_or(Answer::Stranger, Answer::Emulator)
}

fn identity(health: &str) -> Option<Identity> {
    let health: serde_json::Value = serde_json::from_str(health).ok()?;
    serde_json::from_str(health.get("edition")?.as_str()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_emulator_of_ours_says_whose_it_is() {
        let health = r#"{"edition": "{\"folder\": \"/a/target/local/dev\", \"recipe\": \"1f\", \"pid\": 7}"}"#;
        let expected = Identity { folder: "/a/target/local/dev".into(), recipe: "1f".into(), pid: 7 };
        assert_eq!(identity(health), Some(expected));
    }

    #[test]
    fn an_emulator_that_someone_else_started_is_a_stranger() {
        assert_eq!(identity(r#"{"edition": "light", "version": "1.5.33"}"#), None);
        assert_eq!(identity("<html>"), None);
    }

    #[test]
    fn nobody_answers_on_a_free_port() {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        assert_eq!(knock(port), Answer::Nobody);
    }

    #[test]
    fn a_server_that_speaks_something_else_is_a_stranger() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = std::thread::spawn(move || {
            use std::io::Write;
            for stream in listener.incoming().take(2) {
                let _ = stream.unwrap().write_all(b"220 mail ready\r\n");
            }
        });
        assert_eq!(knock(port), Answer::Stranger);
        server.join().unwrap();
    }
}
