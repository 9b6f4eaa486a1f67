//! What holds of all counts.

use proptest::prelude::*;

use crate::drift::{
    Layout, benjamini_hochberg, beyond_chance, chi_square, jensen_shannon, kolmogorov_smirnov,
    stability_index, total_variation, wasserstein,
};

fn counts() -> impl Strategy<Value = (Vec<u64>, Vec<u64>)> {
    (1usize..12).prop_flat_map(|n| {
        let side = proptest::collection::vec(0u64..10_000, n);
        (side.clone(), side)
    })
}

fn values() -> impl Strategy<Value = Vec<f64>> {
    proptest::collection::vec(-1e6..1e6f64, 1..60).prop_map(|mut values| {
        values.sort_by(f64::total_cmp);
        values
    })
}

proptest! {
    #[test]
    fn statistics_of_counts_are_finite_in_range_and_the_same_both_ways((a, b) in counts()) {
        let psi = stability_index(&a, &b);
        prop_assert!(psi.is_finite() && psi >= 0.0);
        prop_assert!((psi - stability_index(&b, &a)).abs() <= 1e-9 * psi.max(1.0));
        prop_assert!(beyond_chance(&a, &b) <= psi);
        if let Some(tested) = chi_square(&a, &b) {
            prop_assert!((0.0..=1.0).contains(&tested.p_value) && tested.statistic >= 0.0);
        }
        for share in [jensen_shannon(&a, &b), total_variation(&a, &b)].into_iter().flatten() {
            prop_assert!((0.0..=1.0 + 1e-12).contains(&share));
        }
        prop_assert!(stability_index(&a, &a) < 1e-12);
    }

    #[test]
    fn statistics_of_values_are_finite_and_none_of_equal_samples(a in values(), b in values()) {
        let tested = kolmogorov_smirnov(&a, &b).expect("values");
        prop_assert!((0.0..=1.0).contains(&tested.statistic));
        prop_assert!((0.0..=1.0).contains(&tested.p_value));
        prop_assert_eq!(kolmogorov_smirnov(&a, &a).expect("values").statistic, 0.0);
        prop_assert_eq!(wasserstein(&a, &a), Some(0.0));
        let widest = a.iter().chain(&b).fold(0.0f64, |most, it| most.max(it.abs()));
        prop_assert!(wasserstein(&a, &b).expect("values") <= 2.0 * widest);
    }

    #[test]
    fn adjusted_p_values_are_no_smaller_and_keep_their_order(p in proptest::collection::vec(0.0..=1.0f64, 1..40)) {
        let q = benjamini_hochberg(&p);
        for (p, q) in p.iter().zip(&q) {
            prop_assert!(q >= p && *q <= 1.0);
        }
        for (i, j) in (0..p.len()).flat_map(|i| (0..p.len()).map(move |j| (i, j))) {
            prop_assert!(p[i] > p[j] || q[i] <= q[j] + 1e-15);
        }
    }

    #[test]
    fn every_number_has_one_bin_and_those_of_the_reference_are_inside(a in values(), x in -2e6..2e6f64) {
        let layout = Layout::of_numbers(&a);
        prop_assert!(layout.is_sound());
        let place = layout.place_number(Some(x));
        prop_assert!(place >= 1 && place < layout.width());
        for value in &a {
            let place = layout.place_number(Some(*value));
            prop_assert!(place >= 2 && place < layout.width() - 1);
        }
    }
}
