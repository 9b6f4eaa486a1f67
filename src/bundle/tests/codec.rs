//! Bytes and back; what is damaged, newer or lying is rejected.

use proptest::prelude::*;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{any_frame, any_weights, bundle_on, small};
use crate::bundle::error::Error;
use crate::bundle::saved::Bundle;
use crate::bundle::{FORMAT_VERSION, decode, encode, make_golden};
use crate::features::Step;
use crate::predictors::Predictor;
use crate::text::hex;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn what_is_read_is_what_was_written(
        frame in any_frame(),
        n_classes in 2_usize..5,
        threshold in 0.0..1.0_f64,
        weights in any_weights(),
    ) {
        if let Some(bundle) = bundle_on(&frame, n_classes, threshold, &weights) {
            let bytes = encode(&bundle).expect("encodes");
            let read = decode(&bytes).expect("decodes");
            prop_assert_eq!(&read, &bundle);
            prop_assert_eq!(read.model_hash(), bundle.model_hash());
            prop_assert_eq!(encode(&read).expect("encodes"), bytes);
        }
    }
}

#[test]
fn any_changed_byte_is_rejected_or_changes_nothing() {
    let bundle = small();
    let bytes = encode(&bundle).expect("encodes");
    let mut equal = 0;
    for at in 0..bytes.len() {
        for flip in [0x01, 0x20, 0x80, 0xff] {
            let mut damaged = bytes.clone();
            damaged[at] ^= flip;
            if let Ok(read) = decode(&damaged) {
                assert_eq!(read, bundle, "byte {at} ^ {flip}");
                equal += 1;
            }
        }
    }
    // The format's own number going down, say.
    assert!(equal <= 4, "{equal} changes went unnoticed");
}

#[test]
fn a_file_cut_off_anywhere_is_rejected() {
    let bytes = encode(&small()).expect("encodes");
    for end in 0..bytes.len() - 1 {
        assert!(
            matches!(decode(&bytes[..end]), Err(Error::Malformed(_))),
            "{end} bytes"
        );
    }
    assert!(
        decode(&bytes[..bytes.len() - 1]).is_ok(),
        "only the newline is gone"
    );
    let twice = [bytes.clone(), bytes].concat();
    assert!(matches!(decode(&twice), Err(Error::Malformed(_))));
}

/// The envelope around a body that was changed by somebody who knows how to make checksums.
fn forged(change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let text = String::from_utf8(encode(&small()).expect("encodes")).expect("text");
    let mut envelope: Value = serde_json::from_str(&text).expect("reads");
    change(&mut envelope["bundle"]);
    let body = envelope["bundle"].to_string();
    envelope["sha256"] = Value::from(hex(&Sha256::digest(body.as_bytes())));
    envelope.to_string().into_bytes()
}

#[test]
fn a_forger_who_changes_nothing_is_believed() {
    assert_eq!(decode(&forged(|_| ())).expect("decodes"), small());
}

#[test]
fn a_newer_format_is_rejected_whatever_else_it_holds() {
    let newer = format!(
        "{{\"format\":\"unseat bundle\",\"format_version\":{},\"soul\":[]}}",
        FORMAT_VERSION + 1
    );
    match decode(newer.as_bytes()) {
        Err(Error::Newer { found }) => assert_eq!(found, FORMAT_VERSION + 1),
        other => panic!("{other:?}"),
    }
    let other = b"{\"format\":\"pickle\",\"format_version\":1}";
    assert!(matches!(decode(other), Err(Error::Malformed(_))));
}

#[test]
fn a_bundle_that_predicts_other_numbers_than_when_it_was_made_is_rejected() {
    let changes: [fn(&mut Value); 4] = [
        |bundle| bundle["predictor"]["weights"][0] = Value::from(0.25),
        |bundle| bundle["predictor"]["bias"][0] = Value::from(0.300_000_000_000_001),
        |bundle| bundle["transformer"]["inputs"][0]["step"]["scale"]["mean"] = Value::from(2.5),
        |bundle| bundle["golden"]["rows"][3]["probabilities"][0] = Value::from(0.5),
    ];
    for (at, change) in changes.into_iter().enumerate() {
        assert!(
            matches!(decode(&forged(change)), Err(Error::Golden { .. })),
            "change {at}"
        );
    }
}

#[test]
fn parts_that_do_not_fit_are_rejected() {
    let changes: [fn(&mut Value); 9] = [
        |bundle| bundle["classes"] = serde_json::json!(["a"]),
        |bundle| bundle["classes"] = serde_json::json!(["a", "b", "c"]),
        |bundle| bundle["prior"] = serde_json::json!([0.5, 7.5]),
        |bundle| bundle["predictor"]["weights"] = serde_json::json!([0.1]),
        |bundle| bundle["predictor"]["link"] = Value::from("softmax"),
        |bundle| bundle["golden"]["rows"] = serde_json::json!([]),
        |bundle| bundle["transformer"]["inputs"][0]["step"]["scale"]["scale"] = Value::from(0.0),
        |bundle| bundle["transformer"]["inputs"][1]["name"] = Value::from("x"),
        |bundle| bundle["transformer"]["inputs"][0]["kind"] = Value::from("text"),
    ];
    for (at, change) in changes.into_iter().enumerate() {
        assert!(
            matches!(decode(&forged(change)), Err(Error::Unsound(_))),
            "change {at}"
        );
    }
}

#[test]
fn a_message_about_damage_shows_nothing_of_the_file() {
    let bytes = forged(|bundle| bundle["metric"] = Value::from("secret"));
    let message = decode(&bytes).expect_err("rejected").to_string();
    assert!(!message.contains("secret"), "{message}");
}

#[test]
fn the_model_hash_changes_with_what_predicts_and_with_nothing_else() {
    let hash = small().model_hash();
    let differs = |change: fn(&mut Bundle)| {
        let mut other = small();
        change(&mut other);
        other.model_hash() != hash
    };
    assert!(differs(|it| it.threshold = 0.5));
    assert!(differs(|it| it.classes.swap(0, 1)));
    assert!(differs(|it| {
        let Predictor::Linear(linear) = &mut it.predictor else {
            panic!("a linear predictor")
        };
        linear.bias[0] += 1e-12;
    }));
    assert!(differs(|it| {
        if let Step::Scale { mean, .. } = &mut it.transformer.inputs[0].step {
            *mean += 1e-9;
        }
    }));
    assert!(!differs(|it| it.seed = 1));
    assert!(!differs(|it| it.data.rows_hash = "other".to_string()));
    assert!(!differs(|it| it.profile.clear()));
    assert!(!differs(|it| it.dropped.clear()));
    assert!(!differs(|it| it.prior = vec![0.1, 0.9]));
    assert!(!differs(|it| it.golden = Default::default()));
}

#[test]
fn golden_rows_can_be_made_again() {
    let bundle = small();
    assert_eq!(make_golden(&bundle), bundle.golden);
    assert_eq!(bundle.golden.rows.len(), 8);
    bundle.verify().expect("answers");
}
