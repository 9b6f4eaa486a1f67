//! Changed copies of known inputs, given to a reader one after another. An input whose outcome is new is kept and changed
//! further, so that the search gets beyond the first thing that is wrong.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rand::{Rng, RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;
use xxhash_rust::xxh3::xxh3_64;

/// Cases of a target when nothing is said.
const CASES: u64 = 300;
/// Most bytes of a case.
const MOST_BYTES: usize = 64 << 10;
/// Most inputs that are kept to be changed.
const MOST_KEPT: usize = 4096;
/// Most bytes of a case that is kept for good, and about how many of a target.
const KEPT_BYTES: usize = 1500;
const KEPT: usize = 20;
/// Numbers at whose sight readers stumble.
const NUMBERS: [&str; 14] = [
    "0",
    "-1",
    "-0",
    "1e308",
    "-1e309",
    "1e-400",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551616",
    "4294967295",
    "0.1",
    "null",
    "NaN",
    "1e5",
];

/// Gives a reader its known inputs, those below `tests/fuzz/<name>`, and changed copies of all of them. `check` reads one and
/// tells the outcome in a word or two; it panics where something is wrong.
pub fn fuzz(name: &str, seeds: &[&[u8]], words: &[&str], check: impl Fn(&[u8]) -> String) {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fuzz")
        .join(name);
    let mut known: Vec<Vec<u8>> = seeds.iter().map(|seed| seed.to_vec()).collect();
    let kept = std::fs::read_dir(&folder).into_iter().flatten();
    let mut paths: Vec<PathBuf> = kept.filter_map(|it| Some(it.ok()?.path())).collect();
    paths.sort();
    known.extend(
        paths
            .iter()
            .map(|path| std::fs::read(path).expect("a readable case")),
    );
    let number = |name: &str| {
        std::env::var(name)
            .ok()
            .map(|it| it.parse::<u64>().expect("a number"))
    };
    let seconds = number("UNSEAT_FUZZ_SECONDS").map(Duration::from_secs);
    let mut random = ChaCha8Rng::seed_from_u64(number("UNSEAT_FUZZ_SEED").unwrap_or(1));
    let began = Instant::now();
    let mut outcomes = HashSet::new();
    let mut slowest = (Duration::ZERO, Vec::new());
    let mut n_cases = 0;
    let mut run = |case: &[u8]| {
        let at = Instant::now();
        let outcome = catch_unwind(AssertUnwindSafe(|| check(case))).unwrap_or_else(|_| {
            std::fs::create_dir_all(&folder).expect("a folder");
            let path = folder.join(format!("{:016x}", xxh3_64(case)));
            std::fs::write(&path, case).expect("is written");
            panic!("{name}: the case in {} panics", path.display());
        });
        if at.elapsed() > slowest.0 {
            slowest = (at.elapsed(), case.to_vec());
        }
        outcome
    };
    for case in &known {
        outcomes.insert(xxh3_64(run(case).as_bytes()));
    }
    loop {
        let is_over = match seconds {
            Some(seconds) => began.elapsed() >= seconds,
            None => n_cases >= CASES,
        };
        if is_over {
            break;
        }
        n_cases += 1;
        let case = changed(&known, words, &mut random);
        if outcomes.insert(xxh3_64(run(&case).as_bytes())) && known.len() < MOST_KEPT {
            known.push(case);
        }
    }
    if let Some(place) = std::env::var_os("UNSEAT_FUZZ_KEEP") {
        keep(&PathBuf::from(place).join(name), &known[seeds.len()..]);
    }
    let (longest, _) = &slowest;
    println!(
        "{name}: {n_cases} cases, {} outcomes, the slowest took {longest:?}",
        outcomes.len()
    );
    if let Some(folder) = std::env::var_os("UNSEAT_FUZZ_SLOWEST") {
        std::fs::write(PathBuf::from(folder).join(name), &slowest.1).expect("is written");
    }
}

/// Writes small inputs whose outcomes were new, spread over the search: what comes later got further.
fn keep(folder: &Path, found: &[Vec<u8>]) {
    let small: Vec<&Vec<u8>> = found.iter().filter(|it| it.len() <= KEPT_BYTES).collect();
    std::fs::create_dir_all(folder).expect("a folder");
    for case in small.iter().step_by((small.len() / KEPT).max(1)) {
        let path = folder.join(format!("{:016x}", xxh3_64(case)));
        std::fs::write(path, case).expect("is written");
    }
}

/// A known input with a few changes.
fn changed(known: &[Vec<u8>], words: &[&str], random: &mut ChaCha8Rng) -> Vec<u8> {
    let mut case = known[random.random_range(0..known.len())].clone();
    for _ in 0..random.random_range(1..8) {
        change(&mut case, known, words, random);
        case.truncate(MOST_BYTES);
    }
    // What is still JSON gets past the parser: values change places there.
    if random.random_range(0..3) == 0
        && let Ok(mut value) = serde_json::from_slice::<Value>(&case)
    {
        for _ in 0..random.random_range(1..4) {
            exchange(&mut value, random);
        }
        case = serde_json::to_vec(&value).expect("JSON");
        case.truncate(MOST_BYTES);
    }
    case
}

/// Puts another value in the place of one, takes it out, or has it twice.
fn exchange(value: &mut Value, random: &mut ChaCha8Rng) {
    let mut places = Vec::new();
    pointers(value, String::new(), &mut places);
    let any = |random: &mut ChaCha8Rng| places[random.random_range(0..places.len())].clone();
    let (at, from) = (any(random), any(random));
    let other = match random.random_range(0..4) {
        0 => value.pointer(&from).cloned().unwrap_or_default(),
        1 => {
            serde_json::from_str(NUMBERS[random.random_range(0..NUMBERS.len())]).unwrap_or_default()
        }
        2 => [
            Value::Null,
            true.into(),
            "".into(),
            Value::Array(Vec::new()),
        ][random.random_range(0..4)]
        .clone(),
        _ => {
            // A list with an element less or more is as long as no other.
            if let Some(Value::Array(list)) = value.pointer_mut(&at)
                && !list.is_empty()
            {
                let index = random.random_range(0..list.len());
                match random.random_range(0..2) {
                    0 => drop(list.remove(index)),
                    _ => list.push(list[index].clone()),
                }
            }
            return;
        }
    };
    if let Some(place) = value.pointer_mut(&at) {
        *place = other;
    }
}

/// Where the values of a JSON value stand.
fn pointers(value: &Value, at: String, places: &mut Vec<String>) {
    match value {
        Value::Array(list) => {
            for (index, value) in list.iter().enumerate() {
                pointers(value, format!("{at}/{index}"), places);
            }
        }
        Value::Object(members) => {
            for (name, value) in members {
                let name = name.replace('~', "~0").replace('/', "~1");
                pointers(value, format!("{at}/{name}"), places);
            }
        }
        _ => {}
    }
    places.push(at);
}

fn change(case: &mut Vec<u8>, known: &[Vec<u8>], words: &[&str], random: &mut ChaCha8Rng) {
    let at = random.random_range(0..case.len() + 1);
    let end = (at + random.random_range(0..24)).min(case.len());
    match random.random_range(0..9) {
        0 if at < case.len() => case[at] ^= 1 << random.random_range(0..8),
        1 => {
            let mut bytes = [0; 4];
            random.fill_bytes(&mut bytes);
            case.splice(at..at, bytes);
        }
        2 => drop(case.drain(at..end)),
        3 => {
            let part = case[at..end].to_vec();
            let times = [1, 2, 5, 200][random.random_range(0..4)];
            case.splice(end..end, part.repeat(times));
        }
        4 => {
            let other = &known[random.random_range(0..known.len())];
            let from = random.random_range(0..other.len() + 1);
            let length = random.random_range(0..200).min(other.len() - from);
            case.splice(at..end, other[from..from + length].to_vec());
        }
        5 | 6 if !words.is_empty() => {
            let word = words[random.random_range(0..words.len())];
            case.splice(at..end, word.bytes());
        }
        7 => {
            // A whole number in place of another, so that lengths, indices and counts become wrong ones.
            let is_digit = |byte: &u8| byte.is_ascii_digit();
            let Some(begin) = case[at..].iter().position(is_digit).map(|it| it + at) else {
                return;
            };
            let length = case[begin..].iter().position(|it| !is_digit(it));
            let end = length.map_or(case.len(), |length| begin + length);
            let number = NUMBERS[random.random_range(0..NUMBERS.len())];
            case.splice(begin..end, number.bytes());
        }
        _ => case.truncate(at),
    }
}
