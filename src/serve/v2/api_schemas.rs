//! The bodies of this protocol as the API document shows them, and those of its small answers.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// `GET /v2/health/live`, `GET /v2/health/ready`. The protocol's text has `live` in both.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = v2::ServerHealth)]
pub struct ServerHealth {
    /// The process answers.
    pub live: bool,
    /// Requests for predictions are welcome.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub ready: Option<bool>,
}

/// `GET /v2`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = v2::ServerMetadata)]
pub struct ServerMetadata {
    /// This program.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
    /// What it can beyond the protocol.
    pub extensions: Vec<&'static str>,
}

/// `GET /v2/models/{model}`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = v2::ModelMetadata)]
pub struct ModelMetadata {
    /// The model.
    pub name: String,
    /// Versions that can be requested by number.
    pub versions: Vec<String>,
    /// What sort of model it is.
    pub platform: &'static str,
    /// One tensor per input column.
    pub inputs: Vec<TensorMetadata>,
    /// What it answers.
    pub outputs: Vec<TensorMetadata>,
}

/// A tensor of a model.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = v2::TensorMetadata)]
pub struct TensorMetadata {
    /// Its name.
    pub name: String,
    /// What its elements are.
    pub datatype: &'static str,
    /// Its lengths; -1 is any.
    pub shape: Vec<i64>,
}

/// `GET /v2/models/{model}/ready`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = v2::ModelReady)]
pub struct ModelReady {
    /// The model.
    pub name: String,
    /// It answers.
    pub ready: bool,
}

/// A version in `POST /v2/repository/index`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = v2::IndexEntry)]
pub struct IndexEntry {
    /// The model.
    pub name: String,
    /// The version; empty where the model has none yet.
    pub version: String,
    /// `READY`, or `UNAVAILABLE` where there is none.
    pub state: &'static str,
    /// Why it is not ready, or what is special about it.
    pub reason: &'static str,
}

/// An inference request.
#[derive(ToSchema)]
#[schema(as = v2::InferRequest, example = json!({
    "id": "42",
    "inputs": [
        {"name": "lastmonth_activity", "shape": [2], "datatype": "INT64", "data": [78, 3]},
        {"name": "lastyear_activity", "shape": [2], "datatype": "INT64", "data": [1024, 40]},
        {"name": "number_of_employees", "shape": [2], "datatype": "INT64", "data": [12, 9]}
    ],
    "outputs": [{"name": "predict"}]
}))]
#[expect(
    dead_code,
    reason = "shown in the API document; requests are read by hand"
)]
pub struct InferRequest {
    /// The caller's own id of the request, given back in the answer.
    id: Option<String>,
    /// `binary_data_output`: all outputs as bytes. Others are passed over.
    #[schema(value_type = Option<Object>)]
    parameters: Option<Value>,
    /// One tensor per column, or one matrix.
    inputs: Vec<RequestInput>,
    /// The outputs that are wanted; all, when none are named.
    outputs: Option<Vec<RequestOutput>>,
}

/// A tensor of a request.
#[derive(ToSchema)]
#[schema(as = v2::RequestInput)]
#[expect(
    dead_code,
    reason = "shown in the API document; requests are read by hand"
)]
pub struct RequestInput {
    /// An input column; any name for a matrix of all of them.
    name: String,
    /// `[n]`, `[n, 1]`, or `[n, inputs]` for a matrix.
    shape: Vec<u64>,
    /// BOOL, UINT8, UINT16, UINT32, UINT64, INT8, INT16, INT32, INT64, FP16, FP32, FP64 or BYTES.
    datatype: String,
    /// `binary_data_size`: the elements are this many bytes behind the JSON object. Others are passed over.
    #[schema(value_type = Option<Object>)]
    parameters: Option<Value>,
    /// The elements, flat or nested.
    #[schema(value_type = Option<Vec<Value>>)]
    data: Option<Value>,
}

/// An output that is wanted.
#[derive(ToSchema)]
#[schema(as = v2::RequestOutput)]
#[expect(
    dead_code,
    reason = "shown in the API document; requests are read by hand"
)]
pub struct RequestOutput {
    /// `predict`; of classes also `predict_proba`, and with two `probability`.
    name: String,
    /// `binary_data`: as bytes. `classification`: this many of the most probable classes of `predict_proba`, as
    /// `probability:index:class`. Others are passed over.
    #[schema(value_type = Option<Object>)]
    parameters: Option<Value>,
}

/// An answer.
#[derive(ToSchema)]
#[schema(as = v2::InferResponse)]
#[expect(
    dead_code,
    reason = "shown in the API document; answers are written by hand"
)]
pub struct InferResponse {
    /// The model that answered.
    model_name: String,
    /// Its version.
    model_version: String,
    /// The request's own id, where it had one.
    #[schema(nullable = false)]
    id: Option<String>,
    /// `prediction_id`: row k is known as this, a hyphen and k, counted from 0.
    #[schema(value_type = Object)]
    parameters: Value,
    /// The outputs.
    outputs: Vec<ResponseOutput>,
}

/// A tensor of an answer.
#[derive(ToSchema)]
#[schema(as = v2::ResponseOutput)]
#[expect(
    dead_code,
    reason = "shown in the API document; answers are written by hand"
)]
pub struct ResponseOutput {
    /// `predict`, `predict_proba` or `probability`.
    name: String,
    /// Its lengths: rows, and for `predict_proba` classes.
    shape: Vec<u64>,
    /// INT64, FP64, BOOL or BYTES.
    datatype: String,
    /// `binary_data_size`: the elements are this many bytes behind the JSON object.
    #[schema(value_type = Option<Object>, nullable = false)]
    parameters: Option<Value>,
    /// The elements, flat.
    #[schema(value_type = Option<Vec<Value>>, nullable = false)]
    data: Option<Value>,
}
