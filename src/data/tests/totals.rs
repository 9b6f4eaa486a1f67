//! Rows that are sums of others.

use super::*;

#[test]
fn rows_of_totals_are_told_wherever_they_stand() {
    let line = |row: u32| format!("{},{},c{}\n", row % 7 + 1, row * 3, row);
    let of = |rows: &[String]| format!("qty,spend,city\n{}", rows.concat());
    let (a, b): (Vec<u32>, Vec<u32>) = ((1..20).collect(), (20..45).collect());
    let sum = |rows: &[u32]| rows.iter().map(|row| row * 3).sum::<u32>();
    let lines = |rows: &[u32]| rows.iter().map(|row| line(*row)).collect::<String>();
    let total = |name: &str, rows: &[u32]| format!(",{},{name}\n", sum(rows));
    let all = [&a[..], &b[..]].concat();

    for (text, words) in [
        (
            of(&[lines(&all), total("Grand Total:", &all)]),
            "the last row of a.csv, line 46, looks like a row of totals: its number in `spend` is the sum of those above",
        ),
        (
            of(&[lines(&all), total("", &all)]),
            "the last row of a.csv, line 46, looks like",
        ),
        (
            of(&[total("TOTAL", &all), lines(&all)]),
            "row 1 of a.csv, line 2, looks like a row of totals: its number in `spend` is the sum of other rows",
        ),
        (
            of(&[
                lines(&a),
                total("Subtotal", &a),
                lines(&b),
                total("North total", &b),
                total("Summe", &all),
            ]),
            "3 rows of a.csv, the first of them row 20, line 21, look like totals: their numbers in `spend` are sums of other rows",
        ),
    ] {
        let read = read_one(&text);
        assert!(
            read.remarks
                .iter()
                .any(|remark| remark.says.contains(words)),
            "{words}: {:?}",
            read.remarks
        );
    }
    // A name alone says nothing, nor does a sum.
    for text in [
        of(&[lines(&a), ",5,Total\n".to_string(), lines(&b)]),
        of(&[lines(&a), total("Springfield", &a), lines(&b)]),
        of(&[lines(&a), total("total eclipse of the sun", &a), lines(&b)]),
    ] {
        let read = read_one(&text);
        assert!(
            !read
                .remarks
                .iter()
                .any(|remark| remark.says.contains("totals")),
            "{:?}",
            read.remarks
        );
    }
}
