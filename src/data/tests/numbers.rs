//! Row hashes, duplicates, summaries, times.

use polars::prelude::{NamedFrom as _, Series, df};

use super::*;

#[test]
fn a_row_hash_is_pinned_and_knows_values_not_kinds() {
    let of = |frame: &DataFrame| row_hashes(frame, &["a"]).unwrap();
    let integers =
        of(&df!("a" => [Some(5i64), Some(0), None, Some(i64::MAX), Some(1 << 60)]).unwrap());
    let numbers = of(&df!("a" => [Some(5.0), Some(-0.0), None, Some(9223372036854775808.0), Some((1i64 << 60) as f64)]).unwrap());
    assert_eq!(integers[..3], numbers[..3]);
    assert_ne!(integers[3], numbers[3]);
    assert_eq!(integers[4], numbers[4]);
    let mut encoded = vec![1];
    encoded.extend(5f64.to_le_bytes());
    assert_eq!(integers[0], xxhash_rust::xxh3::xxh3_128(&encoded));
    assert_eq!(integers[2], xxhash_rust::xxh3::xxh3_128(&[0]));
    let texts = of(&df!("a" => [Some("5"), None, Some("")]).unwrap());
    assert_eq!(
        texts[0],
        xxhash_rust::xxh3::xxh3_128(&[5, 1, 0, 0, 0, b'5'])
    );
    assert_eq!(texts[1], integers[2]);
    assert_ne!(texts[2], texts[1]);
    assert_eq!(
        of(&df!("a" => [true, false]).unwrap()),
        [&[4][..], &[3]].map(xxhash_rust::xxh3::xxh3_128)
    );
}

#[test]
fn row_hashes_follow_the_order_of_the_names() {
    let frame = df!("a" => ["x", "xy"], "b" => ["yz", "z"]).unwrap();
    let ab = row_hashes(&frame, &["a", "b"]).unwrap();
    let ba = row_hashes(&frame, &["b", "a"]).unwrap();
    assert!(ab[0] != ab[1] && ab[0] != ba[0]);
    assert!(matches!(
        row_hashes(&frame, &["c"]),
        Err(Error::NoColumn { .. })
    ));
    assert!(row_hashes(&frame.clear(), &["a"]).unwrap().is_empty());
}

#[test]
fn row_hashes_do_not_depend_on_blocks_or_chunks() {
    let rows = 5000i64;
    let frame = df!("i" => (0..rows).map(|row| (row % 3 > 0).then_some(row)).collect::<Vec<_>>(), "t" => (0..rows).map(|row| (row % 5 > 0).then(|| "t".repeat(row as usize % 20))).collect::<Vec<_>>()).unwrap();
    let whole = row_hashes(&frame, &["i", "t"]).unwrap();
    for row in [0usize, 1, 1023, 1024, 4999] {
        assert_eq!(
            row_hashes(&frame.slice(row as i64, 1), &["i", "t"]).unwrap(),
            [whole[row]],
            "row {row}"
        );
    }
    let two = frame.slice(0, 700).vstack(&frame.slice(700, 4300)).unwrap();
    assert_eq!(row_hashes(&two, &["i", "t"]).unwrap(), whole);
}

#[test]
fn a_fingerprint_knows_rows_and_their_order() {
    // SHA-256 of nothing, FIPS 180.
    assert_eq!(
        fingerprint(&[]),
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    );
    assert_ne!(fingerprint(&[1, 2]), fingerprint(&[2, 1]));
    assert_eq!(fingerprint(&[1, 2]), fingerprint(&[1, 2]));
}

#[test]
fn dedupe_keeps_the_first_of_equal_rows() {
    let frame =
        df!("a" => [Some(1i64), None, Some(1), None, Some(2)], "b" => ["x", "y", "x", "y", "x"])
            .unwrap();
    let hashes = row_hashes(&frame, &["a", "b"]).unwrap();
    let (kept, kept_hashes, dropped) = dedupe(frame, hashes.clone());
    assert_eq!(
        (show(&kept), dropped),
        (["1|x", "-|y", "2|x"].map(str::to_owned).to_vec(), 2)
    );
    assert_eq!(kept_hashes, [hashes[0], hashes[1], hashes[4]]);
    let (again, _, dropped) = dedupe(kept.clone(), kept_hashes);
    assert!(again.equals_missing(&kept) && dropped == 0);
}

#[test]
fn a_summary_of_a_few_values_is_that_of_the_hand() {
    let frame = df!("n" => [Some(2.0), Some(4.0), None, Some(4.0), Some(10.0)], "i" => [5i64, 1, 3, 3, 3], "b" => [true, false, true, true, false], "t" => [Some("x"), Some("y"), Some("x"), None, Some("a")]).unwrap();
    let [n, i, b, t] = &summarise(&frame)[..] else {
        panic!("four columns")
    };
    assert_eq!(
        (
            n.rows, n.missing, n.mean, n.median, n.min, n.max, n.distinct
        ),
        (5, 1, Some(5.0), Some(4.0), Some(2.0), Some(10.0), 3)
    );
    assert!((n.std.unwrap() - 12f64.sqrt()).abs() < 1e-15);
    assert_eq!(
        (i.mean, i.median, i.std, i.distinct),
        (Some(3.0), Some(3.0), Some(2f64.sqrt()), 3)
    );
    assert_eq!((b.mean, b.median, b.distinct), (Some(0.6), Some(1.0), 2));
    assert_eq!((t.mean, t.missing, t.distinct), (None, 1, 3));
    assert_eq!(
        t.top,
        [("x", 2), ("a", 1), ("y", 1)].map(|(text, count)| (text.to_owned(), count))
    );
}

#[test]
fn a_summary_of_one_or_no_value_has_no_spread() {
    let [one, none] =
        &summarise(&df!("one" => [Some(7.0), None], "none" => [None::<f64>, None]).unwrap())[..]
    else {
        panic!("two columns")
    };
    assert_eq!(
        (one.mean, one.median, one.std),
        (Some(7.0), Some(7.0), None)
    );
    assert_eq!(
        (
            none.mean,
            none.median,
            none.min,
            none.missing,
            none.distinct
        ),
        (None, None, None, 2, 0)
    );
}

#[test]
fn the_median_of_many_values_is_that_of_their_order() {
    let mixed = |row: u64| (row + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 11;
    let kinds: [&dyn Fn(u64) -> f64; 6] = [
        &|row| mixed(row) as f64 / 1e3 - 4e11,
        &|row| (mixed(row) % 7) as f64,
        &|row| if row % 3 == 0 { 1e300 } else { -(row as f64) },
        &|row| ((mixed(row) as f64) / 1e15).exp(),
        &|row| f64::from(row < 20_000),
        &|row| {
            if row == 5 {
                -1e308
            } else {
                1e308 - (mixed(row) % 5000) as f64 * 1e300
            }
        },
    ];
    for (kind, value) in kinds.into_iter().enumerate() {
        for n in [16_385_u64, 40_000, 40_001] {
            let mut values: Vec<f64> = (0..n).map(value).collect();
            let summary = &summarise(&df!("a" => &values).unwrap())[0];
            values.sort_unstable_by(f64::total_cmp);
            let (lower, upper) = (values[(values.len() - 1) / 2], values[values.len() / 2]);
            let wanted = lower / 2.0 + upper / 2.0;
            let found = summary.median.unwrap();
            let near = (found - wanted).abs() <= 1e-15 * wanted.abs();
            assert!(near, "{kind}, {n} values: {found} instead of {wanted}");
            assert_eq!(
                (summary.min, summary.max),
                (Some(values[0]), Some(values[values.len() - 1]))
            );
        }
    }
}

#[test]
fn huge_and_tiny_values_keep_mean_and_spread() {
    let check = |values: &[f64], mean: f64, std: f64, median: f64| {
        let summary = &summarise(
            &DataFrame::new_infer_height(vec![Series::new("a".into(), values).into()]).unwrap(),
        )[0];
        let near = |found: Option<f64>, wanted: f64| {
            found.is_some_and(|found| (found - wanted).abs() <= wanted.abs() * 1e-14)
        };
        assert!(
            near(summary.mean, mean) && near(summary.std, std) && near(summary.median, median),
            "{summary:?}"
        );
    };
    check(&[1e308, 1.2e308], 1.1e308, 0.02f64.sqrt() * 1e308, 1.1e308);
    check(&[1e308, -1e308, 0.0], 0.0, 1e308, 0.0);
    check(&[1e-300, 3e-300], 2e-300, 2f64.sqrt() * 1e-300, 2e-300);
    // A large mean with a small spread: (4, 7, 13, 16) + 10^9 has variance 30.
    check(
        &[1e9 + 4.0, 1e9 + 7.0, 1e9 + 13.0, 1e9 + 16.0],
        1e9 + 10.0,
        30f64.sqrt(),
        1e9 + 10.0,
    );
}

#[test]
fn distinct_is_exact_up_to_its_cap() {
    let cap = DISTINCT_CAP as i64;
    let distinct = |count: i64| {
        summarise(&df!("a" => (0..count * 2).map(|row| row % count).collect::<Vec<_>>(), "t" => (0..count * 2).map(|row| (row % count).to_string()).collect::<Vec<_>>()).unwrap()).iter().map(|summary| summary.distinct as i64).collect::<Vec<_>>()
    };
    assert_eq!(distinct(cap - 1), [cap - 1, cap - 1]);
    assert_eq!(distinct(cap + 5), [cap, cap]);
}

#[test]
fn times_are_read_in_every_stated_form() {
    let at = 1_795_247_403_000_000; // 2026-11-21 07:50:03 UTC
    let texts = [
        "2026-11-21T07:50:03Z",
        "2026-11-21T08:50:03+01:00",
        "2026-11-21 07:50:03",
        "2026-11-21T07:50:03",
        "2026-11-21 08:50:03+0100",
        " 2026-11-21 07:50:03.000 ",
    ];
    let frame = df!("t" => texts).unwrap();
    assert_eq!(
        parse_timestamps(&frame, "t").unwrap(),
        vec![Some(at); texts.len()]
    );
    let frame = df!("t" => [Some("2026-11-21"), Some("2026-11-21 07:50"), None, Some("1969-12-31T23:59:59.5Z")]).unwrap();
    assert_eq!(
        parse_timestamps(&frame, "t").unwrap(),
        [
            Some(at - 28_203_000_000),
            Some(at - 3_000_000),
            None,
            Some(-500_000)
        ]
    );
    let frame = df!("i" => [Some(1_795_247_403i64), None], "n" => [Some(0.5), Some(-1.0)], "b" => [true, false], "big" => [i64::MAX, 0], "x" => ["2026-11-21", "yesterday"]).unwrap();
    assert_eq!(parse_timestamps(&frame, "i").unwrap(), [Some(at), None]);
    assert_eq!(
        parse_timestamps(&frame, "n").unwrap(),
        [Some(500_000), Some(-1_000_000)]
    );
    assert!(matches!(
        parse_timestamps(&frame, "b"),
        Err(Error::ColumnKind { .. })
    ));
    assert!(matches!(
        parse_timestamps(&frame, "big"),
        Err(Error::Time { row: 0, .. })
    ));
    assert!(matches!(
        parse_timestamps(&frame, "x"),
        Err(Error::Time { row: 1, .. })
    ));
    assert!(matches!(
        parse_timestamps(&frame, "none"),
        Err(Error::NoColumn { .. })
    ));
}
