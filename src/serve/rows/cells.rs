//! A cell as its column and its column's rule take it.

use crate::data::Kind;
use crate::data::rules::{self, Broken, Checker, OnViolation};
use crate::features::CellRef;

/// The cell as its column's rule takes it, or what it breaks where that is not to be fixed.
pub fn ruled<'c>(rule: &Checker, kind: Kind, cell: CellRef<'c>) -> Result<CellRef<'c>, Broken> {
    let broken = match kind {
        Kind::Text => rule.text(cell.text().as_deref()),
        _ => rule.number(cell.number()),
    };
    let Some(broken) = broken else {
        return Ok(cell);
    };
    match rule.on_violation() {
        Some(OnViolation::Null) => Ok(CellRef::Missing),
        Some(OnViolation::Other) if kind == Kind::Text => Ok(CellRef::Text(rules::OTHER)),
        Some(OnViolation::Other) => Ok(CellRef::Missing),
        Some(OnViolation::Error | OnViolation::Quarantine) | None => Err(broken),
    }
}
