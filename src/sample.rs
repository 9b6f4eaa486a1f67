//! Sample data: the projects that `unseat init` lays out, and wide numeric data for benchmarks.
//!
//! Goes in: how much, and a seed. Comes out: the bytes of CSV files with LF line endings. The same arguments give the
//! same bytes on every machine: the draws come from `ChaCha8Rng`, and all that is done with them is addition,
//! multiplication, division and rounding, so that no mathematics library can make a difference.
//!
//! Must not know: the disk, the time, the config.

mod referrals;

use std::collections::HashSet;
use std::io::{self, Write};
use std::ops::Range;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

pub use referrals::{referrals, related};

/// How many rows the second extract of a folder repeats from the end of the first.
const OVERLAP_ROWS: usize = 50;
/// Share of numeric cells that are left empty in the attrition data.
const ATTRITION_MISSING: f64 = 0.02;
/// Share of feature cells that are left empty in the wide data.
const WIDE_MISSING: f64 = 0.01;
/// The letters of a company's name: without vowels no name is a word.
const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz";

/// One file of a sample project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SampleFile {
    /// Where it belongs, relative to the project.
    pub path: &'static str,
    /// Its bytes.
    pub contents: Vec<u8>,
}

/// How companies behave in one period: their size, and what makes them leave.
///
/// A company's chance to leave is logistic in two numbers: how far the last month fell behind an average month of its
/// year, in `usual_activity`, and its employees, in `usual_employees`.
struct World {
    /// Median of a company's activity in an ordinary month.
    usual_activity: f64,
    /// Median of a company's number of employees.
    usual_employees: f64,
    /// Log-odds of leaving at a steady activity and no employees.
    base: f64,
    /// Change of the log-odds when a whole usual month of activity is missing.
    per_missing_month: f64,
    /// Change of the log-odds per usual number of employees.
    per_employees: f64,
}

/// The world of `practicedata`: a flat price, so that small companies leave a little sooner.
const FLAT_PRICE: World = World {
    usual_activity: 80.0,
    usual_employees: 18.0,
    base: -1.1,
    per_missing_month: 8.0,
    per_employees: -0.6,
};

/// The world of `sourcedata` and `testdata`: a price per seat, so that large companies leave; and everybody has grown.
const SEAT_PRICE: World = World {
    usual_activity: 110.0,
    usual_employees: 22.0,
    base: -3.9,
    per_missing_month: 8.0,
    per_employees: 1.5,
};

/// Share of companies that stay or leave for reasons that are not in the data.
const UNEXPLAINED: f64 = 0.04;

const ATTRITION_HEADER: &str =
    "corporation,lastmonth_activity,lastyear_activity,number_of_employees,exited\n";

/// Generates the attrition project's five files, each of `rows` rows.
///
/// Between `practicedata` and `sourcedata` behaviour really changes; `testdata` is from the later time and has companies
/// that no other file has. The second extract of a folder begins with the last rows of the first.
///
/// Use of the generator, seeded with `seed`: stream 0 draws the companies' names, stream n the n-th file's rows.
pub fn attrition(rows: u32, seed: u64) -> Vec<SampleFile> {
    let rows = rows as usize;
    let repeated = OVERLAP_ROWS.min(rows / 4);
    let mut names = Names::new(5 * rows, stream(seed, 0));
    let mut draw =
        |world, count, number| attrition_rows(world, count, &mut names, &mut stream(seed, number));

    let practice_1 = draw(&FLAT_PRICE, rows, 1);
    let practice_2 = draw(&FLAT_PRICE, rows - repeated, 2);
    let source_1 = draw(&SEAT_PRICE, rows, 3);
    let source_2 = draw(&SEAT_PRICE, rows - repeated, 4);
    let test = draw(&SEAT_PRICE, rows, 5);

    let tail = rows - repeated..rows;
    vec![
        attrition_file("practicedata/dataset1.csv", &[], &practice_1),
        attrition_file(
            "practicedata/dataset2.csv",
            &practice_1[tail.clone()],
            &practice_2,
        ),
        attrition_file("sourcedata/dataset3.csv", &[], &source_1),
        attrition_file("sourcedata/dataset4.csv", &source_1[tail], &source_2),
        attrition_file("testdata/testdata.csv", &[], &test),
    ]
}

fn attrition_file(path: &'static str, repeated: &[String], rows: &[String]) -> SampleFile {
    let lines = repeated.iter().chain(rows).map(String::as_str);
    let contents: String = std::iter::once(ATTRITION_HEADER).chain(lines).collect();
    SampleFile {
        path,
        contents: contents.into_bytes(),
    }
}

fn attrition_rows(
    world: &World,
    count: usize,
    names: &mut Names,
    rng: &mut ChaCha8Rng,
) -> Vec<String> {
    (0..count)
        .map(|_| attrition_row(world, &names.next(), rng))
        .collect()
}

fn attrition_row(world: &World, name: &str, rng: &mut ChaCha8Rng) -> String {
    let month = world.usual_activity * exp(0.6 * normal(rng));
    let last_month = (month * exp(0.6 * normal(rng) - 0.15)).round();
    let last_year = last_month + (11.0 * month * exp(0.1 * normal(rng))).round();
    let employees = 1.0 + (world.usual_employees * exp(0.8 * normal(rng))).round();

    let missing_months = (last_year / 12.0 - last_month) / world.usual_activity;
    let log_odds = world.base
        + world.per_missing_month * missing_months
        + world.per_employees * employees / world.usual_employees;
    let explained = uniform(rng) < logistic(log_odds);
    let exited = explained != (uniform(rng) < UNEXPLAINED);

    let mut cell = |value: f64| {
        if uniform(rng) < ATTRITION_MISSING {
            String::new()
        } else {
            value.to_string()
        }
    };
    let (last_month, last_year, employees) = (cell(last_month), cell(last_year), cell(employees));
    format!(
        "{name},{last_month},{last_year},{employees},{}\n",
        u8::from(exited)
    )
}

/// Names of companies, none of them twice: four letters, and more when so many are needed that four get scarce.
struct Names {
    letters: usize,
    taken: HashSet<String>,
    rng: ChaCha8Rng,
}

impl Names {
    fn new(needed: usize, rng: ChaCha8Rng) -> Self {
        let mut letters = 4;
        while LETTERS.len().pow(letters) < 2 * needed {
            letters += 1;
        }
        Names {
            letters: letters as usize,
            taken: HashSet::new(),
            rng,
        }
    }

    fn next(&mut self) -> String {
        loop {
            let name: String = (0..self.letters)
                .map(|_| char::from(letter(&mut self.rng)))
                .collect();
            if self.taken.insert(name.clone()) {
                return name;
            }
        }
    }
}

fn letter(rng: &mut ChaCha8Rng) -> u8 {
    LETTERS[(uniform(rng) * LETTERS.len() as f64) as usize]
}

/// Writes a numeric data set with two classes for benchmarks: `columns - 1` features `x1`, `x2`, … and last the `label`.
///
/// The features share three hidden factors, so they are correlated, and every fourth is heavy-tailed. They tell about
/// the label, the first ones most. What they tell does not depend on the seed, so files made with different seeds
/// belong together. Values have about six significant digits; one in a hundred is missing.
///
/// # Errors
/// What `out` answers; and `InvalidInput` for fewer than two columns.
pub fn wide(rows: u64, columns: u32, seed: u64, out: &mut dyn Write) -> io::Result<()> {
    if columns < 2 {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "wide data needs two columns or more",
        ));
    }
    let features: Vec<WideFeature> = (0..columns - 1).map(WideFeature::new).collect();
    let strength = 3.0
        / features
            .iter()
            .map(|feature| feature.weight * feature.weight)
            .sum::<f64>()
            .sqrt();
    let mut rng = stream(seed, 0);

    let mut buffer = Vec::with_capacity(FLUSH_BYTES + 32 * columns as usize);
    for number in 1..columns {
        buffer.extend_from_slice(format!("x{number},").as_bytes());
    }
    buffer.extend_from_slice(b"label\n");
    for _ in 0..rows {
        let factors = [normal(&mut rng), normal(&mut rng), normal(&mut rng)];
        let mut log_odds = -0.5;
        for feature in &features {
            let z = 0.5 * factors[feature.factor] + 0.866 * normal(&mut rng);
            log_odds += strength * feature.weight * z;
            if uniform(&mut rng) >= WIDE_MISSING {
                push_decimal(&mut buffer, feature.mantissa(z), feature.decimals);
            }
            buffer.push(b',');
        }
        let label = uniform(&mut rng) < logistic(log_odds);
        buffer.extend_from_slice(if label { b"1\n" } else { b"0\n" });
        if buffer.len() >= FLUSH_BYTES {
            out.write_all(&buffer)?;
            buffer.clear();
        }
    }
    out.write_all(&buffer)?;
    out.flush()
}

/// So many bytes are gathered before they are written.
const FLUSH_BYTES: usize = 1 << 18;

/// What one column of the wide data is like; depends on its place only.
struct WideFeature {
    factor: usize,
    weight: f64,
    heavy_tailed: bool,
    decimals: usize,
}

impl WideFeature {
    fn new(place: u32) -> Self {
        let sign = if place.is_multiple_of(2) { 1.0 } else { -1.0 };
        WideFeature {
            factor: (place % 3) as usize,
            weight: sign / (1.0 + f64::from(place) / 3.0),
            heavy_tailed: place % 4 == 2,
            decimals: 2 + (place % 3) as usize,
        }
    }

    /// The printed digits for a standard normal `z`, as a whole number.
    fn mantissa(&self, z: f64) -> i64 {
        let value = if self.heavy_tailed {
            10.0 * exp(0.8 * z)
        } else {
            25.0 + 10.0 * z
        };
        (value * 1e4).round() as i64
    }
}

/// Appends `mantissa / 10^decimals`.
fn push_decimal(out: &mut Vec<u8>, mantissa: i64, decimals: usize) {
    let mut digits = [b'0'; 20];
    let mut start = digits.len();
    let mut rest = mantissa.unsigned_abs();
    while rest > 0 {
        start -= 1;
        digits[start] = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    let point = digits.len() - decimals;
    let start = start.min(point - 1);
    if mantissa < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(&digits[start..point]);
    out.push(b'.');
    out.extend_from_slice(&digits[point..]);
}

fn stream(seed: u64, number: u64) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(number);
    rng
}

/// Draws from [0, 1): the upper 53 bits of one draw.
fn uniform(rng: &mut ChaCha8Rng) -> f64 {
    (rng.next_u64() >> 11) as f64 / (1u64 << 53) as f64
}

/// Draws from nearly a standard normal distribution: twelve 16-bit uniform numbers, of variance 1/12 each, less their
/// mean. Three draws; never beyond ±6; no logarithm and no cosine.
fn normal(rng: &mut ChaCha8Rng) -> f64 {
    const QUARTERS: Range<u32> = 0..4;
    let mut sum = 0;
    for _ in 0..3 {
        let draw = rng.next_u64();
        sum += QUARTERS
            .map(|quarter| draw >> (16 * quarter) & 0xffff)
            .sum::<u64>();
    }
    (sum as f64 + 6.0) / 65536.0 - 6.0
}

fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + exp(-x))
}

/// Computes e^x for |x| ≤ 30 (beyond that, of 30) to about twelve digits: the series at x/1024, squared ten times.
fn exp(x: f64) -> f64 {
    let small = x.clamp(-30.0, 30.0) / 1024.0;
    let series = 1.0
        + small
            * (1.0 + small / 2.0 * (1.0 + small / 3.0 * (1.0 + small / 4.0 * (1.0 + small / 5.0))));
    (0..10).fold(series, |power, _| power * power)
}

#[cfg(test)]
mod tests;
