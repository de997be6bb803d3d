//! What a deploy asks of AWS, counted by a proxy in front of the emulator.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use crate::repository::{PORT, Repository};

/// Where the emulator answers while the proxy has its port.
const BEHIND: u16 = 4570;
const HEALTH: &str = "/_ministack/health";

type Counts = Arc<Mutex<BTreeMap<String, usize>>>;

/// A request as it came, and what it is called.
struct Request {
    name: String,
    path: String,
    head: String,
    body: Vec<u8>,
}

/// `None` where the client has gone.
fn request(client: &mut BufReader<&TcpStream>) -> Option<Request> {
    let (mut head, mut length, mut target) = (String::new(), 0, None);
    loop {
        let mut line = String::new();
        if client.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if line == "\r\n" {
            break;
        }
        let (name, value) = line.split_once(':').unwrap_or_default();
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().unwrap(),
            "x-amz-target" => target = Some(value.trim().rsplit('.').next().unwrap().to_owned()),
            "transfer-encoding" => panic!("a body of unknown length: {head}{line}"),
            _ => {}
        }
        head.push_str(&line);
    }
    let mut body = vec![0; length];
    client.read_exact(&mut body).ok()?;
    let mut words = head.split_ascii_whitespace();
    let (method, path) = (words.next().unwrap().to_owned(), words.next().unwrap().to_owned());
    let action = String::from_utf8_lossy(&body);
    let action = action.split('&').find_map(|pair| pair.strip_prefix("Action=")).map(str::to_owned);
    // What is left is S3's: a bucket alone, or an object in it.
    let kind = if path.split('?').next().unwrap().trim_matches('/').contains('/') { "object" } else { "bucket" };
    let name = target.or(action).unwrap_or_else(|| format!("{method} {kind}"));
    Some(Request { name, path, head, body })
}

/// Hands one request on, over connections that end with it.
fn serve(client: &TcpStream, health: &str, counts: &Counts) -> Option<()> {
    let request = request(&mut BufReader::new(client))?;
    let mut client = client;
    if request.path == HEALTH {
        let length = health.len();
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
        return client.write_all((head + health).as_bytes()).ok();
    }
    *counts.lock().unwrap().entry(request.name).or_default() += 1;
    let mut behind = TcpStream::connect(("127.0.0.1", BEHIND)).unwrap();
    behind.write_all(format!("{}connection: close\r\n\r\n", request.head).as_bytes()).unwrap();
    behind.write_all(&request.body).unwrap();
    std::io::copy(&mut behind, &mut client).ok().map(drop)
}

/// Has the port of an emulator that has moved, and answers in its name; gone when dropped.
struct Proxy {
    counts: Counts,
    ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Proxy {
    fn new(health: String) -> Self {
        let (counts, ended) = (Counts::default(), Arc::new(AtomicBool::new(false)));
        let listener = TcpListener::bind(("127.0.0.1", PORT)).unwrap();
        let (counted, over) = (Arc::clone(&counts), Arc::clone(&ended));
        let thread = std::thread::spawn(move || {
            for client in listener.incoming().map(Result::unwrap) {
                if over.load(Ordering::SeqCst) {
                    return;
                }
                let (health, counts) = (health.clone(), Arc::clone(&counted));
                std::thread::spawn(move || serve(&client, &health, &counts));
            }
        });
        Self { counts, ended, thread: Some(thread) }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        // One more connection, which wakes the thread.
        drop(TcpStream::connect(("127.0.0.1", PORT)));
        let ended = self.thread.take().map(JoinHandle::join);
        assert!(ended.is_none_or(|ended| ended.is_ok()) || std::thread::panicking());
    }
}

fn health() -> String {
    let mut connection = TcpStream::connect(("127.0.0.1", PORT)).unwrap();
    write!(connection, "GET {HEALTH} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    answer.split_once("\r\n\r\n").unwrap().1.to_owned()
}

#[test]
fn a_deploy_that_changes_nothing_describes_each_stack_once_and_reads_each_template_once() {
    let repository = Repository::new();
    repository.deploy();
    let health = health();
    assert!(health.starts_with('{') && health.contains("recipe"), "{health}");
    repository.xtask(&["local", "stop"]).ok();
    let ports = [PORT, BEHIND].map(|port| format!("port: {port}"));
    repository.edit("config/scratch.yaml", &ports[0], &ports[1]);
    repository.xtask(&["local", "start"]).ok();
    repository.edit("config/scratch.yaml", &ports[1], &ports[0]);

    let proxy = Proxy::new(health);
    let report = repository.deploy();
    assert_eq!(report["changed"], false, "{report}");
    let counts = proxy.counts.lock().unwrap().clone();
    // Those of the services, and what account and region share.
    let stacks = report["stacks"].as_object().unwrap().len() + 2;
    assert_eq!(counts["DescribeStacks"], stacks, "{counts:#?}");
    assert_eq!(counts["GetTemplate"], stacks, "{counts:#?}");
    let changing = ["Create", "Update", "Delete", "Execute", "Put", "Tag", "PUT ", "POST ", "DELETE "];
    let changes: Vec<&String> = counts.keys().filter(|name| changing.iter().any(|one| name.starts_with(one))).collect();
    assert!(changes.is_empty(), "{counts:#?}");
    insta::assert_debug_snapshot!(counts);

    // What a person has set for AWS is none of an emulator's.
    let settings = [("AWS_USE_FIPS_ENDPOINT", "true"), ("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1")];
    let settings = settings.map(|(name, value)| (name, value.to_owned()));
    repository.xtask_with(&settings, &["deploy"]).ok();
}
