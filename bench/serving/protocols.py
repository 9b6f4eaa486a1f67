"""How each server is asked and how it answers. Every answer is read as a list of (label, probability of the positive).

Each peer is asked in the form that its documents recommend for the kind of table, with no more in it than is needed.
"""

import json
from dataclasses import dataclass
from typing import Callable


@dataclass
class Protocol:
    """Where requests go, what they look like, and what their answers mean."""

    ready: str  # path that answers 200 when the server is ready
    post: str
    body: Callable  # (workload, rows) -> object
    read: Callable  # (workload, answer) -> [(label, probability)]


def native_body(workload, rows):
    return {"rows": rows}


def read_native(workload, answer):
    return [(str(row["prediction"]), row["probability"]) for row in answer["predictions"]]


def v2_body(workload, rows):
    """The Open Inference Protocol: a tensor where all is numbers, else one input for each column of a frame.

    Only probabilities are requested: asking for labels too would have the model compute everything twice.
    """
    wanted = [{"name": "predict_proba"}]
    if workload.is_all_numeric:
        data = [value for row in rows for value in row.values()]
        shape = [len(rows), len(workload.columns)]
        return {"inputs": [{"name": "rows", "datatype": "FP64", "shape": shape, "data": data}], "outputs": wanted}
    inputs = [v2_column(workload, column, [row[column] for row in rows]) for column in workload.columns]
    return {"parameters": {"content_type": "pd"}, "inputs": inputs, "outputs": wanted}


def v2_column(workload, column, values):
    about = {"name": column, "shape": [len(values), 1], "data": values}
    if column in workload.numeric:
        return {**about, "datatype": "FP64"}
    return {**about, "datatype": "BYTES", "parameters": {"content_type": "str"}}


def read_v2(workload, answer):
    flat = answer["outputs"][0]["data"]
    return [labelled(workload, probability) for probability in flat[1::2]]


def mlflow_body(workload, rows):
    """`inputs` for a model with a tensor signature, `dataframe_split` for one with columns."""
    data = [list(row.values()) for row in rows]
    if workload.is_all_numeric:
        return {"inputs": data}
    return {"dataframe_split": {"columns": workload.columns, "data": data}}


def read_mlflow(workload, answer):
    return [labelled(workload, probability) for _, probability in answer["predictions"]]


def labelled(workload, probability):
    """The label that goes with a probability, for servers that say only the latter."""
    negative = next(row[workload.target] for row in workload.train if row[workload.target] != workload.positive)
    return (workload.positive if probability >= 0.5 else negative, probability)


NATIVE = Protocol("/readyz", "/prediction", native_body, read_native)
V2 = Protocol("/v2/models/model/ready", "/v2/models/model/infer", v2_body, read_v2)
MLFLOW = Protocol("/ping", "/invocations", mlflow_body, read_mlflow)


def encode(body):
    return json.dumps(body, separators=(",", ":")).encode()
