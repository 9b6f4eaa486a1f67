//! Versions that predict numbers have plots and words of their own.

use super::*;

#[test]
fn a_version_of_numbers_has_its_own_pictures_and_words() {
    let input = samples::of_numbers();
    let drawn = plots(&input).unwrap();
    let names: Vec<&str> = drawn.iter().map(|plot| plot.0).collect();
    let expected = [
        "predicted_true.png",
        "residuals.png",
        "coefficients.png",
        "importance.png",
        "history.png",
    ];
    assert_eq!(names, expected);
    drawn.iter().for_each(|(_, png)| {
        check(png);
    });
    let borrowed: Vec<(&str, &[u8])> = drawn.iter().map(|(n, png)| (*n, &png[..])).collect();
    let (page, card) = (html(&input, &borrowed), card(&input));
    for text in [&page, &card] {
        assert!(text.contains("RMSE") && text.contains("R²"));
        for word in [
            "Confusion",
            "confusion",
            "probability",
            "Brier",
            "threshold",
            "Classes",
        ] {
            assert!(!text.contains(word), "{word} in {text}");
        }
    }
    for text in ["Ranking", "21 (10.5 %)", "0.85", "2026-11-16", "0.71"] {
        assert!(card.contains(text) && page.contains(text), "{text}");
    }
    let of_classes = samples::typical();
    assert!(!super::super::card(&of_classes).contains("## Ranking"));
    assert!(card.contains("A row is given a number, on the scale of the column exited."));
    assert!(page.contains("On the dashed diagonal a prediction is right"));
}

#[test]
fn numbers_that_are_none_are_left_out_of_the_plots() {
    let series = |points: Vec<(f64, f64)>| {
        vec![NumberPairs {
            name: "challenger v1".into(),
            points,
        }]
    };
    let odd = vec![(f64::NAN, 1.0), (1.0, f64::INFINITY), (1e308, -1e308)];
    for points in [Vec::new(), odd, vec![(3.0, 3.0)], vec![(1e9, 1e9 + 0.5); 3]] {
        check(&predicted_true_png(&series(points.clone())).unwrap());
        check(&residuals_png(&series(points)).unwrap());
    }
    check(&predicted_true_png(&[]).unwrap());
}
