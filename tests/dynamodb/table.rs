//! A table of a few lines: it checks each signature by AWS' rules and each condition, and keeps rows.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};

use hmac::{Hmac, Mac};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// The key that the tests' profile has.
const SECRET: &str = "secret";

#[derive(Default)]
struct Kept {
    rows: BTreeMap<String, Value>,
    calls: Vec<String>,
    is_dead: bool,
    wrong: Vec<String>,
}

/// The server.
pub struct Table {
    pub url: String,
    kept: Arc<Mutex<Kept>>,
}

impl Table {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let kept: Arc<Mutex<Kept>> = Arc::default();
        let own = Arc::clone(&kept);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Some(asked) = stream.ok().and_then(read) else {
                    continue;
                };
                let (status, answer) = answer(&mut own.lock().expect("no panic"), &asked);
                let answer = answer.to_string();
                let head = format!(
                    "HTTP/1.1 {status} X\r\ncontent-type: application/x-amz-json-1.0\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                    answer.len()
                );
                let _ = (&asked.stream).write_all((head + &answer).as_bytes());
            }
        });
        Table { url, kept }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().expect("no panic")
    }

    /// Answers nothing but 500 from now on, or as it should.
    pub fn set_dead(&self, is_dead: bool) {
        self.kept().is_dead = is_dead;
    }

    /// The row of a model.
    pub fn row(&self, model: &str) -> Option<Value> {
        self.kept().rows.get(model).cloned()
    }

    /// Puts a row there, as another program would.
    pub fn put(&self, model: &str, row: Value) {
        self.kept().rows.insert(model.to_string(), row);
    }

    /// Names of the calls that came.
    pub fn calls(&self) -> Vec<String> {
        self.kept().calls.clone()
    }

    /// What was wrong with signatures.
    pub fn wrong(&self) -> Vec<String> {
        self.kept().wrong.clone()
    }
}

struct Asked {
    stream: TcpStream,
    headers: BTreeMap<String, String>,
    body: String,
}

fn read(stream: TcpStream) -> Option<Asked> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    if !line.starts_with("POST / ") {
        return None;
    }
    let mut headers = BTreeMap::new();
    loop {
        line.clear();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_string());
    }
    let length = headers.get("content-length")?.parse().ok()?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Asked {
        stream,
        headers,
        body: String::from_utf8(body).ok()?,
    })
}

fn answer(kept: &mut Kept, asked: &Asked) -> (u16, Value) {
    let target = asked.headers.get("x-amz-target").cloned();
    let call = target.as_deref().unwrap_or_default();
    let call = call.trim_start_matches("DynamoDB_20120810.").to_string();
    kept.calls.push(call.clone());
    let error = |status: u16, name: &str| {
        let name = format!("com.amazonaws.dynamodb.v20120810#{name}");
        (status, json!({"__type": name, "message": "so it is"}))
    };
    if let Err(why) = signed(asked) {
        kept.wrong.push(why);
        return error(400, "InvalidSignatureException");
    }
    if kept.is_dead {
        return error(500, "InternalServerError");
    }
    let body: Value = serde_json::from_str(&asked.body).unwrap_or_default();
    if body["TableName"] != "albert_text_cat" {
        return error(400, "ResourceNotFoundException");
    }
    let key = match call.as_str() {
        "DescribeTable" => return (200, json!({"Table": {"TableStatus": "ACTIVE"}})),
        "PutItem" => &body["Item"],
        _ => &body["Key"],
    };
    let model = key["sort"]["S"].as_str().unwrap_or_default().to_string();
    // The one condition that is requested.
    let number = |value: &Value| value["N"].as_str().and_then(|it| it.parse::<i64>().ok());
    let name = body["ExpressionAttributeNames"]["#revision"].as_str();
    let now = name.and_then(|name| number(&kept.rows.get(&model)?[name]));
    let asks = number(&body["ExpressionAttributeValues"][":revision"]);
    let condition = "attribute_not_exists(#revision) OR #revision <= :revision";
    if body["ConditionExpression"] != condition || now > asks {
        return error(400, "ConditionalCheckFailedException");
    }
    if call == "PutItem" {
        kept.rows.insert(model, body["Item"].clone());
    } else {
        kept.rows.remove(&model);
    }
    (200, json!({}))
}

/// Whether the signature is that of the request, by Signature Version 4.
fn signed(asked: &Asked) -> Result<(), String> {
    let header = |name: &str| asked.headers.get(name).ok_or(format!("no {name}"));
    let authorization = header("authorization")?;
    let part = |name: &str| {
        let from = authorization.find(name).ok_or(format!("no {name}"))? + name.len();
        let rest = &authorization[from..];
        Ok::<_, String>(
            rest.split(',')
                .next()
                .unwrap_or_default()
                .trim()
                .to_string(),
        )
    };
    let (credential, names) = (part("Credential=")?, part("SignedHeaders=")?);
    let (_, scope) = credential.split_once('/').ok_or("no scope")?;
    let [date, region, service, _] = scope.split('/').collect::<Vec<_>>()[..] else {
        return Err(format!("odd scope {scope}"));
    };
    if (region, service) != ("eu-central-1", "dynamodb") {
        return Err(format!("signed for {scope}"));
    }
    for name in ["host", "x-amz-date", "x-amz-target"] {
        if !names.split(';').any(|it| it == name) {
            return Err(format!("{name} is not signed"));
        }
    }
    let digest = hex(&Sha256::digest(asked.body.as_bytes()));
    if header("x-amz-content-sha256")? != &digest {
        return Err("the body is another one".to_string());
    }
    let mut canonical = "POST\n/\n\n".to_string();
    for name in names.split(';') {
        canonical += &format!("{name}:{}\n", header(name)?);
    }
    canonical += &format!("\n{names}\n{digest}");
    let canonical = hex(&Sha256::digest(canonical.as_bytes()));
    let time = header("x-amz-date")?;
    let text = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{canonical}");
    let mut key = format!("AWS4{SECRET}").into_bytes();
    for part in [date, region, service, "aws4_request"] {
        key = mac(&key, part);
    }
    let is_own = part("Signature=")? == hex(&mac(&key, &text));
    is_own
        .then_some(())
        .ok_or("the signature is another one".to_string())
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("any length");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
