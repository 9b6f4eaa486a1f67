//! How both versions rank the test rows: for who refers a share of them.

use maud::{Markup, html};

use super::page_parts::{section, table};
use super::words::{grouped, score};
use super::{RankingFacts, ReportInput};

/// Tables of a page; nothing of classes.
pub(super) fn ranking(input: &ReportInput) -> Markup {
    let Some(ranking) = &input.ranking else {
        return Markup::default();
    };
    let heads = |first: &'static str| [(first, false), ("Challenger", true), ("Champion", true)];
    let body = html! {
        (table(&caption(ranking), &heads("Ranking"), &side_rows(ranking)))
        @if !ranking.agreement.is_empty() {
            (table(AGREEMENT, &[("Alike", false), ("Value", true)], &agreement_rows(ranking)))
        }
        @if !ranking.weeks.is_empty() {
            (table(
                WEEKS,
                &[("Week from", false), ("Rows", true), ("Challenger", true), ("Champion", true)],
                &week_rows(ranking),
            ))
        }
    };
    section("Ranking", &body)
}

/// A table as the card has it.
pub(super) struct Table {
    /// What it says.
    pub(super) caption: String,
    /// Names of its columns.
    pub(super) heads: Vec<&'static str>,
    /// Its rows.
    pub(super) rows: Vec<Vec<String>>,
}

/// The same tables for the card.
pub(super) fn tables(ranking: &RankingFacts) -> Vec<Table> {
    let mut tables = vec![Table {
        caption: caption(ranking),
        heads: vec!["Ranking", "Challenger", "Champion"],
        rows: side_rows(ranking),
    }];
    if !ranking.agreement.is_empty() {
        tables.push(Table {
            caption: AGREEMENT.to_string(),
            heads: vec!["Alike", "Value"],
            rows: agreement_rows(ranking),
        });
    }
    if !ranking.weeks.is_empty() {
        tables.push(Table {
            caption: WEEKS.to_string(),
            heads: vec!["Week from", "Rows", "Challenger", "Champion"],
            rows: week_rows(ranking),
        });
    }
    tables
}

const AGREEMENT: &str = "How alike both versions rank the test rows.";
const WEEKS: &str = "Spearman correlation of truth and prediction, week by week of the test rows.";

fn caption(ranking: &RankingFacts) -> String {
    format!(
        "The worst rows are those with the {} numbers.",
        ranking.first
    )
}

fn side_rows(ranking: &RankingFacts) -> Vec<Vec<String>> {
    let sides = ranking.sides.iter();
    sides
        .map(|(name, new, old)| vec![name.clone(), new.clone(), old.clone()])
        .collect()
}

fn agreement_rows(ranking: &RankingFacts) -> Vec<Vec<String>> {
    let row = |(name, value): &(String, Option<f64>)| vec![name.clone(), score(*value)];
    ranking.agreement.iter().map(row).collect()
}

fn week_rows(ranking: &RankingFacts) -> Vec<Vec<String>> {
    let weeks = ranking.weeks.iter();
    weeks
        .map(|(from, rows, new, old)| vec![from.clone(), grouped(*rows), score(*new), score(*old)])
        .collect()
}
