//! The `features` section: how columns become features, for all of them and for single ones.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::label::Label;

/// A column that is computed from others, row by row, as ingest reads it and as a request gives it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Derive {
    /// Its name; it may be the target.
    pub name: String,
    /// An SQL expression over the columns of the row, those derived before it included. Names with other characters than
    /// letters, digits and `_` are in double quotes.
    pub sql: String,
}

/// What a missing number counts as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Impute {
    /// The mean of the training rows.
    Mean,
    /// Their median.
    Median,
    /// Their most frequent value, the smallest of several.
    MostFrequent,
    /// The value of `fill`, 0 where there is none.
    Constant,
    /// It stays missing. For trees; other learners take the mean.
    None,
}

/// How numbers are scaled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scaling {
    /// `(x - mean) / standard deviation`, with ddof 0.
    Standard,
    /// `(x - median) / (75th - 25th percentile)`.
    Robust,
    /// Not at all.
    None,
}

/// What a column becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Encode {
    /// A feature per category, one for missing, one for rare and unknown ones.
    OneHot,
    /// The category's place in sorted order; unknown is -1.
    Ordinal,
    /// The mean of the target among rows of the category, shrunk towards the mean of all.
    TargetMean,
    /// N-grams of words and characters.
    Text,
    /// Parts of a time: month, weekday, hour, days, season, period of the day.
    Date,
    /// The number as it is, also where whole numbers look like an identifier.
    Number,
    /// Nothing: it is left out.
    Drop,
}

/// How columns become features.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Features {
    /// Most categories of one column that get a feature of their own; the rest share the unknown bucket.
    pub max_categories: u32,
    /// Fewest training rows that a category needs for a feature of its own.
    pub min_category_rows: u32,
    /// What a missing number counts as. Default: `mean`; for trees `none`.
    pub impute: Option<Impute>,
    /// Whether a column of numbers with missing cells gets a feature that is 1 where one is missing.
    pub indicator: bool,
    /// How numbers are scaled. Default: `standard`; for trees `none`.
    pub scale: Option<Scaling>,
    /// How texts become n-grams.
    pub text: TextFeatures,
    /// Settings of single columns, which go before those for all: column → settings.
    pub columns: BTreeMap<String, ColumnFeatures>,
}

impl Default for Features {
    fn default() -> Self {
        Features {
            max_categories: 100_000,
            min_category_rows: 1,
            impute: None,
            indicator: false,
            scale: None,
            text: TextFeatures::default(),
            columns: BTreeMap::new(),
        }
    }
}

/// How texts become n-grams.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TextFeatures {
    /// Fewest and most words of an n-gram; `[0, 0]` makes none of words.
    pub words: [u8; 2],
    /// Fewest and most characters of an n-gram inside a word and the blanks around it; `[0, 0]` makes none of characters.
    pub characters: [u8; 2],
    /// Whether a word that stands n times in a text counts as `1 + ln n` instead of n.
    pub sublinear: bool,
    /// Whether rare n-grams count for more: `ln((1 + rows) / (1 + rows that have it)) + 1`.
    pub idf: bool,
    /// Most n-grams of each sort that get a feature: those in most rows.
    pub max_features: u32,
    /// Fewest training rows that an n-gram must be in.
    pub min_rows: u32,
    /// Features that n-grams are spread over by their hash, so that no list of them is kept; 0 keeps a list.
    pub buckets: u32,
}

impl Default for TextFeatures {
    fn default() -> Self {
        TextFeatures {
            words: [1, 1],
            characters: [0, 0],
            sublinear: true,
            idf: true,
            max_features: 50_000,
            min_rows: 2,
            buckets: 0,
        }
    }
}

/// How one column becomes features; what is not set goes by the column's kind and the settings for all.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ColumnFeatures {
    /// What it becomes. Default: by what the training rows hold.
    pub encode: Option<Encode>,
    /// What a missing cell counts as. Categories take `most_frequent` and `constant`; by default missing is one of its own.
    pub impute: Option<Impute>,
    /// What `constant` fills in.
    pub fill: Option<Label>,
    /// Whether it gets a feature that is 1 where a cell is missing.
    pub indicator: Option<bool>,
    /// How its numbers are scaled.
    pub scale: Option<Scaling>,
    /// Most categories of it that get a feature of their own.
    pub max_categories: Option<u32>,
    /// Fewest training rows that one of its categories needs for a feature of its own.
    pub min_category_rows: Option<u32>,
    /// `text`: how it becomes n-grams.
    pub text: Option<TextFeatures>,
    /// `date`: which parts. Default: month, weekday, days, the hour where training rows have a time of day, and season and
    /// period where they are given.
    pub parts: Option<Vec<DatePart>>,
    /// `date`: seasons by name, each a list of day ranges such as `15 Dec-3 Mar`, both ends included.
    pub seasons: BTreeMap<String, Vec<String>>,
    /// `date`: periods of the day by name, each a list of ranges such as `05:00-11:59`, both minutes included.
    pub periods: BTreeMap<String, Vec<String>>,
}

/// A part of a time.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum DatePart {
    /// 1 to 12.
    Month,
    /// 1 (Monday) to 7.
    Weekday,
    /// 0 to 23.
    Hour,
    /// Days since the first time of the training rows.
    Days,
    /// The name of the season, `other` outside all of them.
    Season,
    /// The name of the period of the day, `other` outside all of them.
    Period,
}

impl DatePart {
    /// All of them.
    pub const ALL: [DatePart; 6] = [
        DatePart::Month,
        DatePart::Weekday,
        DatePart::Hour,
        DatePart::Days,
        DatePart::Season,
        DatePart::Period,
    ];

    /// The name used in columns: `time.month`.
    pub fn name(self) -> &'static str {
        match self {
            DatePart::Month => "month",
            DatePart::Weekday => "weekday",
            DatePart::Hour => "hour",
            DatePart::Days => "days",
            DatePart::Season => "season",
            DatePart::Period => "period",
        }
    }
}

/// First and last of a range, both inside; a range whose last comes first goes around the end of the year or the day.
pub type Range = (u32, u32);

/// `15 Dec-3 Mar` as month × 100 + day: `(1215, 303)`. Also with an en dash, and with the month first.
pub fn day_range(text: &str) -> Option<Range> {
    range(text, day_of_year)
}

/// `05:00-11:59` or `5-11` as minutes of the day: `(300, 719)`; a whole hour as the end lasts to its last minute.
pub fn minute_range(text: &str) -> Option<Range> {
    let (first, last) = halves(text)?;
    let whole = !last.contains(':');
    let last = minute_of_day(last)? + if whole { 59 } else { 0 };
    Some((minute_of_day(first)?, last))
}

fn range(text: &str, read: impl Fn(&str) -> Option<u32>) -> Option<Range> {
    let (first, last) = halves(text)?;
    Some((read(first)?, read(last)?))
}

fn halves(text: &str) -> Option<(&str, &str)> {
    let (first, last) = text.split_once(['-', '–', '—'])?;
    Some((first.trim(), last.trim()))
}

fn day_of_year(text: &str) -> Option<u32> {
    const MONTHS: [(&str, u32); 12] = [
        ("jan", 31),
        ("feb", 29),
        ("mar", 31),
        ("apr", 30),
        ("may", 31),
        ("jun", 30),
        ("jul", 31),
        ("aug", 31),
        ("sep", 30),
        ("oct", 31),
        ("nov", 30),
        ("dec", 31),
    ];
    let (one, other) = text.split_once(char::is_whitespace)?;
    let (day, month) = match one.parse::<u32>() {
        Ok(day) => (day, other.trim()),
        Err(_) => (other.trim().parse().ok()?, one),
    };
    let month = month.to_lowercase();
    let is_it = |(name, _): &(&str, u32)| month.len() >= 3 && month.starts_with(name);
    let at = MONTHS.iter().position(is_it)?;
    (1..=MONTHS[at].1)
        .contains(&day)
        .then_some((at as u32 + 1) * 100 + day)
}

fn minute_of_day(text: &str) -> Option<u32> {
    let (hour, minute) = text.split_once(':').unwrap_or((text, "0"));
    let (hour, minute): (u32, u32) = (hour.parse().ok()?, minute.parse().ok()?);
    (hour < 24 && minute < 60).then_some(hour * 60 + minute)
}

impl Features {
    /// Says what does not fit together, by the key inside the section.
    pub fn check(&self, say: &mut impl FnMut(&str, String)) {
        if self.max_categories < 1 {
            say("max_categories", "0 is less than 1".to_string());
        }
        if self.impute == Some(Impute::Constant) {
            let reason = "only a single column can have a `fill`; set it under `features.columns`";
            say("impute", reason.to_string());
        }
        self.text.check("text", say);
        for (name, column) in &self.columns {
            column.check(&format!("columns.{name}"), say);
        }
    }
}

impl TextFeatures {
    fn check(&self, path: &str, say: &mut impl FnMut(&str, String)) {
        let ranges = [("words", self.words), ("characters", self.characters)];
        for (key, [low, high]) in ranges {
            let is_none = low == 0 && high == 0;
            if !is_none && (low == 0 || low > high || high > 8) {
                let reason = format!("[{low}, {high}] is not from 1 to 8, the smaller first");
                say(&format!("{path}.{key}"), reason);
            }
        }
        if ranges.iter().all(|(_, range)| *range == [0, 0]) {
            let reason = "neither words nor characters; one of them needs a range";
            say(&format!("{path}.words"), reason.to_string());
        }
        if self.max_features < 1 {
            say(
                &format!("{path}.max_features"),
                "0 is less than 1".to_string(),
            );
        }
    }
}

impl ColumnFeatures {
    fn check(&self, path: &str, say: &mut impl FnMut(&str, String)) {
        if let Some(text) = &self.text {
            text.check(&format!("{path}.text"), say);
        }
        let named = [
            (
                "seasons",
                &self.seasons,
                day_range as fn(&str) -> _,
                "15 Dec-3 Mar",
            ),
            ("periods", &self.periods, minute_range, "05:00-11:59"),
        ];
        for (key, ranges, read, example) in named {
            for (name, texts) in ranges {
                for text in texts.iter().filter(|text| read(text).is_none()) {
                    let reason = format!("`{text}` is not a range such as `{example}`");
                    say(&format!("{path}.{key}.{name}"), reason);
                }
            }
        }
        let is_date = matches!(self.encode, None | Some(Encode::Date));
        let of_dates = self.parts.is_some() || !self.seasons.is_empty() || !self.periods.is_empty();
        if of_dates && !is_date {
            let reason = "`parts`, `seasons` and `periods` need `encode: date`";
            say(path, reason.to_string());
        }
        if self.fill.is_some() && self.impute != Some(Impute::Constant) {
            let reason = "`fill` needs `impute: constant`";
            say(&format!("{path}.fill"), reason.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_in_the_ways_people_write_them() {
        assert_eq!(day_range("15 Dec–3 Mar"), Some((1215, 303)));
        assert_eq!(day_range("December 15 - March 3"), Some((1215, 303)));
        assert_eq!(day_range("29 Feb-29 feb"), Some((229, 229)));
        for wrong in [
            "15 Dec",
            "31 Apr-1 May",
            "0 Jan-1 Feb",
            "1 J-2 Feb",
            "",
            "-",
            "1 x-2 y",
        ] {
            assert_eq!(day_range(wrong), None, "{wrong}");
        }
        assert_eq!(minute_range("05:00-11:59"), Some((300, 719)));
        assert_eq!(minute_range("19-4"), Some((1140, 299)));
        for wrong in ["5", "24:00-1:00", "5:60-6:00", "a-b"] {
            assert_eq!(minute_range(wrong), None, "{wrong}");
        }
    }
}
