//! `skillrouter serve`, over TCP as a browser or a stranger would ask.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, Stdio},
};

use crate::support::Workspace;

/// A server that ends with its test.
struct Server {
    child: Child,
    address: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

struct Response {
    status: u16,
    /// Names in lower case.
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

impl Response {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

impl Server {
    fn start(workspace: &Workspace, args: &[&str]) -> Server {
        let args = [&["serve", "site", "--port", "0"], args].concat();
        let mut child = workspace.command(&args).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("http://").unwrap().trim_end_matches('/').to_owned();
        Server { child, address }
    }

    fn connect(&self) -> TcpStream {
        TcpStream::connect(&self.address).unwrap()
    }

    /// The answer to a request, which is sent as it stands.
    fn ask(&self, request: &str) -> Response {
        let mut stream = self.connect();
        stream.write_all(request.as_bytes()).unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").expect("a head");
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        let mut lines = head.split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let header = |line: &str| {
            let (name, value) = line.split_once(": ").unwrap();
            (name.to_lowercase(), value.to_owned())
        };
        Response { status, headers: lines.map(header).collect(), body: bytes[end + 4..].to_vec() }
    }

    fn get(&self, path: &str) -> Response {
        self.get_with(path, "")
    }

    /// With more headers, each with its line end.
    fn get_with(&self, path: &str, headers: &str) -> Response {
        self.ask(&format!("GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{headers}\r\n", self.address))
    }
}

const HASHED: &str = "cards-0-0123456789abcdef.bin";

fn workspace() -> Workspace {
    let workspace = Workspace::new();
    workspace.write("site/index.html", "<!doctype html><title>t</title>".repeat(100));
    workspace.write("site/app.js", "export const answer = 42;\n".repeat(100));
    workspace.write("site/index.json", "{}");
    workspace.write(&format!("site/{HASHED}"), [7; 5000]);
    workspace.write("site/.env", "SECRET=1");
    workspace.write("site/.git/config", "secret");
    workspace.write("site/.well-known/skills/index.json", "{}");
    workspace.write("secret.txt", "secret");
    workspace
}

#[test]
fn files_are_served_and_nothing_else() {
    let workspace = workspace();
    let server = Server::start(&workspace, &[]);
    let index = server.get("/");
    assert_eq!((index.status, index.body.len()), (200, 3100));
    assert_eq!(server.get("/index.json").body, b"{}");
    for path in ["/nothing", "/../secret.txt", "/%2e%2e/secret.txt", "/.env", "/%2eenv", "/.git/config", "/.git/"] {
        let answer = server.get(path);
        assert!((400..500).contains(&answer.status), "{path}: {}", answer.status);
        assert!(!String::from_utf8_lossy(&answer.body).to_lowercase().contains("secret"), "{path}");
    }
    assert_eq!(server.get("/.well-known/skills/index.json").status, 200);
    assert!(workspace.fails(2, &["serve", "nowhere"]).contains("is not a folder"));
}

#[cfg(unix)]
#[test]
fn links_lead_nowhere_outside() {
    use std::os::unix::fs::symlink;
    let workspace = workspace();
    let site = workspace.path("site");
    symlink(workspace.path("secret.txt"), site.join("out.txt")).unwrap();
    symlink(workspace.path("."), site.join("out")).unwrap();
    symlink("app.js", site.join("in.js")).unwrap();
    symlink(workspace.path("site"), workspace.path("link")).unwrap();
    let server = Server::start(&workspace, &[]);
    assert_eq!(server.get("/out.txt").status, 404);
    assert_eq!(server.get("/out/secret.txt").status, 404);
    assert_eq!(server.get("/in.js").status, 200);
    // The folder itself may be one.
    std::fs::rename(site, workspace.path("real")).unwrap();
    symlink(workspace.path("real"), workspace.path("site")).unwrap();
    assert_eq!(Server::start(&workspace, &[]).get("/app.js").status, 200);
}

#[test]
fn headers_say_what_may_be_done_with_a_file() {
    let workspace = workspace();
    let server = Server::start(&workspace, &[]);
    let (page, hashed) = (server.get("/"), server.get(&format!("/{HASHED}")));
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert_eq!(server.get("/app.js").header("content-type"), "text/javascript; charset=utf-8");
    for answer in [&page, &hashed, &server.get("/nothing")] {
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("script-src 'self' 'wasm-unsafe-eval';"), "{policy}");
    }
    assert_eq!(page.header("cache-control"), "no-cache");
    assert_eq!(hashed.header("cache-control"), "public, max-age=31536000, immutable");
    assert_eq!(server.get("/cards-0-fedcba9876543210.bin").header("cache-control"), "no-cache", "it is not there");

    let tag = page.header("etag");
    assert!(tag.starts_with('"'), "{tag}");
    assert_eq!(server.get_with("/", &format!("If-None-Match: {tag}\r\n")).status, 304);
    workspace.write("site/index.html", "<!doctype html><title>other</title>");
    assert_eq!(server.get_with("/", &format!("If-None-Match: {tag}\r\n")).status, 200);

    let other = Server::start(&workspace, &["--policy", "default-src https:"]);
    assert_eq!(other.get("/").header("content-security-policy"), "default-src https:");
    assert!(!Server::start(&workspace, &["--policy", ""]).get("/").headers.contains_key("content-security-policy"));
}

#[test]
fn texts_are_packed() {
    let workspace = workspace();
    let server = Server::start(&workspace, &[]);
    for (accepted, expected) in
        [("gzip, deflate, br", "br"), ("gzip", "gzip"), ("br;q=0.1, gzip", "gzip"), ("zstd", "")]
    {
        let answer = server.get_with("/app.js", &format!("Accept-Encoding: {accepted}\r\n"));
        assert_eq!(answer.header("content-encoding"), expected, "{accepted}");
        assert!(answer.header("vary").to_lowercase().contains("accept-encoding"));
        assert_eq!(answer.body.len() < 500, !expected.is_empty(), "{accepted}: {} bytes", answer.body.len());
        let tag = answer.header("etag").to_owned();
        assert_eq!(tag.starts_with("W/"), !expected.is_empty(), "{tag}");
        let again = format!("Accept-Encoding: {accepted}\r\nIf-None-Match: {tag}\r\n");
        assert_eq!(server.get_with("/app.js", &again).status, 304);
    }
    let hashed = server.get_with(&format!("/{HASHED}"), "Accept-Encoding: gzip, br\r\n");
    assert_eq!((hashed.header("content-encoding"), hashed.body.len()), ("", 5000), "numbers and packed files stay");
    let part = server.get_with("/app.js", "Accept-Encoding: gzip\r\nRange: bytes=0-5\r\n");
    assert_eq!((part.status, part.body.as_slice()), (206, b"export".as_slice()));
}

/// A page of a stranger's site whose name leads to 127.0.0.1 states that name.
#[test]
fn strangers_are_refused() {
    let workspace = workspace();
    let server = Server::start(&workspace, &[]);
    let port = server.address.rsplit(':').next().unwrap();
    let ask = |line: &str, hosts: &[&str]| {
        let hosts: String = hosts.iter().map(|host| format!("Host: {host}\r\n")).collect();
        server.ask(&format!("GET {line} HTTP/1.1\r\n{hosts}Connection: close\r\n\r\n"))
    };
    for host in ["localhost", "LocalHost", "127.0.0.1", "[::1]"] {
        assert_eq!(ask("/index.json", &[host]).status, 200, "{host}");
        assert_eq!(ask("/index.json", &[&format!("{host}:{port}")]).status, 200, "{host}");
    }
    let foreign: [&[&str]; 7] = [
        &["evil.example"],
        &["localhost.evil.example"],
        &["127.0.0.1.evil.example:8017"],
        &["192.168.0.7"],
        &[""],
        &[],
        &["localhost", "evil.example"],
    ];
    for hosts in foreign {
        let answer = ask("/index.json", hosts);
        assert!(matches!(answer.status, 400 | 421) && answer.body != b"{}", "{hosts:?}: {}", answer.status);
    }
    assert_eq!(ask("http://evil.example/index.json", &["localhost"]).status, 421);
}

#[test]
fn connections_that_stand_still_end() {
    let workspace = workspace();
    let server = Server::start(&workspace, &["--timeout", "1"]);
    // A head that never ends, nothing at all, and no second request.
    for begun in ["GET / HTTP/1.1\r\nHost: local", "", "GET /index.json HTTP/1.1\r\nHost: localhost\r\n\r\n"] {
        let mut stream = server.connect();
        stream.write_all(begun.as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
    }
    assert_eq!(server.get("/index.json").status, 200);
}
