//! How labels are spelled: which of them say the same, which look like a marker of a missing one, which are numbers that do
//! not read as one. Pure, on the texts alone.

use std::collections::{BTreeMap, BTreeSet};

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::features::{parse_number, spell_number};

/// Words for no and yes, pair by pair: `(no, yes)`.
const FORMS: &[(&str, &str)] = &[
    ("0", "1"),
    ("no", "yes"),
    ("n", "y"),
    ("false", "true"),
    ("f", "t"),
    ("off", "on"),
    ("negative", "positive"),
    ("neg", "pos"),
    // Of other languages, as they are folded: without accents.
    ("nein", "ja"),
    ("n", "j"),
    ("nej", "ja"),
    ("nee", "ja"),
    ("non", "oui"),
    ("no", "si"),
    ("nao", "sim"),
    ("nie", "tak"),
    ("ne", "ano"),
    ("nem", "igen"),
    ("hayir", "evet"),
    ("het", "дa"),
    ("否", "是"),
    ("いいえ", "はい"),
];
/// More labels than this are not words for no and yes.
const MOST_FORMS: usize = 20;

/// What people write where they do not know; compared in lower case.
const MARKERS: &[&str] = &[
    "?",
    "??",
    "???",
    "-",
    "--",
    "---",
    "–",
    "—",
    ".",
    "..",
    "...",
    "_",
    "*",
    "#",
    "na",
    "n/a",
    "n.a.",
    "n.a",
    "#n/a",
    "<na>",
    "nan",
    "null",
    "\\n",
    "nil",
    "unknown",
    "unk",
    "undefined",
    "missing",
    "not available",
    "not known",
    "unspecified",
    "tbd",
    "todo",
    "blank",
    "empty",
    "(blank)",
    "(empty)",
    "(null)",
    "-99",
    "-999",
    "-9999",
    "9999",
    "99999",
];

/// In what labels of one meaning differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Differ {
    /// `Yes` and `YES`.
    Case,
    /// `two year` and `two-year`.
    Blanks,
    /// `résilié` and `resilie`; letters of another script that look the same.
    Accents,
    /// `no` and `no.`.
    Punctuation,
    /// `churned` and `chruned`.
    Letter,
    /// `1` and `yes`, `1` and `1.0`.
    Form,
}

impl Differ {
    pub(super) fn name(self) -> &'static str {
        match self {
            Differ::Case => "case",
            Differ::Blanks => "blanks or hyphens",
            Differ::Accents => "accents or letters that look alike",
            Differ::Punctuation => "punctuation",
            Differ::Letter => "a letter",
            Differ::Form => "form",
        }
    }
}

/// Labels that say the same, in the order given, and in what they differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Variants {
    pub(super) labels: Vec<String>,
    pub(super) differ: BTreeSet<Differ>,
}

/// The groups of labels that say the same.
pub(super) fn variants(labels: &[&str]) -> Vec<Variants> {
    let is_mixed = mixes_forms(labels);
    let mut groups: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for label in labels {
        let plain = folded(label);
        let key = match form_of(&plain).filter(|_| is_mixed) {
            Some((_, is_yes)) => format!("\u{0}{is_yes}"),
            None => plain,
        };
        groups.entry(key).or_default().push(label);
    }
    let several = groups.into_values().filter(|group| group.len() > 1);
    several
        .map(|group| Variants {
            differ: group[1..]
                .iter()
                .map(|other| differ(group[0], other))
                .collect(),
            labels: group.into_iter().map(str::to_string).collect(),
        })
        .collect()
}

/// A label without case, accents and punctuation at its ends, and with one blank for blanks, hyphens and underscores; a number
/// as numbers are spelled.
pub(super) fn folded(label: &str) -> String {
    if let Some(number) = parse_number(label) {
        return spell_number(number);
    }
    let folded = bare(&unaccented(&spaced(label)));
    if folded.is_empty() {
        label.to_string()
    } else {
        folded
    }
}

/// In lower case, with one blank for blanks, hyphens and underscores. Signs at the ends stay: `A-` and `A` are two grades.
fn spaced(label: &str) -> String {
    let label = label.trim();
    let is_sign = |c: char| matches!(c, '-' | '+');
    let core = label.trim_matches(is_sign);
    if core.is_empty() {
        return String::new();
    }
    let from = label.find(core).unwrap_or(0);
    let is_gap = |c: char| c.is_whitespace() || matches!(c, '-' | '_' | '\u{ad}' | '\u{200b}');
    let words: Vec<&str> = core.split(is_gap).filter(|word| !word.is_empty()).collect();
    let (front, back) = (&label[..from], &label[from + core.len()..]);
    format!("{front}{}{back}", words.join(" ").to_lowercase())
}

/// Without accents, however they are composed, and with the Latin letter for one that looks the same.
fn unaccented(text: &str) -> String {
    if text.is_ascii() {
        return text.to_string();
    }
    let bare = text.nfkd().filter(|c| !is_combining_mark(*c));
    bare.map(|c| match c {
        'а' | 'α' => 'a',
        'в' => 'b',
        'с' => 'c',
        'е' | 'ε' => 'e',
        'һ' | 'н' => 'h',
        'і' | 'ι' | 'ı' => 'i',
        'ј' => 'j',
        'к' | 'κ' => 'k',
        'м' => 'm',
        'о' | 'ο' => 'o',
        'р' | 'ρ' => 'p',
        'ѕ' => 's',
        'т' | 'τ' => 't',
        'у' | 'υ' => 'y',
        'х' | 'χ' => 'x',
        'ß' => 's',
        other => other,
    })
    .collect()
}

/// Without punctuation at its ends.
fn bare(text: &str) -> String {
    let is_mark = |c: char| {
        c.is_whitespace()
            || matches!(
                c,
                '.' | ',' | ';' | ':' | '!' | '"' | '\'' | '`' | '´' | '‘' | '’' | '“' | '”' | '„'
            )
    };
    text.trim_matches(is_mark).to_string()
}

/// Which pair of [`FORMS`] a folded label is of, and whether it says yes.
fn form_of(plain: &str) -> Option<(usize, bool)> {
    let at = |(at, (no, yes)): (usize, &(&str, &str))| match plain {
        word if word == *no => Some((at, false)),
        word if word == *yes => Some((at, true)),
        _ => None,
    };
    FORMS.iter().enumerate().find_map(at)
}

/// Whether most labels are words for no and yes, of more than one pair, one of which is whole: letters and digits that are
/// classes of their own are not taken for such words.
fn mixes_forms(labels: &[&str]) -> bool {
    if labels.len() > MOST_FORMS {
        return false;
    }
    let forms: BTreeSet<(usize, bool)> = labels
        .iter()
        .filter_map(|label| form_of(&folded(label)))
        .collect();
    let pairs: BTreeSet<usize> = forms.iter().map(|(pair, _)| *pair).collect();
    let is_whole = |pair: &usize| forms.contains(&(*pair, true)) && forms.contains(&(*pair, false));
    let named = labels.iter().filter(|it| form_of(&folded(it)).is_some());
    pairs.len() > 1 && pairs.iter().any(is_whole) && named.count() * 2 >= labels.len()
}

fn differ(a: &str, b: &str) -> Differ {
    if a.to_lowercase() == b.to_lowercase() {
        return Differ::Case;
    }
    if parse_number(a).is_some() || folded(a) != folded(b) {
        Differ::Form
    } else if spaced(a) == spaced(b) {
        Differ::Blanks
    } else if unaccented(&spaced(a)) == unaccented(&spaced(b)) {
        Differ::Accents
    } else {
        Differ::Punctuation
    }
}

/// A class so rare beside another that one letter in it may be a slip.
const RARE: u64 = 5;
/// Shorter words differ in a letter and mean something else.
const SHORTEST: usize = 5;

/// Rare labels that differ from a frequent one in one letter of one long word, not the first and not the last: slips of the
/// pen, not classes. Those of one meaning are told elsewhere.
pub(super) fn slips(counts: &[(String, u64)]) -> Vec<Variants> {
    let mut found = Vec::new();
    if counts.len() > MOST_FORMS {
        return found;
    }
    for (rare, n) in counts {
        let likes = counts
            .iter()
            .filter(|(other, m)| n * RARE <= *m && is_slip(rare, other));
        if let Some((frequent, _)) = likes.max_by_key(|(_, m)| *m) {
            found.push(Variants {
                labels: vec![frequent.clone(), rare.clone()],
                differ: BTreeSet::from([Differ::Letter]),
            });
        }
    }
    found
}

fn is_slip(one: &str, other: &str) -> bool {
    let (one, other) = (folded(one), folded(other));
    let (one, other): (Vec<&str>, Vec<&str>) =
        (one.split(' ').collect(), other.split(' ').collect());
    if one.len() != other.len() {
        return false;
    }
    let mut pairs = one.iter().zip(&other).filter(|(one, other)| one != other);
    let (Some((one, other)), None) = (pairs.next(), pairs.next()) else {
        return false;
    };
    let is_word = |it: &str| it.chars().count() >= SHORTEST && it.chars().all(char::is_alphabetic);
    let ends = |it: &str| (it.chars().next(), it.chars().next_back());
    is_word(one)
        && is_word(other)
        && ends(one) == ends(other)
        && strsim::osa_distance(one, other) == 1
}

/// Whether a label looks like a marker of a missing one.
pub(super) fn is_marker(label: &str) -> bool {
    let plain = label.trim();
    // As Python writes it into texts; `none` is a class of many a target.
    plain == "None" || MARKERS.contains(&plain.to_lowercase().as_str())
}

/// What a label is, as far as numbers go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Numeric {
    /// A number as it is read.
    Plain,
    /// A number as people write it: with a currency, a per cent sign, or separators of another country.
    Local,
    /// None.
    No,
}

/// Signs and codes beside an amount.
const CURRENCIES: &[&str] = &[
    "$", "€", "£", "¥", "₹", "₽", "₩", "%", "usd", "eur", "gbp", "chf", "jpy", "cad", "aud", "inr",
    "sek", "nok", "dkk", "pln", "kr", "zł", "fr.",
];

/// Whether a label is a number, and in which form.
pub(super) fn numeric(label: &str) -> Numeric {
    if parse_number(label).is_some() {
        return Numeric::Plain;
    }
    let mut rest = label.trim().to_lowercase();
    for sign in CURRENCIES {
        let bare = rest.strip_prefix(sign).or_else(|| rest.strip_suffix(sign));
        if let Some(bare) = bare {
            rest = bare.trim().to_string();
        }
        // `-$5`: the sign may be before the currency.
        if let Some(bare) = rest.strip_prefix('-').and_then(|it| it.strip_prefix(sign)) {
            rest = format!("-{}", bare.trim());
        }
    }
    if let Some(inner) = rest.strip_prefix('(').and_then(|it| it.strip_suffix(')')) {
        rest = inner.to_string();
    }
    let body = rest
        .trim_start_matches(['-', '+', '−'])
        .trim_end_matches('-');
    let is_grouped = |c: char| {
        c.is_ascii_digit()
            || matches!(
                c,
                ',' | '.' | '\'' | '’' | ' ' | '\u{a0}' | '\u{202f}' | '\u{2009}'
            )
    };
    let digits = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    let is_number = body.chars().all(is_grouped)
        && digits(body.chars().next().filter(|c| *c != ','))
        && digits(body.chars().last())
        && !looks_like_a_day(body);
    if is_number {
        Numeric::Local
    } else {
        Numeric::No
    }
}

/// `31.12.2024`, `1.2.3`: three parts between dots that are not groups of thousands.
fn looks_like_a_day(body: &str) -> bool {
    let parts: Vec<&str> = body.split('.').collect();
    parts.len() > 2 && parts[1..].iter().any(|part| part.len() != 3)
}
