//! What the plots, the page and the card must be, whatever goes in.

use std::io::Read;

use super::*;
use crate::evaluate::Metric;

mod regression;

/// An image as pixels, by way of a decoder that knows the format and not the encoder.
struct Image {
    width: usize,
    height: usize,
    rgb: Vec<u8>,
}

fn decode(bytes: &[u8]) -> Image {
    assert_eq!(&bytes[..8], b"\x89PNG\r\n\x1a\n");
    let (mut header, mut palette, mut data) = (Vec::new(), Vec::new(), Vec::new());
    let mut rest = &bytes[8..];
    while !rest.is_empty() {
        let length = u32::from_be_bytes(rest[..4].try_into().unwrap()) as usize;
        let mut crc = flate2::Crc::new();
        crc.update(&rest[4..8 + length]);
        assert_eq!(
            crc.sum().to_be_bytes(),
            rest[8 + length..12 + length],
            "checksum of a chunk"
        );
        let body = rest[8..8 + length].to_vec();
        match &rest[4..8] {
            b"IHDR" => header = body,
            b"PLTE" => palette = body,
            b"IDAT" => data.extend(body),
            b"IEND" => assert_eq!(rest.len(), 12, "the end is the end"),
            other => panic!("unexpected chunk {other:?}"),
        }
        rest = &rest[12 + length..];
    }
    let side = |at: usize| u32::from_be_bytes(header[at..at + 4].try_into().unwrap()) as usize;
    let (width, height) = (side(0), side(4));
    let depth = if palette.is_empty() { 3 } else { 1 };
    assert_eq!(header[8..], [8, if depth == 3 { 2 } else { 3 }, 0, 0, 0]);
    let mut raw = Vec::new();
    flate2::read::ZlibDecoder::new(&data[..])
        .read_to_end(&mut raw)
        .unwrap();
    assert_eq!(raw.len(), height * (1 + width * depth));
    let mut rgb = Vec::new();
    for row in raw.chunks(1 + width * depth) {
        assert_eq!(row[0], 0, "filter type");
        match depth {
            3 => rgb.extend(&row[1..]),
            _ => rgb.extend(
                row[1..]
                    .iter()
                    .flat_map(|&index| &palette[index as usize * 3..][..3]),
            ),
        }
    }
    Image { width, height, rgb }
}

/// Decodes and checks that something is drawn and nothing is cut off by the edge.
fn check(bytes: &[u8]) -> (usize, usize) {
    let image = decode(bytes);
    let dark = image.rgb.chunks(3).filter(|pixel| pixel[0] < 0xc0).count();
    assert!(dark > 200, "only {dark} dark pixels");
    let white = |x: usize, y: usize| image.rgb[(y * image.width + x) * 3..][..3] == [0xff; 3];
    for x in 0..image.width {
        assert!(
            (0..4).all(|y| white(x, y) && white(x, image.height - 1 - y)),
            "ink at the edge, column {x}"
        );
    }
    for y in 0..image.height {
        assert!(
            (0..4).all(|x| white(x, y) && white(image.width - 1 - x, y)),
            "ink at the edge, row {y}"
        );
    }
    (image.width, image.height)
}

#[test]
fn every_plot_of_a_typical_version_decodes_and_is_not_blank() {
    let plots = plots(&samples::typical()).unwrap();
    let names: Vec<&str> = plots.iter().map(|plot| plot.0).collect();
    let expected = [
        "confusion_matrix.png",
        "roc.png",
        "precision_recall.png",
        "calibration.png",
        "coefficients.png",
        "importance.png",
        "history.png",
    ];
    assert_eq!(names, expected);
    for (name, png) in &plots {
        let size = check(png);
        assert_eq!(
            size,
            (
                640,
                match *name {
                    "coefficients.png" => 401,
                    "importance.png" => 313,
                    _ => 480,
                }
            ),
            "{name}"
        );
    }
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    assert_eq!(
        plots(&samples::typical()).unwrap(),
        plots(&samples::typical()).unwrap()
    );
}

#[test]
fn nothing_to_draw_is_a_picture_that_says_so() {
    for (name, png) in plots(&samples::bare()).unwrap() {
        assert!(name.ends_with(".png"));
        check(&png);
    }
    check(&confusion_matrix_png(&[], &[], "none").unwrap());
    check(&roc_png(&[]).unwrap());
    check(&precision_recall_png(&[], None).unwrap());
    check(&calibration_png(&[]).unwrap());
    check(&coefficients_png(&[]).unwrap());
    check(&history_png(&[], Metric::LogLoss).unwrap());
}

#[test]
fn confusion_matrices_of_any_size_and_count_are_drawn_whole() {
    for n in [1, 2, 5, 33] {
        let names: Vec<String> = (0..n)
            .map(|class| format!("class number {class} with a long name é ß ж 漢"))
            .collect();
        for count in [0, u64::MAX] {
            let counts = vec![vec![count; n]; n];
            check(&confusion_matrix_png(&counts, &names, &"long title ".repeat(40)).unwrap());
        }
    }
    // Ragged counts, more counts than names, more names than counts.
    check(&confusion_matrix_png(&[vec![1], vec![2, 3, 4]], &["a".into()], "ragged").unwrap());
    check(&confusion_matrix_png(&[vec![1]], &vec!["a\n\0".into(); 3], "names").unwrap());
}

/// Numbers that are no use on an axis.
const NASTY: [f64; 9] = [
    f64::NAN,
    f64::INFINITY,
    f64::NEG_INFINITY,
    1e308,
    -1e308,
    5e-324,
    -0.0,
    f64::MIN_POSITIVE,
    0.5,
];

#[test]
fn numbers_that_cannot_be_drawn_never_panic() {
    let name = "ж".repeat(10_000);
    for (a, b) in NASTY.into_iter().zip(NASTY.into_iter().cycle().skip(1)) {
        let points = vec![(a, b), (b, a), (0.2, 0.4)];
        let curve = Curve {
            name: name.clone(),
            points,
            area: Some(a),
        };
        check(&roc_png(std::slice::from_ref(&curve)).unwrap());
        check(&precision_recall_png(&[curve], Some(b)).unwrap());
        let bins = Calibration {
            name: name.clone(),
            points: vec![(a, b, u64::MAX), (0.1, 0.9, 0)],
        };
        check(&calibration_png(&[bins]).unwrap());
        let class = Some(name.clone());
        let weight = |weight| Coefficient {
            feature: name.clone(),
            class: class.clone(),
            weight,
            original: None,
        };
        check(&coefficients_png(&[weight(a), weight(b)]).unwrap());
        let (value, low, high) = (Some(a), Some(b), Some(a));
        let point = HistoryPoint {
            version: u64::MAX,
            value,
            low,
            high,
            ..Default::default()
        };
        check(&history_png(&[point.clone(), point], Metric::F1).unwrap());
    }
}

#[test]
fn many_of_everything_is_cut_down() {
    let curve = samples::typical().roc[0].clone();
    check(&roc_png(&vec![curve; 30]).unwrap());
    check(&coefficients_png(&samples::coefficients(500)).unwrap());
    check(&history_png(&samples::history(1_000), Metric::F1).unwrap());
}

/// An input in which every name is an attack.
fn hostile() -> ReportInput {
    let bad = || "<script>alert('x')</script>\"&|`".to_owned();
    let mut input = samples::typical();
    (
        input.model,
        input.run,
        input.created,
        input.learner,
        input.target,
    ) = (bad(), bad(), bad(), bad(), bad());
    input.params = vec![(bad(), bad())];
    input.classes = vec![bad(), bad()];
    input.positive = Some(bad());
    input.program_version = bad();
    input.timings_ms = vec![(bad(), f64::NAN)];
    input.roc[0].name = bad();
    input.coefficients[0].feature = bad();
    input.data.files[0].name = bad();
    input.data.columns[0].name = bad();
    input.data.columns[0].note = bad();
    input.data.columns[0].missing_share = f64::NAN;
    input.data.notes = vec![bad()];
    input.findings[0].column = Some(bad());
    input.findings[0].says = bad();
    input.data.rules = vec![(bad(), bad())];
    input.data.dropped_columns = vec![(bad(), bad())];
    input.data.quarantined[0].reason = bad();
    let decision = input.decision.as_mut().unwrap();
    decision.reasons = vec![bad()];
    decision.rules[0].name = bad();
    decision.rules[0].reason = bad();
    decision.baselines[0].0 = bad();
    input
}

#[test]
fn no_name_becomes_markup() {
    let input = hostile();
    let plots = plots(&input).unwrap();
    let plots: Vec<(&str, &[u8])> = plots.iter().map(|(name, png)| (*name, &png[..])).collect();
    let page = html(&input, &plots);
    assert!(page.contains("&lt;script&gt;"));
    for text in [page, card(&input)] {
        assert!(!text.contains("<script"), "a name became markup");
        assert!(!text.contains("alert('x')</"), "a name became markup");
    }
}

#[test]
fn the_page_is_whole_and_asks_for_nothing() {
    let input = samples::typical();
    let plots = plots(&input).unwrap();
    let plots: Vec<(&str, &[u8])> = plots.iter().map(|(name, png)| (*name, &png[..])).collect();
    let page = html(&input, &plots);
    assert_eq!(page.matches("<img src=\"data:image/png;base64,").count(), 7);
    for absent in ["http:", "https:", "<link", "<script", "url(", "@import"] {
        assert!(!page.contains(absent), "{absent} in the page");
    }
    for present in [
        "Version 2 unseats version 1",
        "d47a0c9e11",
        "c41f9b7d0a2e",
        "max_leakage",
        "3 fields, 5 expected",
        "<td class=\"n\">0.998</td>",
        "`closing_date` alone predicts the target",
    ] {
        assert!(page.contains(present), "{present} not in the page");
    }
    for tag in [
        "section", "table", "tr", "th", "td", "div", "figure", "dl", "ul", "li", "p", "main",
        "header",
    ] {
        let opened =
            page.matches(&format!("<{tag}>")).count() + page.matches(&format!("<{tag} ")).count();
        assert_eq!(
            opened,
            page.matches(&format!("</{tag}>")).count(),
            "{tag} is not closed"
        );
    }
}

#[test]
fn the_card_has_the_decision_the_fingerprints_and_the_limits() {
    let card = card(&samples::typical());
    for present in [
        "Version 2 unseats version 1 and goes live.",
        "d47a0c9e11",
        "c0ffee7731",
        "c41f9b7d0a2e",
        "0.6712 to 0.7811",
        "wide",
        "shares 21 rows with the training rows",
        "Threshold: 0.4125",
        "Warning of the gate",
        "More than a fifth of the values are missing in: number\\_of\\_employees",
        "Seed: 42",
        "| leak | warn | \\`closing\\_date\\` alone predicts the target |",
    ] {
        assert!(card.contains(present), "{present} not in the card:\n{card}");
    }
}

#[test]
fn a_bare_version_has_a_page_and_a_card() {
    let input = samples::bare();
    assert!(html(&input, &[]).contains("has not been put before the gate"));
    assert!(html(&input, &[]).contains("No check found anything."));
    assert!(card(&input).contains("No check found anything."));
    assert!(card(&input).contains("There are no test rows"));
}

#[test]
fn long_names_keep_both_ends() {
    assert_eq!(
        lettering::shorten("lastmonth_activity_2024", 13, 80),
        "lastmon…024"
    );
    assert_eq!(lettering::shorten("short", 13, 80), "short");
    assert_eq!(lettering::shorten("anything", 13, -5), "…");
}

#[test]
fn words_for_numbers() {
    let check =
        |value: f64, expected: &str| assert_eq!(words::short_number(value), expected, "{value}");
    check(0.0, "0");
    check(-0.0, "0");
    check(0.41250, "0.412");
    check(-1.5, "-1.5");
    check(12_345.6, "12346");
    check(2.6e-8, "2.60e-8");
    check(f64::NAN, "–");
    assert_eq!(words::grouped(1_234_567), "1,234,567");
    assert_eq!(words::grouped(999), "999");
    assert_eq!(words::score(Some(f64::INFINITY)), "–");
}
