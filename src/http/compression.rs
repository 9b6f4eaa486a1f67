//! Compression of answers for callers who take gzip or deflate.

use std::io::Write;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use warp::http::HeaderMap;
use warp::http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, HeaderValue, VARY};

use crate::http::reply::Reply;

/// Bytes below which compressing saves nothing.
const LEAST: usize = 1024;
/// Bytes from which on encoding is done off the threads that answer.
const LARGE: usize = 64 << 10;

/// How a body is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Gzip,
    /// What HTTP calls deflate is the zlib form.
    Deflate,
}

/// The reply, its body compressed where it may be, is worth it, and the caller takes it.
pub async fn compressed(mut reply: Reply, headers: &HeaderMap) -> Reply {
    if !reply.compressible {
        return reply;
    }
    reply
        .headers
        .insert(VARY, HeaderValue::from_static("accept-encoding"));
    let Some(encoding) = taken(headers).filter(|_| reply.body.len() >= LEAST) else {
        return reply;
    };
    let body = reply.body.clone();
    let compressed = if body.len() < LARGE {
        compress(encoding, &body)
    } else {
        let work = tokio::task::spawn_blocking(move || compress(encoding, &body));
        work.await.ok().flatten()
    };
    // What cannot be compressed goes as it is.
    let Some(compressed) = compressed else {
        return reply;
    };
    let name = match encoding {
        Encoding::Gzip => "gzip",
        Encoding::Deflate => "deflate",
    };
    reply
        .headers
        .insert(CONTENT_ENCODING, HeaderValue::from_static(name));
    reply.body = compressed;
    reply
}

fn compress(encoding: Encoding, body: &[u8]) -> Option<Bytes> {
    let room = Vec::with_capacity(body.len() / 2);
    let compressed = match encoding {
        Encoding::Gzip => {
            let mut encoder = GzEncoder::new(room, Compression::fast());
            encoder.write_all(body).ok()?;
            encoder.finish().ok()?
        }
        Encoding::Deflate => {
            let mut encoder = ZlibEncoder::new(room, Compression::fast());
            encoder.write_all(body).ok()?;
            encoder.finish().ok()?
        }
    };
    Some(compressed.into())
}

/// The encoding that the caller prefers of ours; gzip where both are preferred alike.
fn taken(headers: &HeaderMap) -> Option<Encoding> {
    let (mut gzip, mut deflate, mut any) = (None, None, None);
    for value in headers.get_all(ACCEPT_ENCODING) {
        for part in value.to_str().unwrap_or_default().split(',') {
            let (name, parameters) = part.split_once(';').unwrap_or((part, ""));
            let weight = Some(weight(parameters));
            match name.trim().to_ascii_lowercase().as_str() {
                "gzip" | "x-gzip" => gzip = weight,
                "deflate" => deflate = weight,
                "*" => any = weight,
                _ => {}
            }
        }
    }
    let gzip = gzip.or(any).unwrap_or(0.0);
    let deflate = deflate.or(any).unwrap_or(0.0);
    if gzip <= 0.0 && deflate <= 0.0 {
        None
    } else if gzip >= deflate {
        Some(Encoding::Gzip)
    } else {
        Some(Encoding::Deflate)
    }
}

/// `q=0.5`; 1 where nothing is said, 0 where it is not a number.
fn weight(parameters: &str) -> f64 {
    let q = parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("q").then_some(value)
    });
    q.map_or(1.0, |value| value.trim().parse().unwrap_or(0.0))
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn the_caller_is_given_the_encoding_they_prefer() {
        use Encoding::{Deflate, Gzip};
        for (accepted, expected) in [
            ("gzip", Some(Gzip)),
            ("deflate", Some(Deflate)),
            ("deflate, gzip", Some(Gzip)),
            ("GZip;q=0.5, deflate;q=0.8", Some(Deflate)),
            ("gzip;q=0", None),
            ("gzip;q=0, *", Some(Deflate)),
            ("*;q=0.1", Some(Gzip)),
            ("br, zstd", None),
            ("identity", None),
            ("gzip;q=many", None),
            ("", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(accepted));
            assert_eq!(taken(&headers), expected, "{accepted}");
        }
        assert_eq!(taken(&HeaderMap::new()), None);
    }

    #[tokio::test]
    async fn only_large_compressible_bodies_are_compressed() {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
        for (length, compressible, is_compressed) in [
            (LEAST - 1, true, false),
            (LEAST, true, true),
            (LARGE, true, true),
            (LARGE, false, false),
        ] {
            let whole = vec![b'a'; length];
            let mut reply = Reply::text(whole.clone());
            reply.compressible = compressible;
            let reply = compressed(reply, &headers).await;
            assert_eq!(reply.headers.contains_key(CONTENT_ENCODING), is_compressed);
            assert_eq!(reply.headers.contains_key(VARY), compressible);
            let mut found = Vec::new();
            if is_compressed {
                let mut reader = flate2::read::GzDecoder::new(&reply.body[..]);
                reader.read_to_end(&mut found).expect("gzip");
            } else {
                found.extend_from_slice(&reply.body);
            }
            assert_eq!(found, whole);
        }
    }
}
