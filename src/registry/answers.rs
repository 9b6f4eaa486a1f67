//! What was answered, and what was said of it later.

use super::db::{Held, Row, query, settled};
use super::error::Doing;
use super::{Error, Registry};
use crate::live::{ASKED_SOURCE, Answer, Given, Known, Labelled, Outcome, Stated};
use crate::model_types::PredictionId;

/// What became of a label, summed up over all that came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelTotal {
    /// What became of them.
    pub outcome: String,
    /// How many.
    pub labels: i64,
    /// When the last one came.
    pub last_ms: i64,
}

fn answer_of(row: &Row) -> Answer {
    Answer {
        id: row.get("id"),
        version: row.get("version"),
        at_ms: row.get("at_ms"),
        class: row.get("class"),
        value: row.get("value"),
    }
}

fn stated_of(row: &Row) -> Stated {
    Stated {
        label: row.get("label"),
        observed_ms: row.get("observed_ms"),
        source: row.get("source"),
    }
}

impl Registry {
    /// Keeps answers, all or none; one of the same id takes the place of the one before.
    ///
    /// # Errors
    /// When a statement fails.
    pub async fn keep_answers(&self, model: &str, answers: &[Answer]) -> Result<(), Error> {
        settled!(self.try_keep_answers(model, answers))
    }

    async fn try_keep_answers(&self, model: &str, answers: &[Answer]) -> Result<(), Error> {
        let mut transaction = self.begin().await?;
        for answer in answers {
            query(
                "INSERT INTO answers (model, id, version, at_ms, class, value) VALUES (?, ?, ?, ?, ?, ?)
                 ON CONFLICT (model, id) DO UPDATE SET version = excluded.version, at_ms = excluded.at_ms,
                     class = excluded.class, value = excluded.value",
            )
            .bind(model)
            .bind(&answer.id)
            .bind(answer.version)
            .bind(answer.at_ms)
            .bind(&answer.class)
            .bind(answer.value)
            .execute(&mut transaction)
            .await
            .doing("keep answers")?;
        }
        transaction.commit().await
    }

    /// Removes answers from before an instant, and the oldest beyond so many; labels of what is gone go, too, and labels that waited
    /// for an answer since before `held_ms`.
    ///
    /// # Errors
    /// When a statement fails.
    pub async fn remove_old_answers(
        &self,
        model: &str,
        before_ms: i64,
        most: i64,
        held_ms: i64,
    ) -> Result<(), Error> {
        let doing = "remove old answers";
        let bound =
            query("SELECT at_ms FROM answers WHERE model = ? ORDER BY at_ms DESC LIMIT 1 OFFSET ?")
                .bind(model)
                .bind(most)
                .fetch_optional(&self.pool())
                .await
                .doing(doing)?;
        let beyond_ms: Option<i64> = bound.map(|row| row.get("at_ms"));
        // What is as old as the first one too many goes with it.
        let until_ms = beyond_ms.map_or(before_ms, |at_ms| before_ms.max(at_ms + 1));
        query("DELETE FROM answers WHERE model = ? AND at_ms < ?")
            .bind(model)
            .bind(until_ms)
            .execute(&self.writing().await?)
            .await
            .doing(doing)?;
        query(
            "DELETE FROM labels WHERE model = ? AND at_ms < ?
             AND NOT EXISTS (SELECT 1 FROM answers WHERE answers.model = labels.model AND answers.id = labels.id)",
        )
        .bind(model)
        .bind(held_ms)
        .execute(&self.writing().await?)
        .await
        .doing(doing)?;
        Ok(())
    }

    /// Records labels, all or none, in one transaction: what becomes of each is for `decide` to say. With `is_dry` nothing is
    /// written.
    ///
    /// # Errors
    /// When a statement fails; nothing was recorded then.
    pub async fn put_labels(
        &self,
        model: &str,
        given: &[Given],
        now_ms: i64,
        is_dry: bool,
        decide: impl Fn(&Given, &Known) -> Outcome,
    ) -> Result<Vec<Outcome>, Error> {
        settled!(self.try_put_labels(model, given, now_ms, is_dry, &decide))
    }

    async fn try_put_labels(
        &self,
        model: &str,
        given: &[Given],
        now_ms: i64,
        is_dry: bool,
        decide: &impl Fn(&Given, &Known) -> Outcome,
    ) -> Result<Vec<Outcome>, Error> {
        let doing = "record labels";
        let mut transaction = self.begin().await?;
        // What is known of an answer decides on its next label: two at once would both be the first.
        transaction.hold(Held::Labels).await?;
        let mut outcomes = Vec::with_capacity(given.len());
        for label in given {
            let answer = query("SELECT id FROM answers WHERE model = ? AND id = ?")
                .bind(model)
                .bind(&label.id)
                .fetch_optional(&mut transaction)
                .await
                .doing(doing)?;
            let stated =
                query("SELECT label, observed_ms, source FROM labels WHERE model = ? AND id = ?")
                    .bind(model)
                    .bind(&label.id)
                    .fetch_all(&mut transaction)
                    .await
                    .doing(doing)?;
            let known = Known {
                is_answered: answer.is_some(),
                stated: stated.iter().map(stated_of).collect(),
            };
            let outcome = decide(label, &known);
            if outcome.is_kept() {
                query(
                    "INSERT INTO labels (model, id, label, observed_ms, source, at_ms) VALUES (?, ?, ?, ?, ?, ?)
                     ON CONFLICT (model, id, observed_ms, source, label) DO NOTHING",
                )
                .bind(model)
                .bind(&label.id)
                .bind(&label.label)
                .bind(label.observed_ms)
                .bind(&label.source)
                .bind(now_ms)
                .execute(&mut transaction)
                .await
                .doing(doing)?;
            }
            query(
                "INSERT INTO label_totals (model, outcome, labels, last_ms) VALUES (?, ?, 1, ?)
                 ON CONFLICT (model, outcome) DO UPDATE SET labels = label_totals.labels + 1, last_ms = excluded.last_ms",
            )
            .bind(model)
            .bind(outcome.name())
            .bind(now_ms)
            .execute(&mut transaction)
            .await
            .doing(doing)?;
            outcomes.push(outcome);
        }
        // Labels of one call see one another, so a dry run writes them, too, and takes all of it back.
        if !is_dry {
            transaction.commit().await?;
        }
        Ok(outcomes)
    }

    /// What became of all labels of a model.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn label_totals(&self, model: &str) -> Result<Vec<LabelTotal>, Error> {
        let rows = query(
            "SELECT outcome, labels, last_ms FROM label_totals WHERE model = ? ORDER BY outcome",
        )
        .bind(model)
        .fetch_all(&self.pool())
        .await
        .doing("look at what became of labels")?;
        let total = |row: &Row| LabelTotal {
            outcome: row.get("outcome"),
            labels: row.get("labels"),
            last_ms: row.get("last_ms"),
        };
        Ok(rows.iter().map(total).collect())
    }

    /// Whether at least this many labels came after some time.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn has_labels_since(
        &self,
        model: &str,
        after_ms: i64,
        least: u64,
    ) -> Result<bool, Error> {
        let row = query(
            "SELECT COUNT(*) AS n FROM (SELECT 1 FROM labels WHERE model = ? AND at_ms > ? LIMIT ?) AS fresh",
        )
        .bind(model)
        .bind(after_ms)
        .bind(i64::try_from(least).unwrap_or(i64::MAX))
        .fetch_one(&self.pool())
        .await
        .doing("count the labels since a run")?;
        let found: i64 = row.get("n");
        Ok(found as u64 >= least)
    }

    /// Everything that was said of some answers, by their ids; those of which nothing was said are left out.
    ///
    /// # Errors
    /// When a statement fails.
    pub async fn stated_of(
        &self,
        model: &str,
        ids: &[&PredictionId],
    ) -> Result<Vec<(PredictionId, Vec<Stated>)>, Error> {
        let mut found = Vec::new();
        for id in ids {
            let rows =
                query("SELECT label, observed_ms, source FROM labels WHERE model = ? AND id = ?")
                    .bind(model)
                    .bind(*id)
                    .fetch_all(&self.pool())
                    .await
                    .doing("look at the labels of an answer")?;
            if !rows.is_empty() {
                found.push(((*id).clone(), rows.iter().map(stated_of).collect()));
            }
        }
        Ok(found)
    }

    /// The newest answers within some time, at most so many, with everything that was said of each but labels that were asked
    /// for; by time.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn labelled_answers(
        &self,
        model: &str,
        (from_ms, to_ms): (i64, i64),
        most: i64,
    ) -> Result<Vec<Labelled>, Error> {
        let rows = query(
            "SELECT a.id AS id, a.version AS version, a.at_ms AS at_ms, a.class AS class, a.value AS value,
                 l.label AS label, l.observed_ms AS observed_ms, l.source AS source, l.at_ms AS told_ms
             FROM (SELECT id, version, at_ms, class, value FROM answers
                   WHERE model = ? AND at_ms >= ? AND at_ms < ? ORDER BY at_ms DESC LIMIT ?) a
             LEFT JOIN labels l ON l.model = ? AND l.id = a.id AND l.source <> ?
             ORDER BY a.at_ms, a.id",
        )
        .bind(model)
        .bind(from_ms)
        .bind(to_ms)
        .bind(most)
        .bind(model)
        .bind(ASKED_SOURCE)
        .fetch_all(&self.pool())
        .await
        .doing("look at answers and labels")?;
        let mut found: Vec<Labelled> = Vec::new();
        for row in &rows {
            let answer = answer_of(row);
            if found.last().is_none_or(|last| last.answer.id != answer.id) {
                found.push(Labelled {
                    answer,
                    stated: Vec::new(),
                });
            }
            let label: Option<String> = row.get("label");
            if let (Some(label), Some(last)) = (label, found.last_mut()) {
                let stated = Stated {
                    label,
                    observed_ms: row.get("observed_ms"),
                    source: row.get("source"),
                };
                last.stated.push((stated, row.get("told_ms")));
            }
        }
        Ok(found)
    }
}
