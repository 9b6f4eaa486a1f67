//! A training set that the text service's `POST /models` names by bucket and key: `s3bucket`, `training_object`.

use serde_json::{Map, Value, json};

use crate::artifacts::{self, Artifacts};
use crate::serve::project::Project;
use crate::serve::{Code, Problem, State};

/// What that service takes beside the two. Texts beyond the first `n_texts` are left out; the others say nothing here.
const BESIDE: [&str; 3] = ["spacy_model", "n_texts", "n_iter"];
/// As the service filled them in.
const USUAL: [(&str, u64); 2] = [("n_texts", 2000), ("n_iter", 20)];

/// A training set by its name.
#[derive(Debug, Clone, PartialEq)]
pub struct Named {
    bucket: String,
    object: String,
    /// Texts that are taken at most, where the caller says so.
    most: Option<usize>,
    /// The request, as the list of models shows it.
    pub said: Map<String, Value>,
}

/// Takes the name of a training set out of a body; none where it has none, or half of one.
///
/// # Errors
/// 400 where a part of it is not a text or no number.
pub fn named(id: &str, body: &mut Map<String, Value>) -> Result<Option<Named>, Problem> {
    let mut take = |key: &str| body.shift_remove(key).filter(|value| !value.is_null());
    let (bucket, object) = (take("s3bucket"), take("training_object"));
    let beside = BESIDE.map(|key| (key, take(key)));
    let (Some(bucket), Some(object)) = (bucket, object) else {
        return Ok(None);
    };
    let text = |key: &str, value: Value| match value {
        Value::String(text) if !text.trim().is_empty() => Ok(text),
        _ => Err(bad(format!("`{key}` is not a text"))),
    };
    let bucket = text("s3bucket", bucket)?;
    let object = text("training_object", object)?;
    let mut said = Map::new();
    said.insert("id".to_string(), json!(id));
    said.insert("s3bucket".to_string(), json!(bucket));
    said.insert("training_object".to_string(), json!(object));
    let mut most = None;
    for (key, value) in beside {
        let usual = USUAL.iter().find(|(name, _)| *name == key);
        if key == "n_texts" && value.is_some() {
            let number = value.as_ref().and_then(whole);
            most = Some(number.ok_or_else(|| bad("`n_texts` is a whole number of at least 1"))?);
        }
        let usual = usual.map_or_else(|| json!(""), |(_, number)| json!(number));
        said.insert(key.to_string(), value.unwrap_or(usual));
    }
    Ok(Some(Named {
        bucket,
        object,
        most,
        said,
    }))
}

fn whole(value: &Value) -> Option<usize> {
    let number = match value {
        Value::String(text) => text.trim().parse().ok(),
        other => other.as_u64(),
    };
    let number = number.filter(|number: &u64| *number > 0)?;
    usize::try_from(number).ok()
}

/// Reads a training set: its rows, as `data` of a request would be.
///
/// # Errors
/// 400 for a bucket that the settings do not name, an object that is not there and one that is not a training set; 413 for one that is too
/// large; 503 where the store does not answer.
pub async fn read(state: &State, project: &Project, named: &Named) -> Result<Value, Problem> {
    let allowed = &state.settings.compatibility.training_buckets;
    if !allowed.contains(&named.bucket) {
        return Err(bad(
            "this server reads no training sets from that bucket; `server.compatibility.training_buckets` in its settings names those that it does",
        ));
    }
    let all = project.envs.all();
    let Some(env) = all.values().next() else {
        return Err(bad("this server has no project to say where the store is"));
    };
    let url = format!("s3://{}", named.bucket);
    let place = env.config.stores.place(&env.config.project, &url);
    let place = place.map_err(|reason| bad(format!("`s3bucket` {reason}")))?;
    let store = Artifacts::look(&place).map_err(|error| trouble(&error))?;
    let bytes = store.size(&named.object).await;
    let bytes = bytes.map_err(|error| trouble(&error))?;
    if bytes > state.settings.limits.body_bytes as u64 {
        let why = "the `training_object` is larger than a body may be (server.limits.body_bytes)";
        return Err(Problem::new(Code::TooLarge, why));
    }
    let bytes = store.get(&named.object).await;
    let bytes = bytes.map_err(|error| trouble(&error))?;
    let mut rows = rows_of(&bytes).ok_or_else(|| {
        bad("the `training_object` is not a training set: a JSON list of rows like {\"text\": …, \"label\": …}, of pairs of text and label, or of texts with `cats`")
    })?;
    rows.truncate(named.most.unwrap_or(usize::MAX));
    Ok(Value::Array(rows))
}

fn bad(why: impl Into<String>) -> Problem {
    Problem::new(Code::BadRequest, why)
}

fn trouble(error: &artifacts::Error) -> Problem {
    if let artifacts::Error::Gone { .. } = error {
        return bad("the bucket has no such `training_object`");
    }
    tracing::error!("a training set cannot be read: {error}");
    let why = "the training set cannot be read; the server's log says why";
    Problem::new(Code::Unavailable, why)
}

/// The rows of a training set, however it writes them. No text of theirs is in any error.
fn rows_of(bytes: &[u8]) -> Option<Vec<Value>> {
    let rows = match serde_json::from_slice(bytes).ok()? {
        Value::Array(rows) => rows,
        Value::Object(mut whole) => {
            let lists = ["texts", "labels"].map(|key| whole.shift_remove(key));
            match lists {
                [Some(Value::Array(texts)), Some(Value::Array(labels))]
                    if texts.len() == labels.len() =>
                {
                    let pairs = texts.into_iter().zip(labels);
                    pairs.map(|(text, label)| json!([text, label])).collect()
                }
                _ => match whole.shift_remove("data") {
                    Some(Value::Array(rows)) => rows,
                    _ => return None,
                },
            }
        }
        _ => return None,
    };
    rows.into_iter().map(row_of).collect()
}

fn row_of(row: Value) -> Option<Value> {
    let mut pair = match row {
        Value::Object(_) => return Some(row),
        Value::Array(pair) if pair.len() == 2 => pair.into_iter(),
        _ => return None,
    };
    let (text, label) = (pair.next()?, pair.next()?);
    text.as_str()?;
    let label = match label {
        Value::String(label) => label,
        // `{"cats": {"SAVING": true, "DEBT": false}}`, or the categories alone: the strongest one.
        Value::Object(mut about) => {
            let cats = about.shift_remove("cats").unwrap_or(Value::Object(about));
            let strength = |value: &Value| match value {
                Value::Bool(is_so) => f64::from(u8::from(*is_so)),
                other => other.as_f64().unwrap_or(0.0),
            };
            let cats = cats.as_object()?.iter();
            let best = cats.max_by(|one, other| strength(one.1).total_cmp(&strength(other.1)))?;
            best.0.clone()
        }
        _ => return None,
    };
    Some(json!({"text": text, "label": label}))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_usual_form_of_a_training_set_becomes_rows() {
        let expected = vec![
            json!({"text": "a", "label": "SAVING"}),
            json!({"text": "b", "label": "DEBT"}),
        ];
        for form in [
            json!([{"text": "a", "label": "SAVING"}, {"text": "b", "label": "DEBT"}]),
            json!([["a", "SAVING"], ["b", "DEBT"]]),
            json!([["a", {"cats": {"SAVING": true, "DEBT": false}}], ["b", {"cats": {"SAVING": 0.0, "DEBT": 1.0}}]]),
            json!({"texts": ["a", "b"], "labels": ["SAVING", "DEBT"]}),
            json!({"data": [["a", "SAVING"], ["b", "DEBT"]]}),
        ] {
            let rows = rows_of(form.to_string().as_bytes());
            assert_eq!(rows.as_ref(), Some(&expected), "{form}");
        }
        for wrong in ["", "1", "{}", "[1]", "[[1, \"a\"]]", "[[\"a\"]]"] {
            assert_eq!(rows_of(wrong.as_bytes()), None, "{wrong}");
        }
    }

    #[test]
    fn half_a_name_is_none_and_a_whole_one_is_told_with_what_is_usual() {
        let mut half = json!({"s3bucket": "b", "n_iter": 3}).as_object().cloned();
        let half = half.as_mut().expect("an object");
        assert_eq!(named("m", half).expect("reads"), None);
        let whole = json!({"s3bucket": "b", "training_object": "t.json", "n_texts": "10"});
        let mut whole = whole.as_object().cloned().expect("an object");
        let named = named("m", &mut whole).expect("reads").expect("named");
        assert_eq!(named.most, Some(10));
        assert_eq!(
            Value::Object(named.said),
            json!({"id": "m", "s3bucket": "b", "training_object": "t.json", "spacy_model": "", "n_texts": "10", "n_iter": 20})
        );
    }
}
