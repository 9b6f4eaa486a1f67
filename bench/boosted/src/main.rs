//! Boosts trees on a matrix out of files, in this folder's parent's own sources: `unseat-bench-boosted FOLDER ROUNDS THREADS
//! [LEARNING_RATE LEAVES DEPTH]`.
//!
//! FOLDER holds, little-endian: `shape.txt` (train rows, test rows, numbers, classes with 0 for numbers to learn, then the
//! width of each one-hot block), `train_x.f32` and `test_x.f32` row-major, `train_places.u32` and `test_places.u32` row-major,
//! `train_y.f64`. Writes the margins of the test rows to `margins.f64`, row-major, and one JSON object of figures to stdout.
//! What is not read from files is timed.

#[path = "../../../src/learners/boosted/bins.rs"]
mod bins;
#[path = "../../../src/learners/boosted/coding.rs"]
mod coding;
#[path = "../../../src/learners/boosted/cuts.rs"]
mod cuts;
#[path = "../../../src/learners/boosted/exp.rs"]
mod exp;
#[path = "../../../src/learners/boosted/groups.rs"]
mod groups;
#[path = "../../../src/learners/boosted/grow.rs"]
mod grow;
#[path = "../../../src/learners/boosted/histograms.rs"]
mod histograms;
#[path = "../../../src/learners/boosted/loss.rs"]
mod loss;
#[path = "../../../src/learners/boosted/margins.rs"]
mod margins;
#[path = "../../../src/learners/boosted/packed.rs"]
mod packed;
#[path = "../../../src/learners/boosted/partition.rs"]
mod partition;
#[path = "../../../src/learners/boosted/rounds.rs"]
mod rounds;
#[path = "../../../src/learners/boosted/split.rs"]
mod split;

use std::fs;
use std::path::Path;
use std::time::Instant;

use bins::{Stretch, Table, encode, read};
use grow::Size;
use loss::Goal;
use rounds::{Settings, boost};

struct Files {
    n_rows: usize,
    features: Vec<u32>,
    blocks: Vec<(u32, u32)>,
    numbers: Vec<f32>,
    places: Vec<u32>,
}

impl Table for Files {
    fn n_rows(&self) -> usize {
        self.n_rows
    }

    fn numbers(&self) -> &[u32] {
        &self.features
    }

    fn blocks(&self) -> &[(u32, u32)] {
        &self.blocks
    }

    fn read(&self, start: usize, end: usize, into: &mut Stretch) {
        let (n, k) = (self.features.len(), self.blocks.len());
        into.numbers.clear();
        into.numbers
            .extend_from_slice(&self.numbers[start * n..end * n]);
        into.places.clear();
        into.places
            .extend_from_slice(&self.places[start * k..end * k]);
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let folder = Path::new(&arguments[1]);
    let number = |at: usize, usual: f64| {
        arguments
            .get(at)
            .map_or(usual, |text| text.parse().expect("a number"))
    };
    let (rounds, threads) = (number(2, 100.0) as usize, number(3, 2.0) as usize);
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build_global();
    pool.expect("threads");
    let shape = fs::read_to_string(folder.join("shape.txt")).expect("shape.txt");
    let shape: Vec<usize> = shape
        .split_whitespace()
        .map(|word| word.parse().expect("a number"))
        .collect();
    let (n_classes, widths) = (shape[3], &shape[4..]);
    let train = files(folder, "train", shape[0], shape[2], widths);
    let test = files(folder, "test", shape[1], shape[2], widths);
    let y: Vec<f64> = load(&folder.join("train_y.f64"), f64::from_le_bytes);
    let class: Vec<u32> = y.iter().map(|&y| y as u32).collect();
    let (held, cpu, began) = (memory("VmRSS"), cpu_seconds(), Instant::now());

    let (coding, bins, _) = encode(&train, None);
    let binned = began.elapsed().as_secs_f64();
    let (weight, is_present) = (vec![1.0; n_classes], vec![true; n_classes]);
    let centre = y.iter().sum::<f64>() / y.len() as f64;
    let square = y.iter().map(|y| (y - centre).powi(2)).sum::<f64>();
    let scale = (square / y.len() as f64).sqrt();
    let goal = match n_classes {
        0 => Goal::Numbers {
            numbers: &y,
            centre,
            scale,
        },
        _ => Goal::Classes {
            class: &class,
            weight: &weight,
            is_present: &is_present,
        },
    };
    let settings = Settings {
        rounds,
        patience: usize::MAX,
        learning_rate: number(4, 0.1),
        size: Size {
            leaves: number(5, 31.0) as usize,
            depth: number(6, 64.0) as u32,
        },
        lambda: number(7, 5.0),
        min_hessian: number(8, if n_classes == 0 { 20.0 } else { 1.0 }),
    };
    let boosted = boost(&bins, &coding, goal, None, &settings);
    let (wall, cpu) = (began.elapsed().as_secs_f64(), cpu_seconds() - cpu);
    let peak = memory("VmHWM") - held;

    let n_outputs = boosted.first.len();
    let mut margins: Vec<f64> = boosted.first.repeat(test.n_rows);
    let bytes = read(&test, &coding).expect("no gap where the training rows have none");
    let mut print: u64 = 0xcbf2_9ce4_8422_2325;
    for boost in boosted.rounds.iter().flatten() {
        let ways = boost.tree.ways(&coding);
        for row in 0..test.n_rows {
            let leaf = boost.tree.leaf(&ways, &bytes, row);
            margins[row * n_outputs + boost.output] += f64::from(boost.values[leaf]);
        }
        for value in &boost.values {
            print = (print ^ u64::from(value.to_bits())).wrapping_mul(0x0100_0000_01b3);
        }
    }
    if n_classes == 0 {
        margins
            .iter_mut()
            .for_each(|margin| *margin = centre + scale * *margin);
    }
    let written: Vec<u8> = margins
        .iter()
        .flat_map(|margin| margin.to_le_bytes())
        .collect();
    fs::write(folder.join("margins.f64"), written).expect("writes");
    let per_row =
        (peak * 1024.0 - 2.0 * (bins.n_rows() * bins.n_columns()) as f64) / bins.n_rows() as f64;
    println!(
        "{{\"wall_s\": {wall:.3}, \"cpu_s\": {cpu:.2}, \"binning_s\": {binned:.3}, \"peak_mb\": {:.0}, \"bytes_a_row_beside_bins\": {per_row:.1}, \"print\": \"{print:016x}\"}}",
        peak / 1024.0
    );
}

fn files(folder: &Path, part: &str, n_rows: usize, n_numbers: usize, widths: &[usize]) -> Files {
    let mut first = n_numbers as u32;
    let block = |&width: &usize| {
        first += width as u32;
        (first - width as u32, width as u32)
    };
    Files {
        n_rows,
        features: (0..n_numbers as u32).collect(),
        blocks: widths.iter().map(block).collect(),
        numbers: load(&folder.join(format!("{part}_x.f32")), f32::from_le_bytes),
        places: load(
            &folder.join(format!("{part}_places.u32")),
            u32::from_le_bytes,
        ),
    }
}

fn load<T, const N: usize>(path: &Path, of: impl Fn([u8; N]) -> T) -> Vec<T> {
    let bytes = fs::read(path).unwrap_or_default();
    bytes
        .chunks_exact(N)
        .map(|chunk| of(chunk.try_into().expect("so many bytes")))
        .collect()
}

/// A line of the process's own status, in kilobytes.
fn memory(key: &str) -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with(key));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok())
        .unwrap_or(f64::NAN)
}

fn cpu_seconds() -> f64 {
    let text = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = text
        .rsplit(')')
        .next()
        .unwrap_or("")
        .split_whitespace()
        .collect();
    let ticks = |at: usize| {
        fields
            .get(at)
            .and_then(|field| field.parse::<f64>().ok())
            .unwrap_or(f64::NAN)
    };
    (ticks(11) + ticks(12)) / 100.0
}
