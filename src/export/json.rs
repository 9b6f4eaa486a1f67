//! A bundle as one JSON object of plain numbers and names, from which predictions can be computed by hand. `docs/export.md`
//! says what each field is; a new field needs its line there, and `FORMAT_VERSION` goes up when one changes its meaning.

use serde::Serialize;

use super::{About, Error};
use crate::bundle::{Bundle, Calibration, Flag, Origin, Provenance};
use crate::config::raw::Learner;
use crate::evaluate::{Metric, Task};
use crate::features::{Input, Prepare};
use crate::model_types::VersionNumber;
use crate::predictors::{LEAF, Linear, Link, Predictor, Trees};

/// The form that is written.
const FORMAT_VERSION: u32 = 1;

#[derive(Serialize)]
struct Exported<'a> {
    format: &'a str,
    format_version: u32,
    program: &'a str,
    model: &'a str,
    version: Option<VersionNumber>,
    task: Task,
    target: &'a str,
    classes: &'a [String],
    positive: Option<&'a str>,
    threshold: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    flag: Option<&'a Flag>,
    prior: &'a [f64],
    metric: Metric,
    #[serde(skip_serializing_if = "Prepare::is_empty")]
    prepare: &'a Prepare,
    columns: Vec<Column<'a>>,
    features: Vec<String>,
    predictor: Numbers<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    calibration: Option<&'a Calibration>,
    learner: Option<&'a Learner>,
    #[serde(skip_serializing_if = "Option::is_none")]
    imported: Option<&'a Origin>,
    seed: u64,
    data: &'a Provenance,
}

/// A column with its step and where its features stand.
#[derive(Serialize)]
struct Column<'a> {
    #[serde(flatten)]
    input: &'a Input,
    first_feature: usize,
    n_features: usize,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Numbers<'a> {
    Linear {
        link: Link,
        bias: &'a [f64],
        weights: Vec<&'a [f64]>,
    },
    Trees {
        link: Link,
        base: &'a [f64],
        output: &'a [u32],
        roots: &'a [u32],
        feature: Vec<i64>,
        threshold: Vec<f64>,
        left: &'a [u32],
        missing_left: &'a [bool],
        cover: &'a [f32],
        values: Vec<&'a [f64]>,
        gain: &'a [f64],
    },
}

/// The bytes of the file: one line of JSON.
///
/// # Errors
/// When it cannot be written as JSON.
pub fn json(bundle: &Bundle, about: &About<'_>) -> Result<Vec<u8>, Error> {
    let mut first_feature = 0;
    let column = |input| {
        let n_features = Input::width(input);
        first_feature += n_features;
        Column {
            input,
            first_feature: first_feature - n_features,
            n_features,
        }
    };
    let exported = Exported {
        format: "unseat model",
        format_version: FORMAT_VERSION,
        program: about.program,
        model: about.model,
        version: about.version,
        task: bundle.task(),
        target: &bundle.target,
        classes: &bundle.classes,
        positive: bundle.positive(),
        threshold: bundle.is_binary().then_some(bundle.threshold),
        flag: bundle.flag.as_ref(),
        prior: &bundle.prior,
        metric: bundle.metric,
        prepare: &bundle.transformer.prepare,
        columns: bundle.transformer.inputs.iter().map(column).collect(),
        features: bundle.transformer.feature_names(),
        predictor: match &bundle.predictor {
            Predictor::Linear(linear) => self::linear(linear),
            Predictor::Trees(trees) => self::trees(trees),
        },
        calibration: bundle.calibration.as_ref(),
        learner: bundle.trained_by(),
        imported: bundle.imported.as_ref(),
        seed: bundle.seed,
        data: &bundle.data,
    };
    let mut bytes = serde_json::to_vec(&exported)?;
    bytes.push(b'\n');
    Ok(bytes)
}

fn linear(linear: &Linear) -> Numbers<'_> {
    Numbers::Linear {
        link: linear.link,
        bias: &linear.bias,
        weights: (0..linear.n_outputs())
            .map(|output| linear.weights_of(output))
            .collect(),
    }
}

fn trees(trees: &Trees) -> Numbers<'_> {
    let width = if trees.output.is_empty() {
        trees.n_outputs()
    } else {
        1
    };
    let feature = |&feature: &u32| match feature {
        LEAF => -1,
        feature => i64::from(feature),
    };
    Numbers::Trees {
        link: trees.link,
        base: &trees.base,
        output: &trees.output,
        roots: &trees.roots,
        feature: trees.feature.iter().map(feature).collect(),
        // As 64-bit numbers: the shortest text of a 32-bit one reads back as another number elsewhere.
        threshold: trees.threshold.iter().map(|&it| f64::from(it)).collect(),
        left: &trees.left,
        missing_left: &trees.missing_left,
        cover: &trees.cover,
        values: trees.values.chunks(width).collect(),
        gain: &trees.gain,
    }
}
