//! The fold of each row, from its place among all rows in the order of their files: the same hash as on this machine, written in whole
//! numbers of 32 bits, since engines differ in what becomes of a product that overflows.

use super::source::{FILE, ROW};

/// The column with a row's place, from 0.
const PLACE: &str = "__place";
/// The column with its fold.
pub(super) const FOLD: &str = "__fold";
/// Bits of a row's place in its file that rows share which are counted together.
const BLOCK: u32 = 16;

const LOW: u64 = 0xFFFF_FFFF;
/// What XXH3 of 8 bytes multiplies by.
const FACTOR: u64 = 0x9FB2_1C65_1E98_DF25;
/// Bytes 8 to 24 of its secret, as two numbers.
const SECRET: [u64; 2] = [0x1CAD_21F7_2C81_017C, 0xDB97_9083_E96D_D4DE];

/// The rows of a relation with [`PLACE`]. Rows are counted block by block, and placed within their block, so that no task has all of them.
fn placed(relation: &str) -> String {
    let block = |of: &str| format!("shiftright({of}{ROW}, {BLOCK})");
    let blocks = format!(
        "SELECT {FILE} AS block_file, {} AS block, count(*) AS n FROM {relation} GROUP BY {FILE}, {}",
        block(""),
        block("")
    );
    let before = format!(
        "SELECT block_file, block, coalesce(sum(n) OVER (ORDER BY block_file, block ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS earlier FROM ({blocks})"
    );
    format!(
        "SELECT d.*, b.earlier + row_number() OVER (PARTITION BY d.{FILE}, {} ORDER BY d.{ROW}) - 1 AS {PLACE} FROM {relation} AS d JOIN ({before}) AS b ON d.{FILE} = b.block_file AND {} = b.block",
        block("d."),
        block("d.")
    )
}

/// The upper and lower half of a product with [`FACTOR`], of halves without a sign.
fn times(high: &str, low: &str) -> [String; 2] {
    let part = |at: u32| (FACTOR >> (16 * at)) & 0xFFFF;
    let [a, b, c, d] = [part(0), part(1), part(2), part(3)];
    let lower = format!("({low} * {a} + shiftleft(({low} * {b}) & 65535, 16))");
    let upper = format!(
        "(shiftright({low} * {b}, 16) + {low} * {c} + {high} * {a} + shiftleft(({low} * {d} + {high} * {b}) & 65535, 16) + shiftright({lower}, 32))"
    );
    [format!("{upper} & {LOW}"), format!("{lower} & {LOW}")]
}

/// A number, in halves, turned by fewer than 32 bits: one half of it.
fn turned(half: &str, other: &str, bits: u32) -> String {
    format!(
        "((shiftleft({half}, {bits}) | shiftright({other}, {})) & {LOW})",
        32 - bits
    )
}

/// The rows of a query with [`PLACE`], and with [`FOLD`], as `features::fold_of` has it.
fn hashed(query: &str, seed: u64) -> String {
    let swapped = u64::from((seed as u32).swap_bytes()) << 32;
    let flip = (SECRET[0] ^ SECRET[1]).wrapping_sub(seed ^ swapped);
    let query = format!(
        "SELECT *, ({PLACE} & {LOW}) ^ {} AS h0, shiftright({PLACE}, 32) ^ {} AS l0 FROM ({query})",
        flip >> 32,
        flip & LOW
    );
    // Turned by 49 bits is turned by 17 with the halves exchanged.
    let query = format!(
        "SELECT *, h0 ^ {} ^ {} AS h1, l0 ^ {} ^ {} AS l1 FROM ({query})",
        turned("l0", "h0", 17),
        turned("h0", "l0", 24),
        turned("h0", "l0", 17),
        turned("l0", "h0", 24)
    );
    let [high, low] = times("h1", "l1");
    let query = format!("SELECT *, {high} AS h2, {low} AS l2 FROM ({query})");
    let query = format!("SELECT *, l2 ^ (shiftright(h2, 3) + 8) AS l3 FROM ({query})");
    let [high, low] = times("h2", "l3");
    let query = format!("SELECT *, {high} AS h4, {low} AS l4 FROM ({query})");
    // 2³² is one more than a multiple of the number of folds.
    format!(
        "SELECT *, cast(((h4 ^ shiftright(h4, 28)) + (l4 ^ {})) % {} AS INT) AS {FOLD} FROM ({query})",
        turned("h4", "l4", 4),
        crate::features::FOLDS
    )
}

/// The rows of a relation, which all are learned from, with [`FOLD`].
pub(super) fn folded(relation: &str, seed: u64) -> String {
    hashed(&placed(relation), seed)
}
