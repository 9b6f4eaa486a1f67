//! Why an expression or a time zone is rejected: which field, what is wrong, what would be right.

use super::field_name::FieldName;

/// What is wrong with an expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExpressionError {
    /// Nothing was written.
    #[error("the expression is empty; `15 3 * * *` is every day at 03:15")]
    Empty,
    /// Too few or too many fields.
    #[error(
        "{found} fields where five (minute, hour, day of month, month, day of week) or six (second first) belong"
    )]
    FieldCount {
        /// How many there are.
        found: usize,
    },
    /// `@reboot`.
    #[error(
        "`@reboot` is not a time: a restart is no reason to train; start a run by hand, or write `@daily`"
    )]
    Reboot,
    /// Another word after `@`.
    #[error(
        "`{nickname}` is none of @yearly, @annually, @monthly, @weekly, @daily, @midnight, @hourly"
    )]
    Nickname {
        /// What was written.
        nickname: String,
    },
    /// Two commas in a row, or one at an end.
    #[error("{field}: a part of the list is empty; write values with one comma between them")]
    EmptyPart {
        /// Where.
        field: FieldName,
    },
    /// A number outside the field's bounds.
    #[error("{field}: `{value}` is not between {low} and {high}")]
    OutOfRange {
        /// Where.
        field: FieldName,
        /// What was written.
        value: String,
        /// The smallest value.
        low: u32,
        /// The largest value.
        high: u32,
    },
    /// Neither a number nor a name.
    #[error("{field}: `{text}` is not a value; write {low} to {high}{}, `*`, `a-b`, `*/n` or a list of these", or_names(.names))]
    NotAValue {
        /// Where.
        field: FieldName,
        /// What was written.
        text: String,
        /// The smallest value.
        low: u32,
        /// The largest value.
        high: u32,
        /// First and last name, where the field has names.
        names: Option<(&'static str, &'static str)>,
    },
    /// A name written in full.
    #[error("{field}: `{text}` is written `{right}`")]
    LongName {
        /// Where.
        field: FieldName,
        /// What was written.
        text: String,
        /// Its three letters.
        right: &'static str,
    },
    /// A range that ends before it begins.
    #[error("{field}: `{range}` ends before it begins; write `{right}`")]
    BackwardRange {
        /// Where.
        field: FieldName,
        /// What was written.
        range: String,
        /// The same as a list.
        right: String,
    },
    /// A step that is not a number, 0, or so long that it reaches only the first value.
    #[error("{field}: the step `{step}` is not between 1 and {most}; a step starts again with each {}", of(.field))]
    Step {
        /// Where.
        field: FieldName,
        /// What was written.
        step: String,
        /// The longest step that reaches a second value.
        most: u32,
    },
    /// A sign of another cron program.
    #[error("{field}: `{sign}` is not part of cron's own language here; {instead}")]
    Foreign {
        /// Where.
        field: FieldName,
        /// The sign.
        sign: &'static str,
        /// What to do instead.
        instead: &'static str,
    },
    /// No calendar has such a day.
    #[error("`{expression}` never fires: no month in it has such a day")]
    Never {
        /// The normal form.
        expression: String,
    },
}

/// What is wrong with the name of a time zone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ZoneError {
    /// No such zone.
    #[error("`{name}` is not an IANA time zone; write one like `Europe/Berlin` or `UTC`")]
    Unknown {
        /// What was written.
        name: String,
    },
    /// Nearly one.
    #[error("`{name}` is not an IANA time zone; did you mean `{near}`?")]
    Near {
        /// What was written.
        name: String,
        /// The zone it is probably meant for.
        near: &'static str,
    },
}

fn or_names(names: &Option<(&'static str, &'static str)>) -> String {
    match names {
        Some((first, last)) => format!(" or {first} to {last}"),
        None => String::new(),
    }
}

/// What a field's values begin again with.
fn of(field: &FieldName) -> &'static str {
    match field {
        FieldName::Second => "minute",
        FieldName::Minute => "hour",
        FieldName::Hour => "day",
        FieldName::Day => "month",
        FieldName::Month => "year",
        FieldName::Weekday => "week",
    }
}
