//! The body of a request: collected within bounds of bytes and time, and decompressed.

use std::io::Read;
use std::time::Duration;

use bytes::{Buf, BufMut, Bytes, BytesMut};
use futures_util::{Stream, StreamExt};
use warp::http::HeaderMap;
use warp::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, EXPECT};

use super::budget::Held;
use crate::http::problem::{Code, Problem};

/// Compressed bytes from which on a body is decompressed off the threads that answer: it may become a thousand times as
/// many.
const LARGE_COMPRESSED: usize = 4 << 10;
/// Bytes that are decompressed between two looks at what is held.
const STEP: usize = 256 << 10;

/// Collects a body; what it holds is added to `held`.
///
/// # Errors
/// 413 beyond `most` bytes, compressed or not; 408 when it does not arrive in `time`; 415 for an encoding other than gzip
/// and deflate; what [`Held::grow`] says.
pub async fn collect<B: Buf, E>(
    headers: &HeaderMap,
    stream: impl Stream<Item = Result<B, E>>,
    most: usize,
    time: Duration,
    held: &mut Held,
) -> Result<Bytes, Problem> {
    let announced = headers
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > most) {
        return Err(too_large(most));
    }
    let compressed = tokio::time::timeout(time, gather(stream, announced, most, held))
        .await
        .map_err(|_| {
            Problem::new(
                Code::RequestTimeout,
                "the body did not arrive in the time the server allows",
            )
        })??;
    let encoding = headers.get(CONTENT_ENCODING);
    let encoding = encoding.map(|value| value.as_bytes().to_ascii_lowercase());
    let encoding = match encoding.as_deref() {
        None | Some(b"identity") => return Ok(compressed),
        Some(b"gzip" | b"x-gzip") => Encoding::Gzip,
        // Said to be zlib's form; some callers leave its two bytes of header out.
        Some(b"deflate") if is_zlib(&compressed) => Encoding::Zlib,
        Some(b"deflate") => Encoding::Deflate,
        Some(_) => {
            return Err(Problem::new(
                Code::UnsupportedMediaType,
                "the body may be compressed with gzip or deflate, or not at all",
            ));
        }
    };
    if compressed.len() < LARGE_COMPRESSED {
        return decompressed(&compressed, encoding, most, held);
    }
    let mut own = held.split();
    let work = tokio::task::spawn_blocking(move || {
        let body = decompressed(&compressed, encoding, most, &mut own);
        (body, own)
    });
    let (body, own) = work.await.map_err(|error| Problem::internal(&error))?;
    held.join(own);
    body
}

/// How a body is compressed.
#[derive(Clone, Copy)]
enum Encoding {
    Gzip,
    Zlib,
    Deflate,
}

/// Most of a body that is read only to be thrown away, in bytes and in time.
const MOST_DISCARDED: usize = 64 << 20;
const DISCARD: Duration = Duration::from_secs(2);

/// Reads what is left of the body of a request that is rejected: a client that is still sending would not see the answer, and
/// the connection could not be used again. False when too much is left, or it does not come, or is not sent before we ask.
pub async fn discard<B: Buf, E>(
    headers: &HeaderMap,
    mut stream: impl Stream<Item = Result<B, E>> + Unpin,
) -> bool {
    if headers.contains_key(EXPECT) {
        return false;
    }
    let reads = async {
        let mut read = 0;
        while let Some(piece) = stream.next().await {
            read += piece.as_ref().map_or(MOST_DISCARDED, Buf::remaining);
            if read >= MOST_DISCARDED {
                return false;
            }
        }
        true
    };
    tokio::time::timeout(DISCARD, reads).await.unwrap_or(false)
}

async fn gather<B: Buf, E>(
    stream: impl Stream<Item = Result<B, E>>,
    announced: Option<usize>,
    most: usize,
    held: &mut Held,
) -> Result<Bytes, Problem> {
    let mut stream = std::pin::pin!(stream);
    // Nearly every body comes in one piece, which is taken as it is.
    let mut first = Bytes::new();
    let mut whole = BytesMut::new();
    while let Some(piece) = stream.next().await {
        let mut piece = piece
            .map_err(|_| Problem::new(Code::BadRequest, "the body broke off before its end"))?;
        if first.len().max(whole.len()) + piece.remaining() > most {
            return Err(too_large(most));
        }
        held.grow(piece.remaining())?;
        if first.is_empty() {
            first = piece.copy_to_bytes(piece.remaining());
            continue;
        }
        if whole.is_empty() {
            whole.reserve(announced.unwrap_or(0).max(first.len() + piece.remaining()));
            whole.extend_from_slice(&first);
        }
        whole.put(piece);
    }
    Ok(if whole.is_empty() {
        first
    } else {
        whole.freeze()
    })
}

fn decompressed(
    compressed: &[u8],
    encoding: Encoding,
    most: usize,
    held: &mut Held,
) -> Result<Bytes, Problem> {
    match encoding {
        Encoding::Gzip => {
            let reader = flate2::read::MultiGzDecoder::new(compressed);
            read_all(reader, "gzip", most, held)
        }
        Encoding::Zlib => {
            let reader = flate2::read::ZlibDecoder::new(compressed);
            read_all(reader, "deflate", most, held)
        }
        Encoding::Deflate => {
            let reader = flate2::read::DeflateDecoder::new(compressed);
            read_all(reader, "deflate", most, held)
        }
    }
}

fn read_all(
    mut reader: impl Read,
    encoding: &str,
    most: usize,
    held: &mut Held,
) -> Result<Bytes, Problem> {
    let mut whole = Vec::new();
    loop {
        let mut step = (&mut reader).take(STEP as u64);
        let read = step.read_to_end(&mut whole).map_err(|_| {
            let why = format!("the body is announced as {encoding} and is not");
            Problem::new(Code::BadRequest, why)
        })?;
        if whole.len() > most {
            return Err(too_large(most));
        }
        held.grow(read)?;
        if read < STEP {
            return Ok(whole.into());
        }
    }
}

/// Method 8 in the low bits, and both bytes of the header a multiple of 31.
fn is_zlib(compressed: &[u8]) -> bool {
    matches!(compressed, [first, second, ..]
        if first & 0x0f == 8 && (u16::from(*first) * 256 + u16::from(*second)) % 31 == 0)
}

fn too_large(most: usize) -> Problem {
    Problem::new(
        Code::TooLarge,
        format!("the body is larger than {most} bytes; send it in parts"),
    )
}
