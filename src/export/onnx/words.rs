//! Texts of many words in ONNX: words are found and counted by onnxruntime's own `Tokenizer` (com.microsoft) and
//! `TfIdfVectorizer`, then weighed and scaled to length 1.

use super::block::{Block, unsayable};
use super::graph::{Graph, int, ints, string, strings};
use crate::export::Error;
use crate::features::{GramKind, Input, NGrams};

/// Letters, digits and underscores, two or more of them.
const WORD: &str = r"[\p{L}\p{N}_]{2,}";

/// The features of a column of texts, whose input is declared.
///
/// # Errors
/// For n-grams of characters and for hashed ones: no operator cuts or hashes so.
pub fn block(graph: &mut Graph, input: &Input, blocks: &[NGrams]) -> Result<Block, Error> {
    let column = graph.flat(&input.name);
    // The usual name of the locale that knows all letters; onnxruntime's default is often not installed.
    let lower = vec![
        string("case_change_action", "LOWER"),
        int("is_case_sensitive", 1),
        string("locale", "C.UTF-8"),
    ];
    let lower = graph.op("StringNormalizer", &[&column], lower);
    let settings = vec![
        int("mark", 0),
        string("pad_value", ""),
        int("mincharnum", 1),
        string("tokenexp", WORD),
    ];
    let tokens = graph.microsoft("Tokenizer", &[&lower], settings);
    let mut parts = Vec::new();
    for block in blocks {
        if block.of == GramKind::Characters {
            return Err(unsayable(input, "n-grams of characters have no such form"));
        }
        if block.buckets > 0 {
            return Err(unsayable(input, "hashed n-grams have no such form"));
        }
        parts.push(weighed(graph, block, &tokens));
    }
    Ok(Block::Numbers {
        value: graph.concat(&parts),
        width: input.width(),
        is_single: true,
    })
}

/// Counts of a block's n-grams, `1 + ln n` where it is sublinear, times idf, divided by `sqrt(Σ value²)`.
fn weighed(graph: &mut Graph, block: &NGrams, tokens: &str) -> String {
    let counts = counted(graph, block, tokens);
    let one = graph.singles(&[1], &[1.0]);
    let mut value = counts;
    if block.sublinear {
        // ln of at least 1, and nothing where there is nothing.
        let least = graph.op("Max", &[&value, &one], Vec::new());
        let ln = graph.op("Log", &[&least], Vec::new());
        let there = graph.op("Min", &[&value, &one], Vec::new());
        value = graph.op("Add", &[&there, &ln], Vec::new());
    }
    if !block.idf.is_empty() {
        let idf = graph.singles(&[1, block.idf.len()], &block.idf);
        value = graph.op("Mul", &[&value, &idf], Vec::new());
    }
    let axes = graph.whole(&[1], &[1]);
    let length = graph.op("ReduceL2", &[&value, &axes], Vec::new());
    // A text without any of them has length 0; the smallest normal number keeps 0/0 away.
    let tiny = graph.singles(&[1], &[f32::MIN_POSITIVE]);
    let length = graph.op("Max", &[&length, &tiny], Vec::new());
    graph.op("Div", &[&value, &length], Vec::new())
}

/// How often each n-gram of a block is in a text, `(rows, terms)` in 32 bits.
fn counted(graph: &mut Graph, block: &NGrams, tokens: &str) -> String {
    let [low, high] = block.range;
    let mut terms: Vec<(usize, i64, Vec<&str>)> = block
        .terms
        .iter()
        .enumerate()
        .map(|(place, term)| {
            let words: Vec<&str> = term.split(' ').collect();
            (words.len(), place as i64, words)
        })
        .collect();
    // The pool holds n-grams of one word first, then those of two, and so on.
    terms.sort_by_key(|(n, place, _)| (*n, *place));
    let starts = (1..=usize::from(high)).map(|n| {
        let before = terms.iter().filter(|(of, _, _)| *of < n);
        before.map(|(of, _, _)| *of as i64).sum()
    });
    let starts: Vec<i64> = starts.collect();
    let places = terms.iter().map(|(_, place, _)| *place).collect();
    let pool: Vec<&str> = terms
        .iter()
        .flat_map(|(_, _, words)| words.clone())
        .collect();
    graph.op(
        "TfIdfVectorizer",
        &[tokens],
        vec![
            string("mode", "TF"),
            int("min_gram_length", i64::from(low)),
            int("max_gram_length", i64::from(high)),
            int("max_skip_count", 0),
            ints("ngram_counts", starts),
            ints("ngram_indexes", places),
            strings("pool_strings", &pool),
        ],
    )
}
