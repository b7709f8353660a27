//! `fetch-model` against a server of our own that has the layout of the Hugging Face hub.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use serde_json::json;

use crate::support::{Workspace, fixture_path};

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
const FILES: [&str; 5] =
    ["config.json", "tokenizer.json", "modules.json", "1_Pooling/config.json", "model.safetensors"];

/// Serves one repository, `owner/tiny`, to whoever has the token. The first answer with the weights breaks off halfway.
struct Hub {
    url: String,
    n_weights_asked: Arc<AtomicUsize>,
}

impl Hub {
    fn start() -> Hub {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let n_weights_asked = Arc::new(AtomicUsize::new(0));
        let counter = n_weights_asked.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                // A client that goes away is its own affair.
                let _ = answer(stream.unwrap(), &counter);
            }
        });
        Hub { url, n_weights_asked }
    }
}

fn answer(mut stream: TcpStream, n_weights_asked: &AtomicUsize) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut request = String::new();
    reader.read_line(&mut request)?;
    let (mut range, mut allowed) = (None, false);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let line = line.trim_end().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        allowed |= line == "authorization: bearer secret";
        if let Some(value) = line.strip_prefix("range: bytes=") {
            let (start, end) = value.split_once('-').unwrap();
            range = Some((start.parse::<usize>().unwrap(), end.parse::<usize>().ok()));
        }
    }
    let path = request.split(' ').nth(1).unwrap_or_default();
    if !allowed {
        return write!(stream, "HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    }
    if path == "/api/models/owner/tiny/revision/v1" {
        let siblings: Vec<_> = FILES.iter().map(|file| json!({"rfilename": file})).collect();
        let body = json!({"siblings": siblings, "sha": COMMIT}).to_string();
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length";
        return write!(stream, "{head}: {}\r\n\r\n{body}", body.len());
    }
    let file = path.strip_prefix("/owner/tiny/resolve/v1/").filter(|file| FILES.contains(file));
    let Some(file) = file else {
        return write!(stream, "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    };
    let bytes = fs::read(fixture_path("tiny-bert-mean").join(file))?;
    let (start, end) = range.unwrap_or((0, None));
    let end = end.map_or(bytes.len(), |end| end + 1);
    write!(
        stream,
        "HTTP/1.1 206 Partial Content\r\nx-repo-commit: {COMMIT}\r\netag: \"{}\"\r\ncontent-range: bytes {start}-{}/{}\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n",
        file.replace('/', "-"),
        end - 1,
        bytes.len(),
        end - start
    )?;
    let whole = file == "model.safetensors" && end - start > 1;
    let breaks = whole && n_weights_asked.fetch_add(1, Ordering::SeqCst) == 0;
    let end = if breaks { start + (end - start) / 2 } else { end };
    stream.write_all(&bytes[start..end])
}

fn fetch(workspace: &Workspace, hub: &Hub, token: &str, args: &[&str]) -> (bool, String) {
    let output = workspace
        .command(&[&["fetch-model"], args].concat())
        .env("HF_ENDPOINT", &hub.url)
        .env("HF_HOME", workspace.path("cache"))
        .env("HF_TOKEN", token)
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
    (output.status.success(), text)
}

#[test]
fn a_model_is_fetched_resumed_and_converted() {
    let (workspace, hub) = (Workspace::new(), Hub::start());
    let (done, text) = fetch(&workspace, &hub, "secret", &["owner/tiny", "--revision", "v1", "--bits", "32"]);
    assert!(done, "{text}");
    // Once broken off, once from there on.
    assert_eq!(hub.n_weights_asked.load(Ordering::SeqCst), 2);
    workspace.quantize("tiny-bert-mean", "local", 32);
    let weights = |dir: &str| {
        let mut names: Vec<String> = workspace.files(dir).into_iter().map(|(name, _)| name).collect();
        names.retain(|name| name != "model.json");
        names
    };
    assert_eq!(weights("models/tiny"), weights("local"), "the same files, by their hashes");
    let manifest = fs::read_to_string(workspace.path("models/tiny/model.json")).unwrap();
    assert!(manifest.contains(&format!("owner/tiny at {COMMIT}")), "{manifest}");

    // The second time, nothing large is asked for.
    let (done, text) = fetch(&workspace, &hub, "secret", &["owner/tiny", "--revision", "v1", "--out", "again"]);
    assert!(done, "{text}");
    assert_eq!(hub.n_weights_asked.load(Ordering::SeqCst), 2);
}

#[test]
fn what_cannot_be_fetched_says_what_to_do() {
    let (workspace, hub) = (Workspace::new(), Hub::start());
    let check = |token: &str, args: &[&str], words: &str| {
        let (done, text) = fetch(&workspace, &hub, token, args);
        assert!(!done && text.contains(words), "{text}");
        assert!(!Path::new(&workspace.path("models")).exists());
    };
    check("wrong", &["owner/tiny", "--revision", "v1"], "set HF_TOKEN");
    check("secret", &["owner/other"], "check its name");
    check("secret", &["tiny"], "OWNER/NAME");
}
