//! The body of a request: collected within bounds of bytes and time, and unpacked.

use std::io::Read;
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use futures_util::{Stream, StreamExt};
use warp::http::HeaderMap;
use warp::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, EXPECT};

use super::{Code, Problem};

/// Collects a body.
///
/// # Errors
/// 413 beyond `most` bytes, packed or unpacked; 408 when it does not arrive in `time`; 415 for an encoding other than gzip.
pub async fn collect<B: Buf>(
    headers: &HeaderMap,
    stream: impl Stream<Item = Result<B, warp::Error>>,
    most: usize,
    time: Duration,
) -> Result<Bytes, Problem> {
    let announced = headers
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > most) {
        return Err(too_large(most));
    }
    let packed = tokio::time::timeout(time, gather(stream, most))
        .await
        .map_err(|_| {
            Problem::new(
                Code::RequestTimeout,
                "the body did not arrive in the time the server allows",
            )
        })??;
    match headers.get(CONTENT_ENCODING).map(|value| value.as_bytes()) {
        None | Some(b"identity") => Ok(packed),
        Some(b"gzip") => unpacked(&packed, most),
        Some(_) => Err(Problem::new(
            Code::UnsupportedMediaType,
            "the body may be packed with gzip, or not at all",
        )),
    }
}

/// Most of a body that is read only to be thrown away, in bytes and in time.
const MOST_DISCARDED: usize = 64 << 20;
const DISCARD: Duration = Duration::from_secs(2);

/// Reads what is left of the body of a request that is refused: a client that is still sending would not see the answer, and
/// the connection could not be used again. False when too much is left, or it does not come, or is not sent before we ask.
pub async fn discard<B: Buf>(
    headers: &HeaderMap,
    mut stream: impl Stream<Item = Result<B, warp::Error>> + Unpin,
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

async fn gather<B: Buf>(
    stream: impl Stream<Item = Result<B, warp::Error>>,
    most: usize,
) -> Result<Bytes, Problem> {
    let mut stream = std::pin::pin!(stream);
    // Nearly every body comes in one piece, which is taken as it is.
    let mut first = Bytes::new();
    let mut rest = BytesMut::new();
    while let Some(piece) = stream.next().await {
        let mut piece = piece
            .map_err(|_| Problem::new(Code::BadRequest, "the body broke off before its end"))?;
        if first.len() + rest.len() + piece.remaining() > most {
            return Err(too_large(most));
        }
        if first.is_empty() {
            first = piece.copy_to_bytes(piece.remaining());
        } else {
            rest.extend_from_slice(&piece.copy_to_bytes(piece.remaining()));
        }
    }
    if rest.is_empty() {
        return Ok(first);
    }
    let mut whole = BytesMut::with_capacity(first.len() + rest.len());
    whole.extend_from_slice(&first);
    whole.extend_from_slice(&rest);
    Ok(whole.freeze())
}

fn unpacked(packed: &[u8], most: usize) -> Result<Bytes, Problem> {
    let mut whole = Vec::new();
    // One byte more than allowed tells a bomb from a large body.
    let mut reader = flate2::read::MultiGzDecoder::new(packed).take(most as u64 + 1);
    reader
        .read_to_end(&mut whole)
        .map_err(|_| Problem::new(Code::BadRequest, "the body is announced as gzip and is not"))?;
    if whole.len() > most {
        return Err(too_large(most));
    }
    Ok(whole.into())
}

fn too_large(most: usize) -> Problem {
    Problem::new(
        Code::TooLarge,
        format!("the body is larger than {most} bytes; send it in parts"),
    )
}
