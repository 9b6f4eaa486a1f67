//! Blocks of n-grams, ready to weigh texts.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use super::tokens::each_gram;
use super::{GramKind, NGrams};

/// N-gram → what belongs to it. XXH3 of the whole text in one go.
pub type TermMap<V> = HashMap<Box<str>, V, BuildHasherDefault<TermHasher>>;

/// See [`TermMap`].
#[derive(Default)]
pub struct TermHasher(u64);

impl Hasher for TermHasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0 = xxh3_64_with_seed(bytes, self.0);
    }
    /// What ends a text; texts are hashed whole, so it carries no information.
    fn write_u8(&mut self, _: u8) {}
    fn finish(&self) -> u64 {
        self.0
    }
}

/// The blocks of one column, ready to weigh texts.
#[derive(Debug, Clone)]
pub struct Grams {
    blocks: Vec<Block>,
}

#[derive(Debug, Clone)]
struct Block {
    of: GramKind,
    range: [u8; 2],
    sublinear: bool,
    index: TermMap<u32>,
    buckets: u32,
    idf: Vec<f32>,
    /// First feature of the block within the column.
    offset: u32,
}

impl Grams {
    /// Makes look-up tables of the terms.
    pub fn new(blocks: &[NGrams]) -> Self {
        let mut offset = 0;
        let block = |block: &NGrams| {
            let terms = block.terms.iter().enumerate();
            let made = Block {
                of: block.of,
                range: block.range,
                sublinear: block.sublinear,
                index: terms
                    .map(|(at, it)| (it.as_str().into(), at as u32))
                    .collect(),
                buckets: block.buckets,
                idf: block.idf.clone(),
                offset,
            };
            offset += block.width() as u32;
            made
        };
        Grams {
            blocks: blocks.iter().map(block).collect(),
        }
    }

    /// The features of a text that are not 0, ascending, in the place of what `found` held: counts, then `1 + ln n` where
    /// the block is sublinear, times idf, each block divided by its length `sqrt(Σ value²)`.
    pub fn weigh(&self, text: &str, found: &mut Vec<(u32, f32)>) {
        found.clear();
        let mut terms = Vec::new();
        for block in &self.blocks {
            block.terms(text, &mut terms);
            let weighed = terms.chunk_by(|one, other| one == other).map(|same| {
                let n = same.len() as f64;
                let count = if block.sublinear { 1.0 + n.ln() } else { n };
                let idf = block.idf.get(same[0] as usize);
                (same[0], count * idf.map_or(1.0, |idf| f64::from(*idf)))
            });
            let weighed: Vec<(u32, f64)> = weighed.collect();
            let length = weighed.iter().map(|(_, it)| it * it).sum::<f64>().sqrt();
            // Every idf may be 0.
            let per_length = if length > 0.0 { 1.0 / length } else { 0.0 };
            let scaled = weighed
                .into_iter()
                .map(|(term, value)| (block.offset + term, (value * per_length) as f32));
            found.extend(scaled);
        }
    }
}

impl Grams {
    /// The n-grams of a text that have a feature, with its place, ascending; each once. A piece of a word is in quotes.
    pub fn named(&self, text: &str) -> Vec<(u32, String)> {
        let mut named = Vec::new();
        for block in &self.blocks {
            each_gram(text, block.of, block.range, &mut |gram| {
                let place = match block.buckets {
                    0 => block.index.get(gram).copied(),
                    buckets => Some(bucket_of(gram, buckets)),
                };
                let gram = match block.of {
                    GramKind::Words => gram.to_string(),
                    GramKind::Characters => format!("\"{gram}\""),
                };
                named.extend(place.map(|place| (block.offset + place, gram)));
            });
        }
        named.sort();
        named.dedup();
        named
    }
}

impl Block {
    /// The features of its n-grams in a text, ascending, as often as they stand in it.
    fn terms(&self, text: &str, terms: &mut Vec<u32>) {
        terms.clear();
        each_gram(text, self.of, self.range, &mut |gram| match self.buckets {
            0 => terms.extend(self.index.get(gram)),
            buckets => terms.push(bucket_of(gram, buckets)),
        });
        terms.sort_unstable();
    }
}

/// The bucket of an n-gram.
pub fn bucket_of(gram: &str, buckets: u32) -> u32 {
    (xxh3_64(gram.as_bytes()) % u64::from(buckets)) as u32
}
