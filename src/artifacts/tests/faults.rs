//! What comes of an S3 server's faults: a retry, or a clear error; and nothing is lost.

use super::contract::{artifacts, store_on};
use super::double::{Double, Fault, Rule};
use crate::artifacts::heads::heads;
use crate::artifacts::{Artifacts, Error, Root, Trouble};
use crate::model_types::Sha256;

fn on(double: &Double) -> (tempfile::TempDir, Artifacts) {
    let folder = tempfile::tempdir().expect("a folder");
    let store = store_on(double, folder.path(), 60);
    (folder, artifacts(Root::Store(store)))
}

fn trouble(error: &Error) -> Trouble {
    match error {
        Error::Store { trouble, .. } => *trouble,
        other => panic!("no trouble of a store: {other:?}"),
    }
}

#[tokio::test]
async fn busy_answers_lost_answers_and_none_at_all_are_tried_again() {
    let double = Double::start();
    let (_folder, artifacts) = on(&double);
    let faults = [
        Fault::Answer(503, "SlowDown"),
        Fault::Answer(500, "InternalError"),
        Fault::LoseAnswer,
        Fault::Hang,
    ];
    for (at, fault) in faults.into_iter().enumerate() {
        let key = format!("m/{at}");
        double.fail("PUT", "/p/m/", fault.clone());
        artifacts
            .put(&key, key.clone().into_bytes())
            .await
            .expect("puts");
        double.put(&format!("p/g/{at}"), key.as_bytes());
        double.fail("GET", "/p/g/", fault.clone());
        let got = artifacts.get(&format!("g/{at}")).await;
        assert_eq!(got.expect("gets"), key.as_bytes(), "{fault:?}");
        double.fail("GET", "/bucket", fault.clone());
        artifacts.names("m").await.expect("lists");
    }
}

#[tokio::test]
async fn a_body_that_breaks_off_is_fetched_to_its_end() {
    let double = Double::start();
    let (_folder, artifacts) = on(&double);
    let bytes: Vec<u8> = (0..500_000_u32).map(|at| (at % 253) as u8).collect();
    double.put("p/a", &bytes);
    double.fail("GET", "/p/a", Fault::BreakBody);
    double.fail("GET", "/p/a", Fault::BreakBody);
    assert!(artifacts.get("a").await.expect("gets") == bytes);
}

#[tokio::test]
async fn an_object_that_is_written_once_is_never_replaced() {
    let double = Double::start();
    let (_folder, artifacts) = on(&double);
    artifacts.put_new("a", b"one".to_vec()).await.expect("puts");
    artifacts
        .put_new("a", b"one".to_vec())
        .await
        .expect("the same");
    let other = artifacts.put_new("a", b"two".to_vec()).await;
    assert_eq!(trouble(&other.expect_err("taken")), Trouble::Taken);
    assert_eq!(artifacts.get("a").await.expect("gets"), b"one");
    // Written, and the answer got lost: what comes again finds its own bytes.
    double.fail("PUT", "/p/b", Fault::LoseAnswer);
    artifacts
        .put_new("b", b"three".to_vec())
        .await
        .expect("puts");
    assert_eq!(artifacts.get("b").await.expect("gets"), b"three");
}

#[tokio::test]
async fn what_does_not_go_away_is_told_in_words() {
    let double = Double::start();
    let (_folder, artifacts) = on(&double);
    artifacts.put("a", b"1".to_vec()).await.expect("puts");
    for (rule, expected, says) in [
        (
            Rule::Expired,
            Trouble::Credentials,
            "the credentials have expired",
        ),
        (Rule::NoBucket, Trouble::NoBucket, "there is no such bucket"),
        (
            Rule::ReadOnly,
            Trouble::Forbidden,
            "the credentials may not do that",
        ),
    ] {
        double.rule(Some(rule));
        let error = artifacts.put("a", b"2".to_vec()).await.expect_err("fails");
        assert_eq!(trouble(&error), expected, "{rule:?}: {error}");
        assert!(error.to_string().contains(says), "{rule:?}: {error}");
        assert!(
            error.to_string().starts_with("write s3://bucket/p/a: "),
            "{error}"
        );
        if rule != Rule::ReadOnly {
            let error = artifacts.get("a").await.expect_err("fails");
            assert_eq!(trouble(&error), expected, "{rule:?}: {error}");
            let error = artifacts.names("").await.expect_err("fails");
            assert_eq!(trouble(&error), expected, "{rule:?}: {error}");
        }
    }
    double.rule(None);
    assert_eq!(
        artifacts.get("a").await.expect("gets"),
        b"1",
        "nothing was lost"
    );
}

#[tokio::test]
async fn a_store_that_stays_away_is_told_after_the_retries_and_nothing_is_lost() {
    let double = Double::start();
    let folder = tempfile::tempdir().expect("a folder");
    let store = store_on(&double, folder.path(), 1);
    let artifacts = artifacts(Root::Store(store));
    artifacts.put("a", b"1".to_vec()).await.expect("puts");
    double.rule(Some(Rule::Down));
    let asked = double.seen().len();
    let error = artifacts.put("a", b"2".to_vec()).await.expect_err("fails");
    assert_eq!(trouble(&error), Trouble::Unreachable, "{error}");
    let said = error.to_string();
    assert!(
        said.contains("is busy or has a fault") && said.contains("retries"),
        "{said}"
    );
    assert!(double.seen().len() > asked + 1, "it was tried again");
    assert_eq!(double.signers(), ["key"], "by the keys of the variables");
    double.rule(None);
    assert_eq!(artifacts.get("a").await.expect("gets"), b"1");
    assert_eq!(double.keys(), ["p/a"]);
}

#[tokio::test]
async fn bytes_that_are_not_those_that_were_written_are_never_taken() {
    let double = Double::start();
    let (_folder, artifacts) = on(&double);
    artifacts.put("a", b"one".to_vec()).await.expect("puts");
    double.damage("p/a");
    let error = artifacts.get("a").await.expect_err("damaged");
    assert_eq!(trouble(&error), Trouble::Damaged);
    artifacts.local_copy("a").await.expect_err("damaged");
}

#[tokio::test]
async fn a_list_that_is_behind_loses_nothing() {
    let double = Double::start();
    let (folder, artifacts) = on(&double);
    artifacts.put("m/old/a", b"1".to_vec()).await.expect("puts");
    double.freeze_lists();
    artifacts.put("m/new/a", b"2".to_vec()).await.expect("puts");
    // What is named is found, listed or not.
    assert!(artifacts.exists("m/new/a").await.expect("looks"));
    assert_eq!(artifacts.get("m/new/a").await.expect("gets"), b"2");
    artifacts.remove_folder("m/old").await.expect("removes");
    artifacts
        .remove_folder("m/old")
        .await
        .expect("what is listed and gone");
    let fetched = artifacts
        .fetch_folder("m/old", &folder.path().join("f"))
        .await;
    assert!(matches!(fetched, Err(Error::Gone { .. })));
}

#[tokio::test]
async fn what_is_on_this_machine_is_not_fetched_again() {
    let double = Double::start();
    let (_folder, artifacts) = on(&double);
    double.put("p/a", b"one");
    artifacts.get("a").await.expect("gets");
    artifacts.get("a").await.expect("gets");
    let sha256 = Sha256::of(b"one");
    let asked = double.seen().len();
    let bytes = artifacts.get_known("a", &sha256).await.expect("gets");
    assert_eq!(bytes, b"one");
    assert_eq!(double.seen().len(), asked, "the store is not asked");
    double.put("p/a", b"two");
    assert_eq!(
        artifacts.get("a").await.expect("gets"),
        b"two",
        "news is seen"
    );
}

#[tokio::test]
async fn a_store_that_never_answers_is_told_from_one_without_the_object() {
    let double = Double::start();
    let folder = tempfile::tempdir().expect("a folder");
    let artifacts = artifacts(Root::Store(store_on(&double, folder.path(), 1)));
    double.rule(Some(Rule::Hang));
    let error = artifacts.get("a").await.expect_err("no answer");
    assert_eq!(trouble(&error), Trouble::Unreachable, "{error:?}");
    double.rule(None);
    let error = artifacts.get("a").await.expect_err("no object");
    assert!(matches!(error, Error::Gone { .. }), "{error:?}");
}

#[tokio::test]
async fn beginnings_of_objects_are_requested_as_ranges() {
    let double = Double::start();
    let folder = tempfile::tempdir().expect("a folder");
    let store = store_on(&double, &folder.path().join("cache"), 60);
    let bytes: Vec<u8> = (0..5000_u32).map(|at| (at % 251) as u8).collect();
    double.put("p/deep/a.csv", &bytes);
    let heads = heads(&store, &folder.path().join("heads"), 1000, None).await;
    let heads = heads.expect("fetches");
    let got = std::fs::read(heads.folder.join("deep/a.csv")).expect("reads");
    assert_eq!(got[..1000], double.bytes("p/deep/a.csv")[..1000]);
    assert_eq!(got[1000..], [0; 4000]);
    assert_eq!(heads.objects["deep/a.csv"].bytes, 5000);
}
