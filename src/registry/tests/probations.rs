//! A promoted version on probation.

use super::operation;
use crate::model_types::{RunId, VersionNumber};
use crate::registry::*;

pub async fn is_concluded_once(registry: &Registry) {
    let model = "probations";
    let lock = registry
        .take_lock(model, &RunId::new("mine"), 1)
        .await
        .expect("free");
    let promote = operation(
        Action::Promote,
        Some(VersionNumber::new(2)),
        Some(VersionNumber::new(1)),
    );
    registry.operate(&lock, &promote).await.expect("records");
    let last = registry.last_operation(model).await.expect("reads");
    let (id, newest) = last.expect("one");
    assert_eq!(newest, promote);
    let row = |operation| ProbationRow {
        model: model.to_string(),
        operation,
        version: VersionNumber::new(2),
        previous: VersionNumber::new(1),
        state: ProbationState::Watching,
        began_ms: 7,
        ended_ms: None,
        reason: None,
        record: None,
    };
    let first = row(id);
    registry.begin_probation(&first).await.expect("begins");
    let late = ProbationRow {
        began_ms: 8,
        ..first.clone()
    };
    registry.begin_probation(&late).await.expect("is there");
    let stored = || async { registry.probations(model).await.expect("reads") };
    assert_eq!(stored().await, std::slice::from_ref(&first));

    let record = serde_json::json!({"requests": 3});
    let end = |state| ProbationEnd {
        state,
        reason: "because",
        record: &record,
        at_ms: 9,
    };
    let back = operation(
        Action::Rollback,
        Some(VersionNumber::new(1)),
        Some(VersionNumber::new(2)),
    );
    let taken = end(ProbationState::RolledBack);
    let take = async |row: &ProbationRow| {
        let taken = registry.take_back(&lock, row, &taken, &back).await;
        taken.expect("is asked")
    };
    // Somebody moved the champion meanwhile: nothing happens, and the probation continues.
    registry.operate(&lock, &promote).await.expect("records");
    assert!(!take(&first).await);
    assert_eq!(stored().await[0].state, ProbationState::Watching);
    let confirmed = end(ProbationState::Confirmed);
    let is_ended = registry.end_probation(&first, &confirmed).await;
    assert!(is_ended.expect("ends"));
    let is_ended = registry.end_probation(&first, &taken).await;
    assert!(!is_ended.expect("is asked"), "the first one wins");
    assert_eq!(stored().await[0].record, Some(record.clone()));

    // The newest one is rolled back once.
    let last = registry.last_operation(model).await.expect("reads");
    let second = row(last.expect("one").0);
    registry.begin_probation(&second).await.expect("begins");
    assert!(take(&second).await);
    assert!(!take(&second).await);
    let champion = registry.champion(model).await.expect("reads");
    assert_eq!(champion.expect("one").version, 1);
    let states: Vec<_> = stored().await.iter().map(|row| row.state).collect();
    assert_eq!(
        states,
        [ProbationState::RolledBack, ProbationState::Confirmed]
    );
    registry.release_lock(&lock).await.expect("released");
    assert!(
        registry
            .take_back(&lock, &second, &taken, &back)
            .await
            .is_err()
    );
}
