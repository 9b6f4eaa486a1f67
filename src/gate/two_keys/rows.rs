//! The rows that both keys look at.

#[derive(Debug, Clone, Copy)]
pub(super) struct Rows<'a> {
    pub(super) champion_logits: &'a [f64],
    pub(super) challenger_logits: &'a [f64],
    pub(super) champion_labels: &'a [bool],
    pub(super) challenger_labels: &'a [bool],
}
