//! Elements out of lists and bytes, good and bad.

use super::*;

fn numbers(json: &str, datatype: &str, shape: &[usize]) -> Result<Vec<f64>, String> {
    let datatype = Datatype::parse(datatype).expect("a datatype");
    let mut found = Vec::new();
    of_json(json, datatype, shape, &mut |at, cell| {
        assert_eq!(at, found.len());
        found.push(cell.number().unwrap_or(f64::NAN));
    })?;
    Ok(found)
}

#[test]
fn flat_and_nested_lists_are_the_same() {
    for (json, shape) in [
        ("[1, 2, 3, 4, 5, 6]", &[2, 3][..]),
        ("[[1, 2, 3], [4, 5, 6]]", &[2, 3]),
        ("[[1, 2], [3, 4], [5, 6]]", &[3, 2]),
        ("[[1], [2], [3], [4], [5], [6]]", &[6, 1]),
        ("[1, 2, 3, 4, 5, 6]", &[6]),
        ("[1, 2, 3, 4, 5, 6]", &[6, 1]),
        ("[[[1, 2, 3]], [[4, 5, 6]]]", &[2, 1, 3]),
    ] {
        let found = numbers(json, "INT32", shape);
        assert_eq!(found, Ok(vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]), "{json}");
    }
    for (json, shape) in [("[]", &[0][..]), ("[]", &[0, 3]), ("[[], []]", &[2, 0])] {
        assert_eq!(numbers(json, "FP64", shape), Ok(vec![]), "{json}");
    }
}

#[test]
fn what_is_wrong_with_a_list_is_told_without_its_elements() {
    for (json, datatype, shape, expected) in [
        ("7", "FP64", &[1][..], "`data` is not a list of elements"),
        ("{}", "FP64", &[1], "`data` is not a list of elements"),
        (
            "[1, 2]",
            "FP64",
            &[3],
            "`data` has 2 elements where the shape says 3",
        ),
        (
            "[1, 2, 3, 4]",
            "FP64",
            &[3, 1],
            "`data` has 4 elements where the shape says 3",
        ),
        (
            "[[1, 2], [3]]",
            "FP64",
            &[2, 2],
            "`data` has 3 elements where the shape says 4",
        ),
        (
            "[[1, 2], [3, 4]]",
            "FP64",
            &[4],
            "`data` is neither flat nor nested as the shape says",
        ),
        (
            "[[1, 2, 3], [4]]",
            "FP64",
            &[2, 2],
            "`data` is neither flat nor nested as the shape says",
        ),
        (
            "[1, [2], 3]",
            "FP64",
            &[3],
            "`data` is neither flat nor nested as the shape says",
        ),
        (
            "[[1, 2], [3, 4], []]",
            "FP64",
            &[2, 2],
            "`data` is neither flat nor nested as the shape says",
        ),
        (
            "[1, 2.5]",
            "INT8",
            &[2],
            "element 1 of `data` is not of type INT8",
        ),
        (
            "[256]",
            "UINT8",
            &[1],
            "element 0 of `data` is not of type UINT8",
        ),
        (
            "[true]",
            "FP32",
            &[1],
            "element 0 of `data` is not of type FP32",
        ),
        (
            "[1e39]",
            "FP32",
            &[1],
            "element 0 of `data` is not of type FP32",
        ),
        (
            "[2]",
            "BOOL",
            &[1],
            "element 0 of `data` is not of type BOOL",
        ),
        (
            "[\"a\"]",
            "FP64",
            &[1],
            "element 0 of `data` is not of type FP64",
        ),
        (
            "[{\"a\": 1}]",
            "FP64",
            &[1],
            "element 0 of `data` is not of type FP64",
        ),
        (
            "[[1], [[]]]",
            "FP64",
            &[1, 1],
            "`data` is neither flat nor nested as the shape says",
        ),
        ("[1e999]", "FP64", &[1], "`data` is not a list of elements"),
    ] {
        let found = numbers(json, datatype, shape);
        assert_eq!(found, Err(expected.to_string()), "{json}");
    }
}

#[test]
fn null_is_a_missing_cell() {
    let mut found = Vec::new();
    let take = &mut |_: usize, cell: CellRef<'_>| found.push(cell == CellRef::Missing);
    of_json("[null, \"\"]", Datatype::Bytes, &[2], take).expect("a list");
    assert_eq!(found, [true, false]);
}

#[test]
fn what_is_wrong_with_bytes_is_told_without_them() {
    let text = [b"\x02\0\0\0ab".as_slice(), b"\x00\0\0\0"].concat();
    for (bytes, datatype, n, expected) in [
        (&text[..], "BYTES", 2, Ok(())),
        (
            &text[..],
            "BYTES",
            3,
            Err("its bytes hold 2 elements where the shape says 3"),
        ),
        (
            &text[..8],
            "BYTES",
            2,
            Err("its bytes end within the length of an element"),
        ),
        (
            &text[..5],
            "BYTES",
            1,
            Err("element 0 of its bytes is longer than what is left of them"),
        ),
        (
            b"\x01\0\0\0\xff",
            "BYTES",
            1,
            Err("element 0 of its bytes is not UTF-8"),
        ),
        (&[0; 8], "FP32", 2, Ok(())),
        (
            &[0; 8],
            "FP64",
            2,
            Err("`binary_data_size` is 8 where the shape of FP64 says 16"),
        ),
        (
            &[1, 0, 7],
            "BOOL",
            3,
            Err("element 2 of its bytes is not of type BOOL"),
        ),
    ] {
        let datatype = Datatype::parse(datatype).expect("a datatype");
        let found = of_bytes(bytes, datatype, n, &mut |_, _| {});
        assert_eq!(found, expected.map_err(str::to_string), "{bytes:?}");
    }
}

proptest::proptest! {
    #[test]
    fn no_list_and_no_bytes_make_the_readers_panic(
        json in "[\\[\\]{},:0-9.eE\"a-z -]{0,40}",
        bytes in proptest::collection::vec(0u8..=255, 0..40),
        shape in proptest::collection::vec(0usize..4, 1..4),
    ) {
        for (_, datatype) in crate::serve::v2::datatype::NAMED {
            let n_elements = shape.iter().product();
            let mut n_taken = 0;
            let mut take = |at: usize, _: CellRef<'_>| {
                assert!(at < n_elements);
                n_taken += 1;
            };
            let read = of_json(&json, datatype, &shape, &mut take);
            assert!(read.is_err() || n_taken == n_elements);
            n_taken = 0;
            let mut take = |_: usize, _: CellRef<'_>| n_taken += 1;
            let read = of_bytes(&bytes, datatype, n_elements, &mut take);
            assert!(read.is_err() || n_taken == n_elements);
        }
    }
}

#[test]
fn usual_lists_are_read_as_others_are() {
    // Each list with a number that is not usual behind it, so that the general reader has it, too.
    let unusual = "1e0";
    for elements in [
        "1",
        "0.5, -0.25,3",
        " 1.25 ,\n-7",
        "-0",
        "123456.7654321, 0",
        "12345678.5, 2",
    ] {
        let n = elements.split(',').count();
        let usual = numbers(&format!("[{elements}]"), "FP64", &[n]).expect("numbers");
        let mut general =
            numbers(&format!("[{unusual}, {elements}]"), "FP64", &[n + 1]).expect("numbers");
        let behind = numbers(&format!("[{elements}, {unusual}]"), "FP64", &[n + 1]);
        assert_eq!(general.remove(0), 1.0);
        let bits = |numbers: &[f64]| numbers.iter().map(|it| it.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&usual), bits(&general), "{elements}");
        assert_eq!(
            bits(&behind.expect("numbers")[..n]),
            bits(&usual),
            "{elements}"
        );
    }
    let rounded = numbers("[0.1, 16777217]", "FP32", &[2]);
    assert_eq!(rounded, Ok(vec![f64::from(0.1f32), 16_777_216.0]));
    for bad in ["[1, 2", "[1 2]", "[1, 2,]", "[,1]", "[01, 2]", "1, 2]"] {
        assert!(numbers(bad, "FP64", &[2]).is_err(), "{bad}");
    }
}
