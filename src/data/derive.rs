//! Columns computed from columns, row by row, by SQL expressions.
//!
//! An expression sees one row: no other row, no table and no file. polars' own SQL would let it (`SELECT … FROM
//! read_csv(…)` opens a file while it is read), so words are looked at before polars is: a function must be one of
//! [`FUNCTIONS`], and whatever begins a query is refused.

use polars::prelude::*;
use polars::sql::sql_expr;

use super::schema::{Column, Kind};
use super::{Error, Schema, parse_time};

/// What may stand before a parenthesis: functions of one row, and words of expressions.
const FUNCTIONS: &[&str] = &[
    "abs",
    "acos",
    "and",
    "as",
    "asin",
    "atan",
    "atan2",
    "between",
    "by",
    "case",
    "cast",
    "cbrt",
    "ceil",
    "ceiling",
    "char",
    "coalesce",
    "concat",
    "concat_ws",
    "cos",
    "date_part",
    "decimal",
    "degrees",
    "div",
    "else",
    "ends_with",
    "exp",
    "extract",
    "floor",
    "from",
    "greatest",
    "if",
    "ifnull",
    "in",
    "initcap",
    "least",
    "left",
    "length",
    "like",
    "ln",
    "log",
    "log10",
    "log1p",
    "log2",
    "lower",
    "ltrim",
    "mod",
    "not",
    "nullif",
    "numeric",
    "or",
    "pi",
    "position",
    "pow",
    "power",
    "radians",
    "regexp_like",
    "replace",
    "reverse",
    "right",
    "round",
    "rtrim",
    "sign",
    "sin",
    "split_part",
    "sqrt",
    "starts_with",
    "strftime",
    "strpos",
    "substr",
    "substring",
    "tan",
    "then",
    "trim",
    "trunc",
    "truncate",
    "try_cast",
    "upper",
    "varchar",
    "when",
];
/// What may stand nowhere, quoted names and texts aside.
const REFUSED: &[(&str, &str)] = &[
    ("select", "an expression sees one row and no table"),
    ("values", "an expression sees one row and no table"),
    ("table", "an expression sees one row and no table"),
    ("with", "an expression sees one row and no table"),
    ("over", "an expression sees one row and no others"),
    ("exists", "an expression sees one row and no table"),
    (
        "timestamp",
        "a column is a time when `features.columns.<name>.encode` is `date`",
    ),
    (
        "datetime",
        "a column is a time when `features.columns.<name>.encode` is `date`",
    ),
];

/// A checked expression.
#[derive(Debug, Clone)]
pub struct Expression {
    expr: Expr,
    /// Columns that it reads.
    pub columns: Vec<String>,
}

impl Expression {
    /// Reads an expression.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn parse(sql: &str) -> Result<Self, String> {
        let sql = checked(sql)?;
        let expr = sql_expr(&sql).map_err(|error| first_line(&error))?;
        let mut columns: Vec<String> = Vec::new();
        for part in &expr {
            if let Expr::Column(name) = part
                && !columns.iter().any(|known| known == name.as_str())
            {
                columns.push(name.to_string());
            }
        }
        Ok(Expression { expr, columns })
    }
}

fn first_line(error: &PolarsError) -> String {
    let text = error.to_string();
    text.lines().next().unwrap_or_default().to_string()
}

/// The expression with every cast as one that gives null where it cannot, so that no row stops all others.
fn checked(sql: &str) -> Result<String, String> {
    let mut out = String::with_capacity(sql.len() + 8);
    let mut rest = sql;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '\'' | '"' | '`' => match rest[1..].find(first) {
                Some(end) => end + 2,
                None => return Err(format!("a {first} is never closed")),
            },
            c if c.is_alphabetic() || c == '_' => {
                let is_part = |c: char| c.is_alphanumeric() || c == '_';
                rest.find(|c| !is_part(c)).unwrap_or(rest.len())
            }
            c => c.len_utf8(),
        };
        let (token, after) = rest.split_at(length);
        let word = token.to_lowercase();
        if let Some((_, why)) = REFUSED.iter().find(|(refused, _)| *refused == word) {
            return Err(format!("`{token}` cannot stand in it: {why}"));
        }
        if token == ":" && after.starts_with(':') {
            return Err("write `CAST(x AS …)` for `x::…`".to_string());
        }
        // `E'…'` and `$$…$$` are texts whose ends would have to be found by other rules.
        if token == "$" || (first.is_alphabetic() && after.starts_with('\'')) {
            return Err("write texts as 'text', a blank before them".to_string());
        }
        if token == ";" || after.starts_with("--") || after.starts_with("/*") {
            return Err("it is one expression, without comments".to_string());
        }
        let is_word = first.is_alphabetic() || first == '_' || first == '`';
        if (is_word || first == '"')
            && after.trim_start().starts_with('(')
            && !FUNCTIONS.contains(&word.as_str())
        {
            return Err(format!("`{token}` is no function of one row"));
        }
        if word == "cast" {
            out.push_str("TRY_");
        }
        out.push_str(token);
        rest = after;
    }
    Ok(out)
}

/// What went wrong with a derived column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The derived column.
    pub column: String,
    /// Why, in words without cells.
    pub why: String,
}

/// The frame with the derived columns, each computed from those of the frame and those before it. Columns of `times` are
/// times in expressions. One of the same name is replaced.
///
/// # Errors
/// The first one that cannot be computed.
pub fn derive(
    frame: &DataFrame,
    times: &[String],
    derived: &[(String, Expression)],
) -> Result<DataFrame, Failure> {
    if derived.is_empty() {
        return Ok(frame.clone());
    }
    let mut timed = frame.clone();
    for name in times {
        let Ok(column) = frame.column(name) else {
            continue;
        };
        let failed = |why: String| Failure {
            column: name.clone(),
            why,
        };
        let column = as_times(column).map_err(|error| failed(first_line(&error)))?;
        timed
            .with_column(column)
            .map_err(|error| failed(first_line(&error)))?;
    }
    let mut made = frame.clone();
    for (name, expression) in derived {
        let failed = |why: String| Failure {
            column: name.clone(),
            why,
        };
        let absent = expression.columns.iter();
        let absent: Vec<&String> = absent.filter(|it| timed.column(it).is_err()).collect();
        if let Some(absent) = absent.first() {
            return Err(failed(format!("it reads `{absent}`, which is no column")));
        }
        let compute = |frame: DataFrame| -> PolarsResult<polars::prelude::Column> {
            let expr = expression.expr.clone().alias(name.as_str());
            let all = frame.lazy().with_columns([expr]).collect()?;
            all.column(name).cloned()
        };
        // Without rows, no message can hold a cell.
        compute(timed.slice(0, 0)).map_err(|error| failed(first_line(&error)))?;
        let column = compute(timed.clone())
            .and_then(|column| as_kind(&column))
            .map_err(|_| failed("a row cannot be computed".to_string()))?;
        let put = |frame: &mut DataFrame| frame.with_column(column.clone()).map(|_| ());
        put(&mut timed)
            .and_then(|()| put(&mut made))
            .map_err(|error| failed(first_line(&error)))?;
    }
    made.rechunk_mut();
    Ok(made)
}

/// A column as times: texts as [`parse_time`] reads them, numbers as seconds since 1970; what is none is missing.
fn as_times(column: &polars::prelude::Column) -> PolarsResult<polars::prelude::Column> {
    let micros: Vec<Option<i64>> = times_of(column);
    Series::new(column.name().clone(), micros)
        .cast(&DataType::Datetime(TimeUnit::Microseconds, None))
        .map(Into::into)
}

/// The cells of a column as microseconds since 1970; what is no time is missing.
pub fn times_of(column: &polars::prelude::Column) -> Vec<Option<i64>> {
    let from_seconds = |seconds: f64| {
        let micros = (seconds * 1e6).round();
        (micros.abs() < 9.2e18).then_some(micros as i64)
    };
    if let Ok(texts) = column.str() {
        texts.iter().map(|text| parse_time(text?)).collect()
    } else if let Ok(seconds) = column.i64() {
        let micros = |seconds: i64| seconds.checked_mul(1_000_000);
        seconds.iter().map(|cell| micros(cell?)).collect()
    } else if let Ok(seconds) = column.f64() {
        seconds.iter().map(|cell| from_seconds(cell?)).collect()
    } else {
        vec![None; column.len()]
    }
}

/// A computed column as one of the four kinds: times as text, spans of time as seconds, what is not finite as missing.
fn as_kind(column: &polars::prelude::Column) -> PolarsResult<polars::prelude::Column> {
    let made = match column.dtype() {
        DataType::Boolean | DataType::String | DataType::Int64 => column.clone(),
        DataType::Duration(_) => {
            let micros = column.cast(&DataType::Duration(TimeUnit::Microseconds))?;
            let seconds: Vec<Option<f64>> = micros
                .cast(&DataType::Int64)?
                .i64()?
                .iter()
                .map(|cell| Some(cell? as f64 / 1e6))
                .collect();
            polars::prelude::Column::new(column.name().clone(), seconds)
        }
        DataType::Datetime(..) => {
            let datetimes = column.cast(&DataType::Datetime(TimeUnit::Microseconds, None))?;
            let texts: Vec<Option<String>> = datetimes
                .cast(&DataType::Int64)?
                .i64()?
                .iter()
                .map(|cell| {
                    let time = chrono::DateTime::from_timestamp_micros(cell?)?;
                    Some(time.format("%Y-%m-%d %H:%M:%S%.f").to_string())
                })
                .collect();
            polars::prelude::Column::new(column.name().clone(), texts)
        }
        dtype if dtype.is_integer() => column.cast(&DataType::Int64)?,
        dtype if dtype.is_float() => {
            let numbers = column.cast(&DataType::Float64)?;
            let finite: Vec<Option<f64>> = numbers
                .f64()?
                .iter()
                .map(|cell| cell.filter(|number| number.is_finite()))
                .collect();
            polars::prelude::Column::new(column.name().clone(), finite)
        }
        _ => column.cast(&DataType::String)?,
    };
    Ok(made)
}

/// A frame with columns cast to the kinds they had elsewhere; a cell that does not fit is missing.
///
/// # Errors
/// When a column is not there.
pub fn cast_to(frame: &DataFrame, columns: &[Column]) -> Result<DataFrame, Error> {
    let schema = Schema::of(frame);
    let mut cast = frame.clone();
    for Column { name, kind } in columns {
        let found = schema.get(name).ok_or_else(|| Error::NoColumn {
            column: name.clone(),
        })?;
        if found.kind == *kind {
            continue;
        }
        let dtype = match kind {
            Kind::Integer => DataType::Int64,
            Kind::Number => DataType::Float64,
            Kind::Boolean => DataType::Boolean,
            Kind::Text => DataType::String,
        };
        cast.with_column(cast.column(name)?.cast(&dtype)?)?;
    }
    Ok(cast)
}

#[cfg(test)]
mod tests;
