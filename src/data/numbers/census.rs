//! What the cells of a column of texts are, counted, and the form that they show beyond doubt.

use std::collections::{BTreeMap, BTreeSet};

use polars::prelude::StringChunked;

use super::super::cells::{parse_number, trim_text};
use super::cell::{Digits, Mark, take_apart};
use super::form::NumberForm;
use super::words::is_marker;
use crate::data::text_options::TextOptions;
use crate::data::text_options::{Decimal, Thousands};

/// Cells that are looked at before all of a column are.
const SAMPLE: usize = 200;
/// Share of them that must be numbers, in percent.
const LEAST_SHARE: usize = 40;
/// Distinct whole numbers up to which they may as well be categories.
const FEW: usize = 20;

/// The cells of a column, counted by what they are.
#[derive(Debug, Clone, Default)]
pub struct Census {
    /// Cells that are not missing.
    pub cells: u64,
    /// Numbers in any form.
    pub numbers: u64,
    pub markers: u64,
    pub other: u64,
    plain: u64,
    decimal_comma: u64,
    decimal_point: u64,
    either_comma: u64,
    either_point: u64,
    spaced: u64,
    percent: u64,
    zeros: u64,
    leading_zero: u64,
    /// Whole numbers of so many digits that a number would not keep them apart.
    inexact: u64,
    currencies: BTreeMap<String, u64>,
    /// Distinct whole numbers, up to a bound, and whether there is any fraction.
    distinct: BTreeSet<String>,
    others: BTreeMap<String, u64>,
    lengths: BTreeSet<usize>,
}

impl Census {
    /// Counts; `None` where most cells are neither numbers nor marks for missing ones.
    pub fn of(cells: &StringChunked, options: &TextOptions) -> Option<Census> {
        let present = cells.len() - cells.null_count();
        let step = (cells.len() / SAMPLE).max(1);
        let sample: Vec<&str> = (0..cells.len())
            .step_by(step)
            .filter_map(|row| cells.get(row))
            .collect();
        let currency = options.currency.as_deref();
        let is_like = |text: &&&str| is_number(text, currency) || is_marker(trim_text(text));
        let like = sample.iter().filter(is_like).count();
        if present == 0 || like * 100 < sample.len() * LEAST_SHARE {
            return None;
        }
        let mut census = Census::default();
        cells
            .iter()
            .flatten()
            .for_each(|text| census.add(text, currency));
        Some(census)
    }

    fn add(&mut self, text: &str, currency: Option<&str>) {
        self.cells += 1;
        let Some(number) = take_apart(text, currency) else {
            let text = trim_text(text);
            if parse_number(text.as_bytes()).is_some() {
                self.numbers += 1;
            } else if is_marker(text) {
                self.markers += 1;
            } else {
                self.other += 1;
                if self.others.len() < FEW || self.others.contains_key(text) {
                    *self.others.entry(text.to_string()).or_default() += 1;
                }
            }
            return;
        };
        self.numbers += 1;
        self.percent += u64::from(number.percent);
        let is_zero = number.core.bytes().all(|byte| byte == b'0');
        self.zeros += u64::from(is_zero && !number.percent);
        self.leading_zero += u64::from(number.leading_zero);
        let is_inexact = number.digits == Digits::Plain
            && number.core.len() > 18
            && parse_number(number.core.as_bytes()).is_none();
        self.inexact += u64::from(is_inexact);
        if let Some(symbol) = number.currency {
            *self.currencies.entry(symbol.to_string()).or_default() += 1;
        }
        if self.distinct.len() <= FEW {
            self.distinct.insert(number.core.to_string());
        }
        let count = match number.digits {
            Digits::Plain => &mut self.plain,
            Digits::Decimal(Mark::Comma)
            | Digits::GroupedDecimal(_, Mark::Comma)
            | Digits::Grouped(Mark::Point) => &mut self.decimal_comma,
            Digits::Decimal(_) | Digits::GroupedDecimal(..) | Digits::Grouped(Mark::Comma) => {
                &mut self.decimal_point
            }
            Digits::Either(Mark::Comma) => &mut self.either_comma,
            Digits::Either(_) => &mut self.either_point,
            Digits::Grouped(_) => {
                self.lengths.insert(number.core.len());
                &mut self.spaced
            }
        };
        *count += 1;
    }

    /// The decimal mark that the cells show, as votes for comma and point.
    pub fn votes(&self) -> (u64, u64) {
        (self.decimal_comma, self.decimal_point)
    }

    /// Whether commas are in numbers.
    pub fn has_commas(&self) -> bool {
        self.decimal_comma + self.either_comma > 0 || self.spaced > 0
    }

    /// Whether what is not a number may be a category beside others that are numbers.
    pub fn is_of_categories(&self) -> bool {
        let has_fraction = self.decimal_comma + self.decimal_point > 0;
        !has_fraction && self.distinct.len() <= FEW && self.others.values().any(|count| *count > 1)
    }

    /// The form of the numbers. `around` is the decimal mark of what stands around the column.
    ///
    /// # Errors
    /// Why there is none beyond doubt, and what settles it; an empty text where they are codes.
    pub fn form(
        &self,
        options: &TextOptions,
        around: Option<Decimal>,
        prior: Option<&NumberForm>,
    ) -> Result<NumberForm, String> {
        let n = self.numbers;
        let fractions =
            self.decimal_comma + self.decimal_point + self.either_comma + self.either_point;
        if self.leading_zero * 20 > n && fractions == 0 && self.currencies.is_empty() {
            return Err(String::new());
        }
        if self.inexact * 20 > n {
            return Err(
                "they have more digits than a number keeps apart, as identifiers have".to_string(),
            );
        }
        if self.spaced == n
            && n > 1
            && self.lengths.len() == 1
            && self.lengths.first() > Some(&8)
            && options.thousands == Thousands::Auto
        {
            return Err("its numbers are all of the same length with spaces in them, as codes and telephone numbers have; \
                where they are numbers, set `ingest.thousands` to a space".to_string());
        }
        if self.currencies.len() > 1 {
            return Err("its numbers have different currencies; bring them to one".to_string());
        }
        // A zero may do without the sign.
        let percent = self.percent > 0 && self.percent * 20 >= (n - self.zeros) * 19;
        if !percent && self.percent * 20 > n {
            return Err("some of its numbers have a per-cent sign and some have none".to_string());
        }
        let decimal = self.decimal(options, around, prior)?;
        Ok(NumberForm {
            decimal,
            thousands: options.thousands,
            percent,
            currency: self.currencies.keys().next().cloned(),
            markers: self.markers > 0,
        })
    }

    fn decimal(
        &self,
        options: &TextOptions,
        around: Option<Decimal>,
        prior: Option<&NumberForm>,
    ) -> Result<Decimal, String> {
        let (commas, points) = self.votes();
        let is_sure = self.either_comma + self.either_point == 0;
        match options.decimal {
            Decimal::Auto => {}
            // What can mean only one thing is read so whatever is set: not every file need be of one kind.
            Decimal::Comma if is_sure && commas == 0 && points > 0 => return Ok(Decimal::Point),
            Decimal::Point if is_sure && points == 0 && commas > 0 => return Ok(Decimal::Comma),
            set => return Ok(set),
        }
        match (commas, points) {
            (0, 0) => {}
            (_, 0) => return Ok(Decimal::Comma),
            (0, _) => return Ok(Decimal::Point),
            _ if commas * 20 >= (commas + points) * 19 => return Ok(Decimal::Comma),
            _ if points * 20 >= (commas + points) * 19 => return Ok(Decimal::Point),
            _ => {
                return Err(format!(
                    "{commas} of its numbers have a decimal comma and {points} a decimal point; write them alike, or set \
                     `ingest.decimal`"
                ));
            }
        }
        let known = match options.thousands {
            Thousands::Comma => Some(Decimal::Point),
            Thousands::Point => Some(Decimal::Comma),
            _ => around.or(prior.map(|form| form.decimal)),
        };
        if let Some(known) = known {
            return Ok(known);
        }
        if self.either_comma == 0 && (self.either_point == 0 || self.currencies.is_empty()) {
            return Ok(Decimal::Point);
        }
        let (marks, n) = match self.either_comma {
            0 => ("a point", self.either_point),
            n => ("a comma", n),
        };
        Err(format!(
            "{n} of its numbers have {marks} before three digits, which may be the decimal mark or group thousands; set \
             `ingest.decimal` or `ingest.thousands`"
        ))
    }
}

fn is_number(text: &str, currency: Option<&str>) -> bool {
    take_apart(text, currency).is_some() || parse_number(trim_text(text).as_bytes()).is_some()
}
