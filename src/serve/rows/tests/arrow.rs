//! Arrow bodies: each type becomes the cell that JSON would have given, and what cannot be read is rejected in words.

use std::sync::Arc;

use arrow_array::types::Int8Type;
use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, DictionaryArray, Float32Array,
    Float64Array, Int32Array, LargeStringArray, ListArray, NullArray, RecordBatch, StringArray,
    StringViewArray, TimestampMillisecondArray, UInt64Array,
};
use arrow_ipc::writer::{FileWriter, StreamWriter};
use base64::Engine as _;
use bytes::Bytes;

use super::*;

/// 40 rows as pyarrow 24 writes them with `IpcWriteOptions(compression="lz4")`.
const COMPRESSED: &str = "/////9gAAAAQAAAAAAAKAAwABgAFAAgACgAAAAABBAAMAAAACAAIAAAABAAIAAAABAAAAAMAAABwAAAAMAAAAAQAAACs////AAABBRAAAAAYAAAABAAAAAAAAAAEAAAAdGV4dAAAAADY////1P///wAAAQYQAAAAHAAAAAQAAAAAAAAABAAAAGZsYWcAAAAABAAEAAQAAAAQABQACAAGAAcADAAAABAAEAAAAAAAAQMQAAAAIAAAAAQAAAAAAAAABgAAAG51bWJlcgAAAAAGAAgABgAGAAAAAAACAAAAAAD/////CAEAABQAAAAAAAAADAAYAAYABQAIAAwADAAAAAADBAAcAAAAOAEAAAAAAAAAAAAADAAcABAABAAIAAwADAAAAJgAAAAcAAAAFAAAACgAAAAAAAAAAAAAAAQABAAEAAAABwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAACsAAAAAAAAAMAAAAAAAAAAAAAAAAAAAADAAAAAAAAAAHAAAAAAAAABQAAAAAAAAAAAAAAAAAAAAUAAAAAAAAAC7AAAAAAAAABABAAAAAAAAIgAAAAAAAAAAAAAAAwAAACgAAAAAAAAAAAAAAAAAAAAoAAAAAAAAAAAAAAAAAAAAKAAAAAAAAAAAAAAAAAAAAEABAAAAAAAABCJNGGBAghQAAAARAAEAIfg/BwAPCAD/HFAAAAD4PwAAAAAAAAAAAAUAAAAAAAAABCJNGGBAggUAAID//////wAAAAAAAAAApAAAAAAAAAAEIk0YYECCpAAAgAAAAAABAAAAAgAAAAMAAAAEAAAABQAAAAYAAAAHAAAACAAAAAkAAAAKAAAACwAAAAwAAAANAAAADgAAAA8AAAAQAAAAEQAAABIAAAATAAAAFAAAABUAAAAWAAAAFwAAABgAAAAZAAAAGgAAABsAAAAcAAAAHQAAAB4AAAAfAAAAIAAAACEAAAAiAAAAIwAAACQAAAAlAAAAJgAAACcAAAAoAAAAAAAAAAAAAAAAKAAAAAAAAAAEIk0YYECCCwAAAB9hAQAPUGFhYWFhAAAAAAAAAAAAAP////8AAAAA";

fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    RecordBatch::try_from_iter(columns).expect("columns of one length")
}

fn stream(batches: &[RecordBatch]) -> Bytes {
    let mut writer = StreamWriter::try_new(Vec::new(), &batches[0].schema()).expect("a writer");
    for batch in batches {
        writer.write(batch).expect("written");
    }
    writer.into_inner().expect("ended").into()
}

fn take(body: &Bytes) -> Result<Rows, Problem> {
    read_arrow(body, &served(), Strictness::KnownOnly, bounds())
}

fn ones(rows: usize) -> ArrayRef {
    Arc::new(Float64Array::from(vec![1.0; rows]))
}

fn trues(rows: usize) -> ArrayRef {
    Arc::new(BooleanArray::from(vec![true; rows]))
}

fn texts(rows: usize) -> ArrayRef {
    Arc::new(StringArray::from(vec!["a"; rows]))
}

#[test]
fn each_type_becomes_the_cell_that_json_would_give() {
    use Slot::{Entry, Missing, Number};
    let numbers: [ArrayRef; 5] = [
        Arc::new(Float64Array::from(vec![Some(2.0), None])),
        Arc::new(Float32Array::from(vec![Some(2.0), Some(f32::NAN)])),
        Arc::new(Int32Array::from(vec![Some(2), None])),
        Arc::new(UInt64Array::from(vec![Some(2), None])),
        Arc::new(
            Decimal128Array::from(vec![Some(200), None])
                .with_precision_and_scale(5, 2)
                .expect("fits"),
        ),
    ];
    for column in numbers {
        let kind = column.data_type().clone();
        let body = stream(&[batch(vec![
            ("text", texts(2)),
            ("number", column),
            ("flag", trues(2)),
        ])]);
        let rows = take(&body).expect("fits");
        assert_eq!(rows.row(0), [Number(2.0), Number(1.0), Entry(0)], "{kind}");
        assert_eq!(rows.row(1), [Missing, Number(1.0), Entry(0)], "{kind}");
    }
    // As pandas writes a category of which no row has a value.
    let none: DictionaryArray<Int8Type> = vec![None::<&str>, None].into_iter().collect();
    let body = stream(&[batch(vec![
        ("text", Arc::new(none) as ArrayRef),
        ("number", ones(2)),
        ("flag", trues(2)),
    ])]);
    let rows = take(&body).expect("fits");
    assert_eq!(rows.row(1), [Number(1.0), Number(1.0), Entry(2)]);
    let dictionary: DictionaryArray<Int8Type> = vec![Some("b"), None].into_iter().collect();
    let labels: [ArrayRef; 4] = [
        Arc::new(StringArray::from(vec![Some("b"), None])),
        Arc::new(LargeStringArray::from(vec![Some("b"), None])),
        Arc::new(StringViewArray::from(vec![Some("b"), None])),
        Arc::new(dictionary),
    ];
    for column in labels {
        let kind = column.data_type().clone();
        let body = stream(&[batch(vec![
            ("text", column),
            ("number", ones(2)),
            ("flag", Arc::new(NullArray::new(2))),
        ])]);
        let rows = take(&body).expect("fits");
        assert_eq!(rows.row(0), [Number(1.0), Missing, Entry(1)], "{kind}");
        assert_eq!(rows.row(1), [Number(1.0), Missing, Entry(2)], "{kind}");
    }
}

#[test]
fn days_and_times_are_the_texts_of_a_parquet_file() {
    let days: ArrayRef = Arc::new(Date32Array::from(vec![Some(20_000), None]));
    let times: ArrayRef = Arc::new(TimestampMillisecondArray::from(vec![Some(-1), None]));
    let zoned: ArrayRef = Arc::new(
        TimestampMillisecondArray::from(vec![Some(1_500), None]).with_timezone("Europe/Paris"),
    );
    let expected = [
        (days, "2024-10-04"),
        (times, "1969-12-31T23:59:59.999"),
        (zoned, "1970-01-01T00:00:01.500Z"),
    ];
    for (column, text) in expected {
        let body = stream(&[batch(vec![
            ("text", column),
            ("number", ones(2)),
            ("flag", trues(2)),
        ])]);
        let rows = take(&body).expect("fits");
        // It is no category of the model, and kept as it was for the prediction log.
        assert_eq!(rows.unknown_category(0, 2), Some(text));
        assert_eq!(rows.unknown_category(1, 2), None);
    }
}

#[test]
fn batches_follow_each_other_and_a_file_is_read_like_a_stream() {
    let part = |number: f64, rows: usize| {
        batch(vec![
            (
                "number",
                Arc::new(Float64Array::from(vec![number; rows])) as ArrayRef,
            ),
            ("flag", trues(rows)),
            ("text", texts(rows)),
            ("y", ones(rows)),
        ])
    };
    let parts = [part(1.0, 2), part(2.0, 0), part(3.0, 3)];
    let mut writer = FileWriter::try_new(Vec::new(), &parts[0].schema()).expect("a writer");
    for part in &parts {
        writer.write(part).expect("written");
    }
    let file: Bytes = writer.into_inner().expect("ended").into();
    for body in [stream(&parts), file] {
        let rows = take(&body).expect("fits");
        assert_eq!(rows.n_rows, 5);
        assert_eq!(rows.row(1)[0], Slot::Number(1.0));
        assert_eq!(rows.row(2)[0], Slot::Number(3.0));
    }
}

#[test]
fn what_cannot_be_read_is_rejected_in_words() {
    let message = |body: &Bytes| take(body).expect_err("rejected").message;
    let list = ListArray::from_iter_primitive::<arrow_array::types::Int32Type, _, _>([
        Some([Some(1)]),
        None,
    ]);
    let nested = batch(vec![
        ("number", Arc::new(list) as ArrayRef),
        ("flag", trues(2)),
        ("text", texts(2)),
    ]);
    let told = message(&stream(&[nested]));
    assert!(
        told.contains("the column `number` is of the type List"),
        "{told}"
    );
    let few = batch(vec![("number", ones(2)), ("stranger", texts(2))]);
    let problem = take(&stream(&[few])).expect_err("rejected");
    assert_eq!(problem.code, Code::Unprocessable);
    assert!(problem.message.contains("stranger"), "{}", problem.message);
    let many = batch(vec![
        ("number", ones(51)),
        ("flag", trues(51)),
        ("text", texts(51)),
    ]);
    let told = message(&stream(&[many]));
    assert!(told.contains("more than 50 rows"), "{told}");
    let compressed = base64::engine::general_purpose::STANDARD.decode(COMPRESSED);
    let told = message(&compressed.expect("base64").into());
    assert!(told.contains("its batches are compressed"), "{told}");
    for body in ["", "{}", "ARROW1\0\0", "number,flag,text\n1,true,a\n"] {
        let told = message(&Bytes::from_static(body.as_bytes()));
        assert!(
            told.starts_with("the Arrow body cannot be read: "),
            "{told}"
        );
    }
}

#[test]
fn a_stream_that_ends_early_is_rejected_wherever_it_ends() {
    let whole = batch(vec![
        ("number", ones(2)),
        ("flag", trues(2)),
        ("text", texts(2)),
    ]);
    let body = stream(&[whole.clone(), whole]);
    let ended = body.len() - 8;
    for end in 0..ended {
        // Between two batches nothing is missing but the mark of the end, which old writers leave out.
        match take(&body.slice(..end)) {
            Ok(rows) => assert!(rows.n_rows < 4 || end + 8 > ended, "{end} of {ended}"),
            Err(problem) => assert_eq!(problem.code, Code::BadRequest, "{end} of {ended}"),
        }
    }
}

#[test]
fn texts_that_many_rows_share_count_for_each_of_them() {
    let long = "x".repeat(100_000);
    let shared: DictionaryArray<Int8Type> = std::iter::repeat_n(Some(long.as_str()), 50).collect();
    let body = stream(&[batch(vec![
        ("text", Arc::new(shared) as ArrayRef),
        ("number", ones(50)),
        ("flag", trues(50)),
    ])]);
    assert!(body.len() < 200_000, "{}", body.len());
    let read = |bytes| {
        let bounds = within(&limits(), bytes);
        read_arrow(&body, &served(), Strictness::KnownOnly, bounds)
    };
    assert_eq!(read(20_000_000).expect("fits").n_rows, 50);
    let problem = read(1_000_000).expect_err("5 MB of texts are not held");
    assert_eq!(problem.code, Code::TooLarge, "{}", problem.message);
}
