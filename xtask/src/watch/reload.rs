//! Tells open pages of an emulated environment to load anew: server-sent events on a port of 127.0.0.1, and the script
//! that listens to them. The sync adds that script to a site while a watch goes on, and to none on AWS.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch::{Receiver, Sender, channel};
use tokio::time::timeout;

use crate::config::Outputs;

/// Longest head of a request.
const HEAD_MAX: usize = 16 * 1024;
/// Longest wait for it.
const PATIENCE: Duration = Duration::from_secs(5);

/// The pages that listen, cheap to clone.
#[derive(Clone, Debug)]
pub struct Reload {
    origin: String,
    /// Counts what was told.
    told: Arc<Sender<u64>>,
    /// What the sites were last written with that have the script.
    written: Arc<Mutex<Option<Outputs>>>,
}

impl Reload {
    /// Listens on a free port until the last clone is dropped.
    pub async fn listen() -> anyhow::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.context("cannot listen on 127.0.0.1")?;
        let origin = format!("http://{}", listener.local_addr()?);
        let (told, news) = channel(0);
        tokio::spawn(async move {
            let mut closed = news.clone();
            loop {
                tokio::select! {
                    accepted = listener.accept() => if let Ok((stream, _)) = accepted {
                        tokio::spawn(serve(stream, news.clone()));
                    },
                    gone = closed.changed() => if gone.is_err() { return },
                }
            }
        });
        Ok(Self { origin, told: Arc::new(told), written: Arc::default() })
    }

    /// What the page's `connect-src` must allow.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The module that a page runs.
    #[must_use]
    pub fn script(&self) -> String {
        format!("new EventSource(\"{}/\").addEventListener(\"reload\", () => location.reload());\n", self.origin)
    }

    /// Notes that a site is about to get the script, beside these outputs: whoever is cut off from then on has it to take away.
    pub fn goes_into(&self, outputs: &Outputs) {
        *self.written.lock().unwrap_or_else(PoisonError::into_inner) = Some(outputs.clone());
    }

    /// The outputs beside which a site last got the script; none where none ever did.
    #[must_use]
    pub fn written(&self) -> Option<Outputs> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Tells every open page.
    pub fn tell(&self) {
        self.told.send_modify(|count| *count += 1);
    }

    /// How many pages listen.
    #[must_use]
    pub fn pages(&self) -> usize {
        // Without the server's own two.
        self.told.receiver_count().saturating_sub(2)
    }
}

/// One page, until it goes.
async fn serve(mut stream: TcpStream, mut news: Receiver<u64>) -> std::io::Result<()> {
    if !is_request(&mut stream).await? {
        return stream.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await;
    }
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncache-control: no-store\r\n\
        access-control-allow-origin: *\r\nconnection: close\r\n\r\nretry: 500\n\n";
    stream.write_all(head.as_bytes()).await?;
    news.mark_unchanged();
    let mut rest = [0; 64];
    loop {
        tokio::select! {
            changed = news.changed() => match changed {
                Ok(()) => {
                    let count = *news.borrow_and_update();
                    stream.write_all(format!("event: reload\ndata: {count}\n\n").as_bytes()).await?;
                }
                Err(_) => return Ok(()),
            },
            read = stream.read(&mut rest) => if read? == 0 { return Ok(()) },
        }
    }
}

/// Reads a request's head: `GET /` and nothing else.
async fn is_request(stream: &mut TcpStream) -> std::io::Result<bool> {
    let mut head = Vec::new();
    let read = async {
        while !head.windows(4).any(|end| end == b"\r\n\r\n") && head.len() < HEAD_MAX {
            if stream.read_buf(&mut head).await? == 0 {
                break;
            }
        }
        Ok::<_, std::io::Error>(())
    };
    Ok(matches!(timeout(PATIENCE, read).await, Ok(Ok(()))) && head.starts_with(b"GET / HTTP/1.1\r\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn open(reload: &Reload, path: &str) -> TcpStream {
        let mut stream = TcpStream::connect(reload.origin().strip_prefix("http://").unwrap()).await.unwrap();
        stream.write_all(format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n").as_bytes()).await.unwrap();
        stream
    }

    async fn until(stream: &mut TcpStream, text: &str) -> String {
        let mut seen = Vec::new();
        while !String::from_utf8_lossy(&seen).contains(text) {
            assert_ne!(stream.read_buf(&mut seen).await.unwrap(), 0, "{}", String::from_utf8_lossy(&seen));
        }
        String::from_utf8(seen).unwrap()
    }

    #[tokio::test]
    async fn every_open_page_is_told_each_time_and_a_closed_one_is_forgotten() {
        let reload = Reload::listen().await.unwrap();
        let (mut one, mut other) = (open(&reload, "/").await, open(&reload, "/").await);
        for page in [&mut one, &mut other] {
            let head = until(page, "retry").await;
            assert!(head.contains("text/event-stream") && head.contains("access-control-allow-origin: *"), "{head}");
        }
        assert_eq!(reload.pages(), 2);
        reload.tell();
        for page in [&mut one, &mut other] {
            until(page, "event: reload\ndata: 1\n\n").await;
        }
        drop(other);
        while reload.pages() > 1 {
            tokio::task::yield_now().await;
        }
        reload.tell();
        until(&mut one, "data: 2\n\n").await;
    }

    #[tokio::test]
    async fn nothing_else_is_served() {
        let reload = Reload::listen().await.unwrap();
        let mut page = open(&reload, "/config.json").await;
        let answer = until(&mut page, "\r\n\r\n").await;
        assert!(answer.starts_with("HTTP/1.1 404 "), "{answer}");
    }

    #[tokio::test]
    async fn the_script_listens_where_the_server_is() {
        let reload = Reload::listen().await.unwrap();
        assert!(reload.script().contains(&format!("EventSource(\"{}/\")", reload.origin())));
    }
}
