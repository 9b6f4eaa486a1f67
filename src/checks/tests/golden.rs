//! Pinned to `tests/golden/checks.json`, which `tests/golden/checks.py` makes with scikit-learn and scipy.

use serde::Deserialize;

use crate::checks::bins::Binned;
use crate::checks::rank::{area_of_groups, areas, order, quantile_bins, ranks, spearman};

#[derive(Deserialize)]
struct Golden {
    ordered: Vec<Ordered>,
    paired: Vec<Paired>,
    binned: Vec<InBins>,
}

#[derive(Deserialize)]
struct Ordered {
    name: String,
    values: Vec<f64>,
    classes: Vec<u32>,
    n_classes: usize,
    areas: Vec<Option<f64>>,
}

#[derive(Deserialize)]
struct Paired {
    name: String,
    x: Vec<f64>,
    y: Vec<f64>,
    ranks: Vec<f64>,
    spearman: f64,
}

#[derive(Deserialize)]
struct InBins {
    name: String,
    bins: Vec<u32>,
    sides: Vec<u8>,
    classes: Vec<u32>,
    numbers: Vec<f64>,
    areas: Vec<Option<f64>>,
    r2: f64,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("../../../tests/golden/checks.json")).unwrap()
}

fn assert_close(name: &str, ours: Option<f64>, theirs: Option<f64>) {
    let close = match (ours, theirs) {
        (Some(ours), Some(theirs)) => (ours - theirs).abs() < 1e-12,
        (ours, theirs) => ours == theirs,
    };
    assert!(close, "{name}: {ours:?}, expected {theirs:?}");
}

#[test]
fn areas_are_those_of_scikit_learn() {
    for case in golden().ordered {
        let order = order(&case.values);
        let found = areas(&case.values, &order, &case.classes, case.n_classes);
        assert_eq!(found.len(), case.areas.len());
        for (class, (ours, theirs)) in found.iter().zip(&case.areas).enumerate() {
            assert_close(&case.name, *ours, *theirs);
            // Each row a group of its own gives the same.
            let one = |(value, at): (&f64, &u32)| {
                let ours = u64::from(*at == class as u32);
                (*value, ours, 1 - ours)
            };
            let mut groups: Vec<_> = case.values.iter().zip(&case.classes).map(one).collect();
            assert_close(&case.name, area_of_groups(&mut groups), *theirs);
        }
    }
}

#[test]
fn ranks_and_their_correlation_are_those_of_scipy() {
    for case in golden().paired {
        assert_eq!(ranks(&case.x), case.ranks, "{}", case.name);
        let found = spearman(&case.x, &case.y);
        assert_close(&case.name, found, Some(case.spearman));
    }
    assert_eq!(spearman(&[1.0; 20], &[2.0; 20]), None);
    assert_eq!(spearman(&[1.0, 2.0], &[2.0, 1.0]), None);
}

#[test]
fn bins_predict_as_in_the_reference() {
    for case in golden().binned {
        let binned = Binned {
            bin: &case.bins,
            n_bins: case.bins.iter().max().map_or(0, |most| *most as usize + 1),
            side: &case.sides,
        };
        let found = binned.areas(&case.classes, case.areas.len());
        for (ours, theirs) in found.iter().zip(&case.areas) {
            assert_close(&case.name, *ours, *theirs);
        }
        assert_close(&case.name, binned.r2(&case.numbers), Some(case.r2));
        assert_eq!(binned.r2(&vec![3.0; case.bins.len()]), None);
    }
}

#[test]
fn equal_values_share_a_bin_and_bins_are_of_a_size() {
    let values = [5.0, 1.0, 1.0, 2.0, 9.0, 1.0, 7.0, 8.0];
    let bins = quantile_bins(&values, &order(&values), 4);
    assert_eq!(bins, [2, 0, 0, 1, 3, 0, 2, 3]);
    assert_eq!(quantile_bins(&[], &[], 4), Vec::<u32>::new());
}
