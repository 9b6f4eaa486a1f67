//! A small S3 server of the tests' own: enough of the protocol for the program, and faults on demand.

mod wire;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use wire::{Reply, Request, decoded, error, http_time, list_time, read, reply, texts};

/// What becomes of a request instead of what it asks for.
#[derive(Debug, Clone, PartialEq)]
pub enum Fault {
    /// Answered so, and nothing is done.
    Answer(u16, &'static str),
    /// Done, and then the connection breaks without an answer.
    LoseAnswer,
    /// Never answered; the connection stays open until the caller closes it.
    Hang,
    /// Half of the body, and then the connection breaks.
    BreakBody,
}

/// An object.
#[derive(Debug, Clone)]
struct Object {
    bytes: Vec<u8>,
    etag: String,
    sha256: Option<String>,
    at: u64,
}

/// The hash that was told, and the parts so far.
type Upload = (Option<String>, BTreeMap<u32, Vec<u8>>);

#[derive(Default)]
struct Bucket {
    objects: BTreeMap<String, Object>,
    uploads: BTreeMap<String, Upload>,
    /// `(method, part of the path)` → what becomes of the next such request.
    faults: VecDeque<(&'static str, &'static str, Fault)>,
    /// Holds for every request.
    rule: Option<Rule>,
    /// What lists show instead of what is there.
    old_list: Option<BTreeMap<String, Object>>,
    seen: Vec<String>,
    /// Id of the key and token of whoever signed.
    signers: BTreeSet<String>,
    made: u64,
}

/// What holds for every request.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Rule {
    /// Nothing may be written.
    ReadOnly,
    /// The credentials have expired.
    Expired,
    /// There is no such bucket.
    NoBucket,
    /// Only 503.
    Down,
    /// No answers; connections stay open until the caller closes them.
    Hang,
}

/// A running server, with one bucket.
#[derive(Clone)]
pub struct Double {
    /// Its address: `http://127.0.0.1:PORT`.
    pub url: String,
    bucket: Arc<Mutex<Bucket>>,
}

impl Double {
    /// Starts one; it ends with the process.
    pub fn start() -> Double {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let bucket = Arc::new(Mutex::new(Bucket::default()));
        let shared = Arc::clone(&bucket);
        std::thread::spawn(move || {
            for socket in listener.incoming().flatten() {
                let bucket = Arc::clone(&shared);
                std::thread::spawn(move || while answer(&socket, &bucket).is_some() {});
            }
        });
        Double { url, bucket }
    }

    fn bucket(&self) -> MutexGuard<'_, Bucket> {
        self.bucket.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The bytes of an object.
    pub fn bytes(&self, key: &str) -> Vec<u8> {
        self.bucket().objects[key].bytes.clone()
    }

    /// Keys of all objects.
    pub fn keys(&self) -> Vec<String> {
        self.bucket().objects.keys().cloned().collect()
    }

    /// Requests so far: `GET /bucket/key?query`.
    pub fn seen(&self) -> Vec<String> {
        self.bucket().seen.clone()
    }

    /// Ids of the keys that requests were signed with, each with the token that came along.
    pub fn signers(&self) -> Vec<String> {
        self.bucket().signers.iter().cloned().collect()
    }

    /// Writes an object from beside.
    pub fn put(&self, key: &str, bytes: &[u8]) {
        self.bucket().put(key, bytes.to_vec(), None);
    }

    /// Changes an object's bytes and nothing of what is known of them.
    pub fn damage(&self, key: &str) {
        let mut bucket = self.bucket();
        let object = bucket.objects.get_mut(key).expect("an object");
        object.bytes.reverse();
        object.etag.push('x');
    }

    /// The next request of a method on a path that holds a text goes wrong.
    pub fn fail(&self, method: &'static str, path: &'static str, fault: Fault) {
        self.bucket().faults.push_back((method, path, fault));
    }

    /// What holds for every request from now on.
    pub fn rule(&self, rule: Option<Rule>) {
        self.bucket().rule = rule;
    }

    /// Lists show from now on what is there now.
    pub fn freeze_lists(&self) {
        let mut bucket = self.bucket();
        bucket.old_list = Some(bucket.objects.clone());
    }
}

impl Bucket {
    fn put(&mut self, key: &str, bytes: Vec<u8>, sha256: Option<String>) -> String {
        self.made += 1;
        let etag = format!("\"e{}\"", self.made);
        let object = Object {
            bytes,
            etag: etag.clone(),
            sha256,
            at: self.made,
        };
        self.objects.insert(key.to_string(), object);
        etag
    }
}

/// Reads one request and answers it; `None` where the connection is over.
fn answer(socket: &TcpStream, bucket: &Mutex<Bucket>) -> Option<()> {
    let request = read(socket)?;
    let mut held = bucket.lock().unwrap_or_else(PoisonError::into_inner);
    let line = format!("{} {}", request.method, request.path);
    held.seen.push(line);
    held.signers.extend(signer(&request));
    let at = held
        .faults
        .iter()
        .position(|(method, path, _)| *method == request.method && request.path.contains(path));
    let fault = at.and_then(|at| held.faults.remove(at)).map(|it| it.2);
    let rule = held.rule;
    let is_write = !["GET", "HEAD"].contains(&request.method.as_str());
    let made = match (&fault, rule) {
        (Some(Fault::Answer(status, code)), _) => error(*status, code),
        (_, Some(Rule::Expired)) => error(400, "ExpiredToken"),
        (_, Some(Rule::NoBucket)) => error(404, "NoSuchBucket"),
        (_, Some(Rule::Down)) => error(503, "SlowDown"),
        (_, Some(Rule::ReadOnly)) if is_write => error(403, "AccessDenied"),
        (Some(Fault::Hang), _) | (_, Some(Rule::Hang)) => {
            drop(held);
            let mut rest = Vec::new();
            let mut socket = socket;
            let _ = socket.read_to_end(&mut rest);
            return None;
        }
        _ => done(&mut held, &request),
    };
    drop(held);
    let (breaks, sent) = match fault {
        Some(Fault::LoseAnswer) => return None,
        // An answer to HEAD has no body.
        _ if request.method == "HEAD" => (false, 0),
        Some(Fault::BreakBody) => (true, made.body.len() / 2),
        _ => (false, made.body.len()),
    };
    let mut text = format!("HTTP/1.1 {} So\r\n", made.status);
    text += &format!("content-length: {}\r\n", made.body.len());
    for (name, value) in &made.headers {
        text += &format!("{name}: {value}\r\n");
    }
    text += "\r\n";
    let mut socket = socket;
    socket.write_all(text.as_bytes()).ok()?;
    socket.write_all(&made.body[..sent]).ok()?;
    (!breaks).then_some(())
}

/// Who signed by Amazon's rules.
fn signer(request: &Request) -> Option<String> {
    let authorization = request.headers.get("authorization")?;
    let (_, rest) = authorization.split_once("Credential=")?;
    let id = rest.split('/').next()?;
    let token = request.headers.get("x-amz-security-token");
    Some(
        format!("{id} {}", token.map_or("", String::as_str))
            .trim()
            .to_string(),
    )
}

/// A header as Amazon's protocol calls it, or as Google's does.
fn either<'r>(request: &'r Request, name: &str) -> Option<&'r String> {
    let own = request.headers.get(&format!("x-amz-{name}"));
    own.or_else(|| request.headers.get(&format!("x-goog-{name}")))
}

fn done(bucket: &mut Bucket, request: &Request) -> Reply {
    // `/bucket/key`
    let rest = request.path.trim_start_matches('/');
    let key = rest.split_once('/').map_or("", |(_, key)| key).to_string();
    let has = |name: &str| request.query.contains_key(name);
    match request.method.as_str() {
        "GET" if has("list-type") => list(bucket, request),
        "GET" | "HEAD" => get(bucket, request, &key),
        "PUT" if has("partNumber") => part(bucket, request),
        "PUT" => put(bucket, request, key),
        "DELETE" if has("uploadId") => reply(204, ""),
        "DELETE" => {
            bucket.objects.remove(&key);
            reply(204, "")
        }
        "POST" if has("delete") => {
            let body = String::from_utf8_lossy(&request.body).into_owned();
            let mut gone = "<DeleteResult>".to_string();
            for key in texts(&body, "Key") {
                bucket.objects.remove(&key);
                gone += &format!("<Deleted><Key>{key}</Key></Deleted>");
            }
            reply(200, gone + "</DeleteResult>")
        }
        "POST" if has("uploads") => {
            bucket.made += 1;
            let id = format!("u{}", bucket.made);
            let sha256 = either(request, "meta-sha256").cloned();
            bucket.uploads.insert(id.clone(), (sha256, BTreeMap::new()));
            reply(
                200,
                format!(
                    "<InitiateMultipartUploadResult><Bucket>b</Bucket><Key>{key}</Key><UploadId>{id}</UploadId></InitiateMultipartUploadResult>"
                ),
            )
        }
        "POST" => {
            let Some((sha256, parts)) = bucket.uploads.remove(&request.query["uploadId"]) else {
                return error(404, "NoSuchUpload");
            };
            let bytes = parts.into_values().flatten().collect();
            let etag = bucket.put(&key, bytes, sha256);
            reply(
                200,
                format!(
                    "<CompleteMultipartUploadResult><ETag>{etag}</ETag></CompleteMultipartUploadResult>"
                ),
            )
        }
        _ => error(405, "MethodNotAllowed"),
    }
}

fn get(bucket: &Bucket, request: &Request, key: &str) -> Reply {
    let Some(object) = bucket.objects.get(key) else {
        return error(404, "NoSuchKey");
    };
    if request.headers.get("if-none-match") == Some(&object.etag) {
        return reply(304, "");
    }
    let mut answer = reply(200, object.bytes.clone());
    if request
        .headers
        .get("if-match")
        .is_some_and(|it| *it != object.etag)
    {
        return error(412, "PreconditionFailed");
    }
    if let Some(range) = request.headers.get("range") {
        let all = object.bytes.len();
        // The last bytes, from a place on, or between two places.
        let (from, to) = match range.trim_start_matches("bytes=").split_once('-') {
            Some(("", last)) => (all.saturating_sub(last.parse().unwrap_or(all)), all),
            Some((from, to)) => (
                from.parse().unwrap_or(0),
                to.parse::<usize>().map_or(all, |to| all.min(to + 1)),
            ),
            None => (0, all),
        };
        answer = reply(206, object.bytes[from..to].to_vec());
        let range = format!("bytes {from}-{}/{all}", to - 1);
        answer.headers.push(("content-range", range));
    }
    answer.headers.push(("etag", object.etag.clone()));
    answer.headers.push(("last-modified", http_time(object.at)));
    if let Some(sha256) = &object.sha256 {
        answer.headers.push(("x-amz-meta-sha256", sha256.clone()));
        answer.headers.push(("x-goog-meta-sha256", sha256.clone()));
    }
    answer
}

fn put(bucket: &mut Bucket, request: &Request, key: String) -> Reply {
    let is_new = request.headers.contains_key("if-none-match")
        || either(request, "if-generation-match").is_some_and(|it| it == "0");
    if is_new && bucket.objects.contains_key(&key) {
        return error(412, "PreconditionFailed");
    }
    let (bytes, sha256) = match either(request, "copy-source") {
        Some(source) => {
            let source = decoded(source.trim_start_matches('/'));
            let from = source.split_once('/').map_or("", |(_, key)| key);
            match bucket.objects.get(from) {
                Some(object) => (object.bytes.clone(), object.sha256.clone()),
                None => return error(404, "NoSuchKey"),
            }
        }
        None => {
            let sha256 = either(request, "meta-sha256").cloned();
            (request.body.clone(), sha256)
        }
    };
    let etag = bucket.put(&key, bytes, sha256);
    let mut answer = reply(
        200,
        format!("<CopyObjectResult><ETag>{etag}</ETag></CopyObjectResult>"),
    );
    answer.headers.push(("etag", etag));
    answer
}

fn part(bucket: &mut Bucket, request: &Request) -> Reply {
    let number: u32 = request.query["partNumber"].parse().expect("a number");
    let Some((_, parts)) = bucket.uploads.get_mut(&request.query["uploadId"]) else {
        return error(404, "NoSuchUpload");
    };
    parts.insert(number, request.body.clone());
    let mut answer = reply(200, "");
    answer.headers.push(("etag", format!("\"p{number}\"")));
    answer
}

fn list(bucket: &Bucket, request: &Request) -> Reply {
    let nothing = String::new();
    let prefix = request.query.get("prefix").unwrap_or(&nothing);
    let is_shallow = request.query.contains_key("delimiter");
    let mut body = "<ListBucketResult><IsTruncated>false</IsTruncated>".to_string();
    let mut folders = Vec::new();
    for (key, object) in bucket.old_list.as_ref().unwrap_or(&bucket.objects) {
        let Some(rest) = key.strip_prefix(prefix.as_str()) else {
            continue;
        };
        match rest.split_once('/') {
            Some((folder, _)) if is_shallow => folders.push(format!("{prefix}{folder}/")),
            _ => {
                body += &format!(
                    "<Contents><Key>{key}</Key><Size>{}</Size><ETag>{}</ETag><LastModified>{}</LastModified></Contents>",
                    object.bytes.len(),
                    object.etag.replace('"', "&quot;"),
                    list_time(object.at),
                );
            }
        }
    }
    folders.dedup();
    for folder in folders {
        body += &format!("<CommonPrefixes><Prefix>{folder}</Prefix></CommonPrefixes>");
    }
    reply(200, body + "</ListBucketResult>")
}
