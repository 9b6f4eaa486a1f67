//! `tests/golden/drift.json`, which `tests/golden/drift.py` writes with scipy.

use serde::Deserialize;

use crate::drift::{
    benjamini_hochberg, by_chance, chi_square, domain_classifier, jensen_shannon,
    kolmogorov_smirnov, stability_index, total_variation, two_proportions, wasserstein,
};

#[derive(Deserialize)]
struct Golden {
    counted: Vec<Counted>,
    values: Vec<Values>,
    shares: Vec<Proportions>,
    adjusted: Vec<Adjusted>,
}

#[derive(Deserialize)]
struct Counted {
    one: Vec<u64>,
    other: Vec<u64>,
    chi_square: f64,
    p_value: f64,
    psi: f64,
    by_chance: f64,
    jensen_shannon: f64,
    total_variation: f64,
}

#[derive(Deserialize)]
struct Values {
    one: Vec<f64>,
    other: Vec<f64>,
    ks: f64,
    p_value: f64,
    wasserstein: f64,
}

#[derive(Deserialize)]
struct Proportions {
    counts: [u64; 4],
    z: f64,
    p_value: f64,
}

#[derive(Deserialize)]
struct Adjusted {
    p: Vec<f64>,
    q: Vec<f64>,
}

fn golden() -> Golden {
    let text = include_str!("../../../tests/golden/drift.json");
    serde_json::from_str(text).expect("the golden")
}

fn assert_near(found: f64, expected: f64, what: &str) {
    let bound = 1e-9 * expected.abs().max(1e-6);
    assert!(
        (found - expected).abs() <= bound,
        "{what}: {found} is not {expected}"
    );
}

#[test]
fn counts_are_judged_as_scipy_judges_them() {
    let cases = golden().counted;
    assert!(cases.len() > 5);
    for it in cases {
        let (one, other) = (&it.one, &it.other);
        let tested = chi_square(one, other).expect("a test");
        assert_near(tested.statistic, it.chi_square, "chi-square");
        assert_near(tested.p_value, it.p_value, "its p");
        assert_near(stability_index(one, other), it.psi, "psi");
        let (n, m) = (one.iter().sum(), other.iter().sum());
        assert_near(by_chance(one.len(), n, m), it.by_chance, "psi by chance");
        assert_near(
            jensen_shannon(one, other).expect("a distance"),
            it.jensen_shannon,
            "js",
        );
        assert_near(
            total_variation(one, other).expect("a distance"),
            it.total_variation,
            "tv",
        );
    }
}

#[test]
fn values_are_judged_as_scipy_judges_them() {
    let cases = golden().values;
    assert!(cases.len() > 5);
    for it in cases {
        let tested = kolmogorov_smirnov(&it.one, &it.other).expect("a test");
        assert_near(tested.statistic, it.ks, "ks");
        assert_near(tested.p_value, it.p_value, "its p");
        let moved = wasserstein(&it.one, &it.other).expect("a distance");
        assert_near(moved, it.wasserstein, "wasserstein");
    }
}

#[test]
fn shares_are_judged_as_scipy_judges_them() {
    for it in golden().shares {
        let [a, n, b, m] = it.counts;
        let tested = two_proportions(a, n, b, m).expect("a test");
        assert_near(tested.statistic, it.z, "z");
        assert_near(tested.p_value, it.p_value, "its p");
    }
}

#[test]
fn p_values_are_adjusted_as_scipy_adjusts_them() {
    for it in golden().adjusted {
        for (found, expected) in benjamini_hochberg(&it.p).iter().zip(it.q) {
            assert_near(*found, expected, "q");
        }
    }
}

#[derive(Deserialize)]
struct Domains {
    cases: Vec<Domain>,
}

#[derive(Deserialize)]
struct Domain {
    name: String,
    n_columns: usize,
    reference: Vec<f64>,
    window: Vec<f64>,
    auc: f64,
    p_value: f64,
}

#[test]
fn rows_are_told_apart_as_scikit_learn_tells_them_apart() {
    let text = include_str!("../../../tests/golden/domain.json");
    let golden: Domains = serde_json::from_str(text).expect("the golden");
    assert!(golden.cases.len() >= 5);
    for case in golden.cases {
        let found = domain_classifier(&case.reference, &case.window, case.n_columns);
        let found = found.unwrap_or_else(|| panic!("{}", case.name));
        assert!(
            (found.auc - case.auc).abs() < 1e-9,
            "{}: {} {}",
            case.name,
            found.auc,
            case.auc
        );
        let p = (found.p_value - case.p_value).abs();
        assert!(
            p < 1e-7,
            "{}: {} {}",
            case.name,
            found.p_value,
            case.p_value
        );
    }
    assert_eq!(
        domain_classifier(&[0.0; 24], &[1.0; 30], 1),
        None,
        "too few rows"
    );
    let same = domain_classifier(&[1.0; 30], &[1.0; 30], 1).expect("rows");
    assert_eq!(
        (same.auc, same.p_value),
        (0.5, 1.0),
        "nothing to tell them by"
    );
}
