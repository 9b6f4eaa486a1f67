//! Pixels to PNG: few colours become a palette, compressed fast.
//!
//! A plot has few colours, so one byte per pixel is nearly always enough and a third of the bytes are left to compress.
//! With more than 256 colours the image is written as RGB. It must not know what the pixels show.

use std::collections::HashMap;
use std::io::Write;

use flate2::{Compression, Crc, write::ZlibEncoder};

use super::error::Error;

const SIGNATURE: [u8; 8] = [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n'];

/// Colour types of the format.
const RGB: u8 = 2;
const PALETTE: u8 = 3;

/// Stands before each line: it is written as it is, since a palette index says nothing about its neighbour.
const NO_FILTER: u8 = 0;

/// Encodes `(height, width, 3)` bytes of RGB.
///
/// # Errors
/// When the compressor fails.
pub(super) fn encode(width: u32, height: u32, rgb: &[u8]) -> Result<Vec<u8>, Error> {
    let row = width.max(1) as usize * 3;
    let mut out = SIGNATURE.to_vec();
    match index(rgb, row) {
        Some((palette, lines)) => {
            chunk(&mut out, b"IHDR", &header(width, height, PALETTE));
            chunk(&mut out, b"PLTE", &palette);
            chunk(&mut out, b"IDAT", &compress(&lines)?);
        }
        None => {
            chunk(&mut out, b"IHDR", &header(width, height, RGB));
            let lines: Vec<u8> = rgb
                .chunks(row)
                .flat_map(|line| [&[NO_FILTER], line].concat())
                .collect();
            chunk(&mut out, b"IDAT", &compress(&lines)?);
        }
    }
    chunk(&mut out, b"IEND", &[]);
    Ok(out)
}

fn header(width: u32, height: u32, colour_type: u8) -> Vec<u8> {
    let mut header = Vec::with_capacity(13);
    header.extend(width.to_be_bytes());
    header.extend(height.to_be_bytes());
    // Eight bits per sample; deflate, the standard filters, not interlaced.
    header.extend([8, colour_type, 0, 0, 0]);
    header
}

/// The colours in order of appearance, and lines of one index per pixel; `None` with more than 256 colours.
fn index(rgb: &[u8], row: usize) -> Option<(Vec<u8>, Vec<u8>)> {
    let mut known: HashMap<[u8; 3], u8> = HashMap::new();
    let mut palette = Vec::new();
    let mut lines = Vec::with_capacity(rgb.len() / 3 + rgb.len() / row + 1);
    let mut last: Option<([u8; 3], u8)> = None;
    for line in rgb.chunks(row) {
        lines.push(NO_FILTER);
        for pixel in line.chunks_exact(3) {
            let colour = [pixel[0], pixel[1], pixel[2]];
            let index = match last {
                Some((same, index)) if same == colour => index,
                _ => index_of(colour, &mut known, &mut palette)?,
            };
            last = Some((colour, index));
            lines.push(index);
        }
    }
    Some((palette, lines))
}

/// The index of a colour, a new one if need be; `None` when all are taken.
fn index_of(
    colour: [u8; 3],
    known: &mut HashMap<[u8; 3], u8>,
    palette: &mut Vec<u8>,
) -> Option<u8> {
    if let Some(&index) = known.get(&colour) {
        return Some(index);
    }
    let index = u8::try_from(known.len()).ok()?;
    known.insert(colour, index);
    palette.extend(colour);
    Some(index)
}

fn compress(lines: &[u8]) -> Result<Vec<u8>, Error> {
    let mut encoder = ZlibEncoder::new(Vec::with_capacity(32 * 1024), Compression::fast());
    encoder.write_all(lines).map_err(Error::Encode)?;
    encoder.finish().map_err(Error::Encode)
}

fn chunk(out: &mut Vec<u8>, kind: &[u8; 4], data: &[u8]) {
    let mut crc = Crc::new();
    crc.update(kind);
    crc.update(data);
    // A sheet is at most 4000 × 4000 pixels, so a chunk's length fits.
    out.extend((data.len() as u32).to_be_bytes());
    out.extend(kind);
    out.extend(data);
    out.extend(crc.sum().to_be_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_many_colours_are_written_as_rgb() {
        let rgb: Vec<u8> = (0..300u32)
            .flat_map(|n| [(n % 256) as u8, (n / 256) as u8, 7])
            .collect();
        assert_eq!(index(&rgb, 30), None);
        assert_eq!(encode(10, 30, &rgb).unwrap()[25], RGB);
        assert_eq!(index(&rgb[..60], 30).unwrap().1.len(), 22);
    }
}
