//! As much of an HTTP/1.1 server as a benchmark needs: one blocking connection, bodies of a known length, and as little
//! of the machine's time as possible, which is also the time of what is measured.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

/// Read at once; larger than any event or item page here.
const CHUNK: usize = 64 * 1024;

/// A request, its header names in lower case.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// A client's connection, kept open for as long as the client likes.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    /// What has arrived and is not yet read.
    buffer: Vec<u8>,
}

impl Connection {
    fn new(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(CHUNK) })
    }

    /// The next request; none once the client has closed the connection.
    pub(crate) fn read(&mut self) -> io::Result<Option<Request>> {
        let end = loop {
            match self.buffer.windows(4).position(|window| window == b"\r\n\r\n") {
                Some(end) => break end + 4,
                None if self.fill()? == 0 => return Ok(None),
                None => {}
            }
        };
        let head = String::from_utf8_lossy(&self.buffer[..end]).into_owned();
        let mut request = parse(&head).ok_or_else(|| io::Error::from(ErrorKind::InvalidData))?;
        let length = match request.header("content-length") {
            Some(digits) => digits.parse().map_err(|_| io::Error::from(ErrorKind::InvalidData))?,
            None if request.header("transfer-encoding").is_some() => return Err(ErrorKind::Unsupported.into()),
            None => 0,
        };
        while self.buffer.len() < end + length {
            if self.fill()? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
        }
        request.body = self.buffer[end..end + length].to_vec();
        self.buffer.drain(..end + length);
        Ok(Some(request))
    }

    /// Writes an answer in one piece.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)
    }

    fn fill(&mut self) -> io::Result<usize> {
        let filled = self.buffer.len();
        self.buffer.resize(filled + CHUNK, 0);
        let read = self.stream.read(&mut self.buffer[filled..]);
        self.buffer.truncate(filled + read.as_ref().map_or(0, |read| *read));
        read
    }
}

fn parse(head: &str) -> Option<Request> {
    let mut lines = head.split("\r\n");
    let mut start = lines.next()?.split(' ').map(str::to_owned);
    let (method, path) = (start.next()?, start.next()?);
    let header = |line: &str| line.split_once(':').map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()));
    Some(Request { method, path, headers: lines.filter_map(header).collect(), body: Vec::new() })
}

/// An answer as it goes over the wire.
pub(crate) fn answer(status: u16, headers: &str, body: &[u8]) -> Vec<u8> {
    let mut bytes = format!("HTTP/1.1 {status} .\r\ncontent-length: {}\r\n{headers}\r\n", body.len()).into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// A server on a port of its own, one thread per connection; it ends when dropped.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    closed: Arc<AtomicBool>,
    accepting: Option<JoinHandle<()>>,
}

impl Server {
    /// Serves each connection by `serve`; a connection that fails ends, and its client sees that.
    pub(crate) fn start<F>(serve: F) -> io::Result<Self>
    where
        F: Fn(&mut Connection) -> io::Result<()> + Send + Sync + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let closed = Arc::new(AtomicBool::new(false));
        let (serve, over) = (Arc::new(serve), Arc::clone(&closed));
        let accepting = thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if over.load(Ordering::Acquire) {
                    return;
                }
                let serve = Arc::clone(&serve);
                thread::spawn(move || Connection::new(stream).and_then(|mut connection| serve(&mut connection)));
            }
        });
        Ok(Self { address, closed, accepting: Some(accepting) })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.closed.store(true, Ordering::Release);
        // Wakes the thread that waits for a connection.
        drop(TcpStream::connect(self.address));
        if let Some(accepting) = self.accepting.take() {
            let _ = accepting.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_that_comes_in_pieces_is_read_whole_and_the_next_one_after_it() {
        let server = Server::start(|connection| {
            while let Some(request) = connection.read()? {
                let told = format!("{} {}", request.path, request.body.len());
                connection.write(&answer(200, "", told.as_bytes()))?;
            }
            Ok(())
        })
        .expect("a server");
        let mut client = TcpStream::connect(server.address).expect("a connection");
        for piece in ["POST /a HT", "TP/1.1\r\nContent-Len", "gth: 3\r\n\r\nab", "cGET /b HTTP/1.1\r\n\r\n"] {
            client.write_all(piece.as_bytes()).expect("sent");
            client.flush().expect("sent");
        }
        client.shutdown(std::net::Shutdown::Write).expect("shut");
        let mut told = String::new();
        client.read_to_string(&mut told).expect("answers");
        assert!(told.contains("/a 3") && told.ends_with("/b 0"), "{told}");
    }
}
