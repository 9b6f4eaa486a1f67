//! Sample data is a function of its seed.

use std::collections::HashSet;

use super::*;

fn lines(file: &SampleFile) -> Vec<&str> {
    std::str::from_utf8(&file.contents)
        .unwrap()
        .lines()
        .skip(1)
        .collect()
}

fn wide_text(rows: u64, columns: u32, seed: u64) -> String {
    let mut out = Vec::new();
    wide(rows, columns, seed, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn share_missing<'a>(cells: impl Iterator<Item = &'a str>) -> f64 {
    let cells: Vec<&str> = cells.collect();
    cells.iter().filter(|cell| cell.is_empty()).count() as f64 / cells.len() as f64
}

#[test]
fn same_seed_same_bytes() {
    assert_eq!(attrition(100, 42), attrition(100, 42));
    assert_ne!(attrition(100, 42), attrition(100, 43));
    assert_eq!(wide_text(50, 5, 1), wide_text(50, 5, 1));
    assert_ne!(wide_text(50, 5, 1), wide_text(50, 5, 2));
}

#[test]
fn bytes_are_the_same_on_every_machine() {
    use xxhash_rust::xxh3::xxh3_64;
    let all: Vec<u8> = attrition(500, 42)
        .into_iter()
        .flat_map(|file| file.contents)
        .collect();
    assert_eq!(xxh3_64(&all), 1324392630580481818);
    assert_eq!(
        xxh3_64(wide_text(500, 9, 42).as_bytes()),
        9792059006709681526
    );
}

#[test]
fn files_are_plain_csv() {
    let files = attrition(300, 7);
    let paths: Vec<&str> = files.iter().map(|file| file.path).collect();
    let expected = [
        "practicedata/dataset1.csv",
        "practicedata/dataset2.csv",
        "sourcedata/dataset3.csv",
        "sourcedata/dataset4.csv",
        "testdata/testdata.csv",
    ];
    assert_eq!(paths, expected);
    for file in &files {
        let text = std::str::from_utf8(&file.contents).unwrap();
        assert!(
            text.starts_with(ATTRITION_HEADER) && text.ends_with('\n'),
            "{}",
            file.path
        );
        assert!(!text.contains(['\r', ' ', '.']), "{}", file.path);
        assert_eq!(lines(file).len(), 300, "{}", file.path);
        for line in lines(file) {
            let cells: Vec<&str> = line.split(',').collect();
            assert_eq!(cells.len(), 5, "{line}");
            assert!(
                cells[1..4]
                    .iter()
                    .all(|cell| cell.is_empty() || cell.parse::<u32>().is_ok()),
                "{line}"
            );
            assert!(["0", "1"].contains(&cells[4]), "{line}");
        }
    }
}

#[test]
fn shares_are_as_stated() {
    for seed in [1, 7, 42] {
        for file in attrition(2000, seed) {
            let exited = lines(&file)
                .iter()
                .filter(|line| line.ends_with(",1"))
                .count() as f64
                / 2000.0;
            assert!(
                (0.35..0.45).contains(&exited),
                "{} seed {seed}: {exited}",
                file.path
            );
            let numeric = lines(&file)
                .into_iter()
                .flat_map(|line| line.split(',').skip(1).take(3));
            let missing = share_missing(numeric);
            assert!(
                (0.01..0.03).contains(&missing),
                "{} seed {seed}: {missing}",
                file.path
            );
        }
    }
}

#[test]
fn second_extract_begins_with_the_end_of_the_first() {
    for (rows, repeated) in [(2000, 50), (20, 5), (3, 0)] {
        let files = attrition(rows, 42);
        for pair in [&files[0..2], &files[2..4]] {
            let (first, second) = (lines(&pair[0]), lines(&pair[1]));
            assert_eq!(first[first.len() - repeated..], second[..repeated]);
            let unique: HashSet<&str> = first.iter().chain(&second).copied().collect();
            assert_eq!(unique.len(), 2 * rows as usize - repeated);
        }
    }
}

#[test]
fn test_companies_are_new() {
    let files = attrition(2000, 42);
    let name = |line: &str| line.split(',').next().unwrap().to_owned();
    let known: HashSet<String> = files[..4].iter().flat_map(lines).map(name).collect();
    let tested: HashSet<String> = lines(&files[4]).into_iter().map(name).collect();
    assert_eq!(known.len(), 2 * (2000 + 1950));
    assert_eq!(tested.len(), 2000);
    assert!(known.is_disjoint(&tested));
    assert!(known.iter().all(|name| name.len() == 4));
}

#[test]
fn names_grow_longer_when_four_letters_get_scarce() {
    let names = |needed| Names::new(needed, stream(1, 0)).next().len();
    assert_eq!(names(80_000), 4);
    assert_eq!(names(80_001), 5);
}

#[test]
fn no_rows_leave_the_header() {
    assert!(
        attrition(0, 1)
            .iter()
            .all(|file| file.contents == ATTRITION_HEADER.as_bytes())
    );
    assert_eq!(wide_text(0, 3, 1), "x1,x2,label\n");
}

#[test]
fn wide_has_the_columns_asked_for() {
    let text = wide_text(4000, 24, 3);
    let mut rows = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let header = rows.next().unwrap();
    assert_eq!(
        (header.len(), header[0], header[22], header[23]),
        (24, "x1", "x23", "label")
    );
    let rows: Vec<Vec<&str>> = rows.collect();
    assert_eq!(rows.len(), 4000);
    for cell in rows
        .iter()
        .flat_map(|row| &row[..23])
        .filter(|cell| !cell.is_empty())
    {
        assert!(cell.parse::<f64>().is_ok_and(f64::is_finite), "{cell}");
    }
    let positive = rows.iter().filter(|row| row[23] == "1").count() as f64 / 4000.0;
    assert!((0.38..0.52).contains(&positive), "{positive}");
    let missing = share_missing(rows.iter().flat_map(|row| row[..23].iter().copied()));
    assert!((0.005..0.015).contains(&missing), "{missing}");
    assert!(
        (150.0..220.0).contains(&(text.len() as f64 / 4000.0)),
        "{} bytes",
        text.len()
    );
}

#[test]
fn wide_needs_two_columns() {
    let error = wide(1, 1, 1, &mut Vec::new()).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
}

#[test]
fn decimals() {
    let check = |mantissa, decimals, expected: &str| {
        let mut out = Vec::new();
        push_decimal(&mut out, mantissa, decimals);
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    };
    check(123_456, 4, "12.3456");
    check(-123_456, 2, "-1234.56");
    check(5, 4, "0.0005");
    check(-1234, 4, "-0.1234");
    check(0, 2, "0.00");
}

#[test]
fn exp_and_logistic() {
    for x in [-30.0, -5.0, -0.1, 0.0, 0.3, 1.0, 12.0, 30.0] {
        assert!((exp(x) / x.exp() - 1.0).abs() < 1e-9, "{x}");
    }
    assert_eq!(logistic(0.0), 0.5);
    assert!(logistic(-1000.0) > 0.0 && logistic(1000.0) < 1.0 + 1e-12);
}

#[test]
fn normal_has_mean_0_and_deviation_1() {
    let mut rng = stream(9, 0);
    let draws: Vec<f64> = (0..100_000).map(|_| normal(&mut rng)).collect();
    let mean = draws.iter().sum::<f64>() / 1e5;
    let variance = draws
        .iter()
        .map(|draw| (draw - mean) * (draw - mean))
        .sum::<f64>()
        / 1e5;
    assert!(
        mean.abs() < 0.01 && (variance - 1.0).abs() < 0.02,
        "{mean} {variance}"
    );
}

#[test]
fn referrals_are_a_function_of_their_seed_and_some_clients_come_again() {
    use xxhash_rust::xxh3::xxh3_64;
    let files = referrals(400, 42);
    assert_eq!(files, referrals(400, 42));
    assert_ne!(files, referrals(400, 43));
    let all: Vec<u8> = files
        .iter()
        .flat_map(|file| file.contents.clone())
        .collect();
    assert_eq!(xxh3_64(&all), 4_695_009_957_165_554_038);
    let years = files.iter().filter(|file| file.path.contains("/referral/"));
    let rows: Vec<&str> = years.flat_map(lines).collect();
    let test: serde_json::Value = serde_json::from_slice(&files[8].contents).unwrap();
    assert_eq!(test["client"].as_array().unwrap().len(), 100);
    // No client and no referral is on both sides.
    let ids = |at: usize| -> HashSet<String> {
        let cells = rows.iter().map(|row| row.split(',').nth(at).unwrap());
        cells.map(str::to_string).collect()
    };
    let tested = test["referral"].as_array().unwrap();
    for (at, column) in [(0, "referralinstanceid"), (1, "clientid")] {
        let known = ids(at);
        assert!(
            tested
                .iter()
                .all(|it| !known.contains(&it[column].to_string()))
        );
    }
    assert_eq!(ids(0).len(), rows.len());
    assert_eq!(ids(1).len(), 400);
    assert!(
        (2.0..5.0).contains(&(rows.len() as f64 / 400.0)),
        "{}",
        rows.len()
    );
}
