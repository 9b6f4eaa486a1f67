//! Predictions as an Arrow stream of one batch, for callers whose `Accept` asks for it.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::builder::{BooleanBuilder, Float64Builder, Int64Builder, StringBuilder};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{ArrowError, Field, Schema};

use super::prediction_response::{scoring, warnings};
use super::rows::{Options, Rows};
use super::scored::predict_each;
use super::{Code, Problem, Request, State};
use crate::http::budget::For;
use crate::model_types::PredictionId;
use crate::serving::predict::Predicted;
use crate::serving::prediction_json::per_class;
use crate::serving::served::Served;

/// The content type of Arrow streams.
pub const ARROW_STREAM: &str = "application/vnd.apache.arrow.stream";

/// Whether the caller asks for an answer in Arrow's format.
pub fn is_wanted(request: &Request) -> bool {
    let accepted = request.headers.get_all("accept").iter();
    let mut accepted = accepted.filter_map(|value| value.to_str().ok());
    accepted.any(|value| {
        let mut kinds = value.split(',').filter_map(|kind| kind.split(';').next());
        kinds.any(|kind| kind.trim().eq_ignore_ascii_case(ARROW_STREAM))
    })
}

/// A stream of one batch with the columns `id`, `prediction`, `probability` (not where numbers are predicted), `flagged` (where the
/// version flags), `probability_<class>` (where probabilities are requested) and `warnings` (JSON; null for a usual row). Its
/// schema's metadata have `model`, `version` and `request_id`. The rows end in the prediction log where there is one.
///
/// # Errors
/// When an option has no column, the time is over before the last row, or there is no room for the answer.
pub fn write_predictions(
    state: &State,
    served: &Arc<Served>,
    rows: Rows,
    options: &Options,
    request: &Request,
) -> Result<Vec<u8>, Problem> {
    let nested = [
        ("top_n", options.top_n.is_some()),
        ("explain", options.explain),
        ("flips", options.flips),
    ];
    if let Some((name, _)) = nested.iter().find(|(_, is_asked)| *is_asked) {
        let why = format!("`{name}` is for answers in JSON; ask for those, or leave it out");
        return Err(Problem::new(Code::Unprocessable, why));
    }
    let how = scoring(served, options);
    let mut columns = Columns::new(served, options, rows.n_rows);
    request
        .work
        .hold(For::Answer, columns.most_bytes(rows.n_rows))?;
    predict_each(
        (state, request),
        served,
        rows,
        how,
        &mut columns,
        |_| Ok(()),
        |columns, it| {
            columns.add(served, it, &request.unique);
            Ok(())
        },
    )?;
    let facts = [
        ("model", served.model.clone()),
        ("version", served.version.to_string()),
        ("request_id", request.id.clone()),
    ];
    let facts = facts.map(|(name, value)| (name.to_string(), value));
    let written = columns.written(facts.into());
    written.map_err(|error| Problem::internal(&error))
}

/// What is predicted: classes that are texts, classes that are whole numbers, or numbers.
enum Answers {
    Texts(Vec<String>, StringBuilder),
    Whole(Vec<i64>, Int64Builder),
    Numbers(Float64Builder),
}

impl Answers {
    fn new(served: &Served, n_rows: usize) -> Answers {
        if served.is_of_numbers() {
            return Answers::Numbers(Float64Builder::with_capacity(n_rows));
        }
        let labels = &served.labels;
        let whole: Option<Vec<i64>> = labels.iter().map(|label| label.parse().ok()).collect();
        match whole {
            Some(labels) => Answers::Whole(labels, Int64Builder::with_capacity(n_rows)),
            None => Answers::Texts(served.bundle.classes.clone(), StringBuilder::new()),
        }
    }

    fn add(&mut self, it: &Predicted<'_>) {
        let class = it.label as usize;
        match self {
            Answers::Texts(labels, into) => into.append_value(&labels[class]),
            Answers::Whole(labels, into) => into.append_value(labels[class]),
            Answers::Numbers(into) => into.append_value(it.probabilities[0]),
        }
    }

    fn column(self) -> ArrayRef {
        match self {
            Answers::Texts(_, mut it) => Arc::new(it.finish()),
            Answers::Whole(_, mut it) => Arc::new(it.finish()),
            Answers::Numbers(mut it) => Arc::new(it.finish()),
        }
    }
}

/// The columns of an answer, as they grow.
struct Columns {
    ids: StringBuilder,
    answers: Answers,
    flagged: Option<BooleanBuilder>,
    probability: Option<Float64Builder>,
    probabilities: Vec<(String, Float64Builder)>,
    warnings: StringBuilder,
    json: Vec<u8>,
}

impl Columns {
    fn new(served: &Served, options: &Options, n_rows: usize) -> Columns {
        let numbers = || Float64Builder::with_capacity(n_rows);
        let classes = served.bundle.classes.iter();
        let classes = classes.filter(|_| options.probabilities);
        Columns {
            ids: StringBuilder::new(),
            answers: Answers::new(served, n_rows),
            flagged: served.bundle.flag.as_ref().map(|_| BooleanBuilder::new()),
            probability: (!served.is_of_numbers()).then(numbers),
            probabilities: classes
                .map(|class| (format!("probability_{class}"), numbers()))
                .collect(),
            warnings: StringBuilder::new(),
            json: Vec::new(),
        }
    }

    /// Bytes that so many rows take, about; twice, since the columns are written out.
    fn most_bytes(&self, n_rows: usize) -> usize {
        2 * n_rows * (96 + 8 * self.probabilities.len())
    }

    fn add(&mut self, served: &Served, it: &Predicted<'_>, unique: &str) {
        match it.rows.ids.get(it.row) {
            Some(own) => self.ids.append_value(own),
            None => self
                .ids
                .append_value(PredictionId::of_row(unique, it.row).as_str()),
        }
        self.answers.add(it);
        if let (Some(into), Some(flag)) = (&mut self.flagged, &served.bundle.flag) {
            into.append_value(flag.flags(it.probabilities[0]));
        }
        if let Some(into) = &mut self.probability {
            into.append_value(served.probability(it.label, it.probabilities));
        }
        if !self.probabilities.is_empty() {
            let each = per_class(served, it.probabilities);
            for ((_, into), p) in self.probabilities.iter_mut().zip(each) {
                into.append_value(p);
            }
        }
        self.json.clear();
        warnings(&mut self.json, served, it.slots);
        let text = std::str::from_utf8(&self.json).ok();
        self.warnings
            .append_option(text.filter(|it| !it.is_empty()));
    }

    fn written(mut self, facts: HashMap<String, String>) -> Result<Vec<u8>, ArrowError> {
        let mut columns: Vec<(String, ArrayRef)> = vec![
            ("id".to_string(), Arc::new(self.ids.finish())),
            ("prediction".to_string(), self.answers.column()),
        ];
        if let Some(mut flagged) = self.flagged {
            columns.push(("flagged".to_string(), Arc::new(flagged.finish())));
        }
        let probability = self.probability.map(|it| ("probability".to_string(), it));
        for (name, mut numbers) in probability.into_iter().chain(self.probabilities) {
            columns.push((name, Arc::new(numbers.finish())));
        }
        columns.push(("warnings".to_string(), Arc::new(self.warnings.finish())));
        let fields: Vec<Field> = columns
            .iter()
            .map(|(name, cells)| Field::new(name, cells.data_type().clone(), name == "warnings"))
            .collect();
        let schema = Arc::new(Schema::new_with_metadata(fields, facts));
        let cells = columns.into_iter().map(|(_, cells)| cells).collect();
        let batch = RecordBatch::try_new(schema.clone(), cells)?;
        let mut writer = StreamWriter::try_new(Vec::new(), &schema)?;
        writer.write(&batch)?;
        writer.into_inner()
    }
}
