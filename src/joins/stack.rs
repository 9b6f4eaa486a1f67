//! Parts of one table put under each other, whatever columns and kinds each part happens to have.

use polars::prelude::{Column, DataFrame, DataType, IntoColumn, NamedFrom, Series};

use super::error::Error;
use crate::data::{Kind, Schema};

/// One table out of its parts. A column that a part lacks is missing there; integers and numbers become numbers; any other
/// two kinds become text, and a column without a value in a part fits any kind.
///
/// # Errors
/// When polars cannot put columns of the four kinds together; never expected.
pub fn stack(parts: Vec<DataFrame>) -> Result<DataFrame, Error> {
    let mut names: Vec<String> = Vec::new();
    for part in &parts {
        for name in Schema::of(part).names() {
            if !names.iter().any(|known| known == name) {
                names.push(name.to_string());
            }
        }
    }
    let height = parts.iter().map(DataFrame::height).sum();
    let mut columns: Vec<Column> = Vec::with_capacity(names.len());
    for name in names {
        let pieces: Vec<Option<Series>> = parts
            .iter()
            .map(|part| Some(part.column(&name).ok()?.as_materialized_series().clone()))
            .collect();
        let kinds = pieces
            .iter()
            .flatten()
            .filter(|piece| piece.null_count() < piece.len())
            .filter_map(|piece| Kind::of(piece.dtype()));
        let kind = kinds.reduce(common).unwrap_or(Kind::Number);
        let mut whole = Series::new_empty(name.as_str().into(), &kind.dtype());
        for (piece, part) in pieces.into_iter().zip(&parts) {
            let piece = match piece {
                Some(piece) if piece.null_count() < piece.len() => as_kind(&piece, kind)?,
                _ => Series::full_null(name.as_str().into(), part.height(), &kind.dtype()),
            };
            whole.append_owned(piece)?;
        }
        columns.push(whole.rechunk().into_column());
    }
    Ok(DataFrame::new(height, columns)?)
}

fn common(one: Kind, other: Kind) -> Kind {
    match (one, other) {
        _ if one == other => one,
        _ if one.is_numeric() && other.is_numeric() => Kind::Number,
        _ => Kind::Text,
    }
}

fn as_kind(piece: &Series, kind: Kind) -> Result<Series, Error> {
    if *piece.dtype() == kind.dtype() {
        return Ok(piece.clone());
    }
    let number = *piece.dtype() == DataType::Float64;
    let cast = piece.cast(&kind.dtype())?;
    if kind != Kind::Text || !number {
        return Ok(cast);
    }
    // Whole numbers are spelled without a fraction, as everywhere.
    let spelled = piece.f64()?.iter();
    let spelled: Vec<Option<String>> = spelled
        .map(|cell| cell.map(|number| format!("{}", number + 0.0)))
        .collect();
    Ok(Series::new(piece.name().clone(), spelled))
}
