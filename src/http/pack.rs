//! Packing of answers for callers who take gzip or deflate.

use std::io::Write;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use warp::http::HeaderMap;
use warp::http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, HeaderValue, VARY};

use crate::http::reply::Reply;

/// Bytes below which packing saves nothing.
const LEAST: usize = 1024;
/// Bytes from which on packing is done off the threads that answer.
const LARGE: usize = 64 << 10;

/// How a body is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Packing {
    Gzip,
    /// What HTTP calls deflate is the zlib form.
    Deflate,
}

/// The reply, its body packed where it may be, is worth it, and the caller takes it.
pub async fn packed(mut reply: Reply, headers: &HeaderMap) -> Reply {
    if !reply.packable {
        return reply;
    }
    reply
        .headers
        .insert(VARY, HeaderValue::from_static("accept-encoding"));
    let Some(packing) = taken(headers).filter(|_| reply.body.len() >= LEAST) else {
        return reply;
    };
    let body = reply.body.clone();
    let packed = if body.len() < LARGE {
        pack(packing, &body)
    } else {
        let work = tokio::task::spawn_blocking(move || pack(packing, &body));
        work.await.ok().flatten()
    };
    // What cannot be packed goes as it is.
    let Some(packed) = packed else { return reply };
    let name = match packing {
        Packing::Gzip => "gzip",
        Packing::Deflate => "deflate",
    };
    reply
        .headers
        .insert(CONTENT_ENCODING, HeaderValue::from_static(name));
    reply.body = packed;
    reply
}

fn pack(packing: Packing, body: &[u8]) -> Option<Bytes> {
    let room = Vec::with_capacity(body.len() / 2);
    let packed = match packing {
        Packing::Gzip => {
            let mut packer = GzEncoder::new(room, Compression::fast());
            packer.write_all(body).ok()?;
            packer.finish().ok()?
        }
        Packing::Deflate => {
            let mut packer = ZlibEncoder::new(room, Compression::fast());
            packer.write_all(body).ok()?;
            packer.finish().ok()?
        }
    };
    Some(packed.into())
}

/// The packing that the caller prefers of ours; gzip where both are preferred alike.
fn taken(headers: &HeaderMap) -> Option<Packing> {
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
        Some(Packing::Gzip)
    } else {
        Some(Packing::Deflate)
    }
}

/// `q=0.5`; 1 where nothing is said, 0 where it is no number.
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
    fn the_caller_is_given_what_he_likes_best() {
        use Packing::{Deflate, Gzip};
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
    async fn only_large_packable_bodies_are_packed() {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
        for (length, packable, is_packed) in [
            (LEAST - 1, true, false),
            (LEAST, true, true),
            (LARGE, true, true),
            (LARGE, false, false),
        ] {
            let whole = vec![b'a'; length];
            let mut reply = Reply::text(whole.clone());
            reply.packable = packable;
            let reply = packed(reply, &headers).await;
            assert_eq!(reply.headers.contains_key(CONTENT_ENCODING), is_packed);
            assert_eq!(reply.headers.contains_key(VARY), packable);
            let mut found = Vec::new();
            if is_packed {
                let mut reader = flate2::read::GzDecoder::new(&reply.body[..]);
                reader.read_to_end(&mut found).expect("gzip");
            } else {
                found.extend_from_slice(&reply.body);
            }
            assert_eq!(found, whole);
        }
    }
}
