#!/usr/bin/env python3
"""Writes tests/import/models/*.onnx, models of scikit-learn and LightGBM as their converters write them, and expected.json: what
onnxruntime answers to a few rows. The tests in Rust need neither this script nor Python.

    venv/bin/pip install -r bench/import-requirements.txt
    venv/bin/python tests/import/make.py
"""

import json
import warnings
from pathlib import Path

import lightgbm
import numpy
import onnx
import onnxmltools
import onnxruntime
import pandas
import skl2onnx.common.tree_ensemble as trees
from lightgbm import LGBMClassifier, LGBMRegressor
from onnxmltools.convert.common.data_types import FloatTensorType as LightFloat
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import (
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, OrdinalEncoder, StandardScaler
from sklearn.svm import SVC
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType, Int64TensorType, StringTensorType

warnings.filterwarnings("ignore")
HERE = Path(__file__).parent / "models"
ROWS = 400
SHOWN = 60
OPSETS = {"": 17, "ai.onnx.ml": 3}

# skl2onnx 1.20 hands NumPy's unsigned numbers of HistGradientBoosting to onnx, which no longer takes them.
plain_node = trees.add_node


def add_node(*given, **more):
    def plain(it):
        return int(it) if isinstance(it, numpy.integer | numpy.bool_ | bool) else it

    return plain_node(*map(plain, given), **{name: plain(it) for name, it in more.items()})


trees.add_node = add_node


def table(random):
    """Rows with a whole number, a number with gaps, a text and a code."""
    age = random.integers(18, 80, ROWS)
    income = numpy.round(random.lognormal(10, 0.5, ROWS), 2)
    plan = random.choice(["basic", "plus", "pro"], ROWS, p=[0.5, 0.3, 0.2])
    region = random.integers(1, 5, ROWS)
    score = (age - 45) / 20 + (plan == "pro") * 1.5 - (plan == "basic") * 0.5 + (region == 2) * 0.8 + random.normal(0, 0.7, ROWS)
    frame = pandas.DataFrame({"age": age, "income": income, "plan": plan, "region": region})
    frame.loc[random.random(ROWS) < 0.1, "income"] = numpy.nan
    frame["left"] = numpy.where(score > 0.3, "yes", "no")
    frame["tier"] = numpy.array(["bronze", "silver", "gold"])[numpy.digitize(score, [-0.4, 0.9])]
    frame["spend"] = numpy.round(score * 100, 3)
    return frame


COLUMNS = ["age", "income", "plan", "region"]
NUMBERS = ["age", "income", "region"]
BY_NAME = [
    ("age", FloatTensorType([None, 1])),
    ("income", FloatTensorType([None, 1])),
    ("plan", StringTensorType([None, 1])),
    ("region", Int64TensorType([None, 1])),
]


def encoded(plan, dense=False):
    """Imputed and scaled numbers, the plan and the region by their categories."""
    categories = OneHotEncoder(handle_unknown="ignore", sparse_output=not dense)
    plan = {"one_hot": categories, "ordinal": OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)}[plan]
    return ColumnTransformer(
        [
            ("numbers", make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), ["age", "income"]),
            ("plan", plan, ["plan"]),
            ("region", OneHotEncoder(handle_unknown="ignore", sparse_output=not dense), ["region"]),
        ]
    )


def main():
    random = numpy.random.default_rng(7)
    frame = table(random)
    seed = {"random_state": 0}
    left, tier, spend = frame["left"], frame["tier"], frame["spend"]
    late = (left == "yes").astype(int)
    by_name = frame[COLUMNS]
    wide = frame[NUMBERS].to_numpy(numpy.float32)
    filled = numpy.nan_to_num(wide, nan=20000.0)
    rows = shown(frame)
    models = {}

    def sklearn(name, model, x, y, types, double=False):
        model.fit(x, y)
        made = convert_sklearn(model, initial_types=types, options=options(model), target_opset=OPSETS)
        models[name] = write(name, made, rows)

    wide_type = [("features", FloatTensorType([None, 3]))]
    double_type = [("features", DoubleTensorType([None, 3]))]
    sklearn("logistic", make_pipeline(encoded("one_hot"), LogisticRegression(max_iter=500)), by_name, left, BY_NAME)
    sklearn("logistic_tiers", make_pipeline(encoded("one_hot"), LogisticRegression(max_iter=500)), by_name, tier, BY_NAME)
    sklearn("logistic_codes", make_pipeline(SimpleImputer(), StandardScaler(), LogisticRegression()), wide, late, wide_type)
    sklearn("logistic_double", make_pipeline(StandardScaler(), LogisticRegression()), filled.astype(float), tier, double_type)
    sklearn("forest", make_pipeline(encoded("one_hot"), RandomForestClassifier(12, max_depth=5, **seed)), by_name, left, BY_NAME)
    sklearn("forest_tiers", make_pipeline(encoded("ordinal"), RandomForestClassifier(9, max_depth=4, **seed)), by_name, tier, BY_NAME)
    sklearn("boosted", make_pipeline(encoded("one_hot", True), GradientBoostingClassifier(n_estimators=15, **seed)), by_name, left, BY_NAME)
    sklearn("boosted_tiers", GradientBoostingClassifier(n_estimators=8, **seed), filled, tier, wide_type)
    sklearn("hist", HistGradientBoostingClassifier(max_iter=15, **seed), wide, left, wide_type)
    sklearn("hist_tiers", HistGradientBoostingClassifier(max_iter=8, **seed), wide, tier, wide_type)
    sklearn("linear", LinearRegression(), filled, spend, wide_type)
    sklearn("ridge", make_pipeline(encoded("one_hot"), Ridge()), by_name, spend, BY_NAME)
    sklearn("ridge_double", make_pipeline(MinMaxScaler(), Ridge()), filled.astype(float), spend, double_type)
    sklearn("forest_numbers", make_pipeline(SimpleImputer(), RandomForestRegressor(10, max_depth=6, **seed)), wide, spend, wide_type)
    sklearn("boosted_numbers", GradientBoostingRegressor(n_estimators=12, **seed), filled, spend, wide_type)
    sklearn("hist_numbers", HistGradientBoostingRegressor(max_iter=12, **seed), wide, spend, wide_type)
    sklearn("vectors", make_pipeline(SimpleImputer(), StandardScaler(), SVC(**seed)), wide[:80], left[:80], wide_type)

    # No operator of it is known to the import.
    del models["vectors"]

    light = {"n_estimators": 12, "num_leaves": 7, "verbose": -1, "random_state": 0}
    for name, model, y in [
        ("light", LGBMClassifier(**light), left),
        ("light_tiers", LGBMClassifier(**light), tier),
        ("light_numbers", LGBMRegressor(**light), spend),
    ]:
        model.fit(wide, y)
        made = onnxmltools.convert_lightgbm(model, initial_types=[("features", LightFloat([None, 3]))], target_opset=15, zipmap=False)
        models[name] = write(name, made, rows)

    versions = {module.__name__: module.__version__ for module in [onnx, onnxruntime, onnxmltools, lightgbm]}
    versions["scikit-learn"] = __import__("sklearn").__version__
    versions["skl2onnx"] = __import__("skl2onnx").__version__
    expected = {"versions": versions, "columns": COLUMNS, "rows": rows, "models": models}
    (HERE / "expected.json").write_text(json.dumps(expected, separators=(",", ":")) + "\n")
    print(len(models), "models,", sum(path.stat().st_size for path in HERE.iterdir()), "bytes")


def options(model):
    """Probabilities as a matrix where there are any."""
    last = model.steps[-1][1] if hasattr(model, "steps") else model
    return {id(last): {"zipmap": False}} if hasattr(last, "predict_proba") else None


def shown(frame):
    """Rows of the table, with cells missing that were there and plans that nobody had."""
    rows = json.loads(frame[COLUMNS].head(SHOWN).to_json(orient="values"))
    for at, row in enumerate(rows):
        if at % 13 == 5:
            row[2] = None
        if at % 17 == 3:
            row[2] = "gone"
    return rows


def write(name, made, rows):
    """Writes the file; returns what onnxruntime answers, and the columns that it was given."""
    path = HERE / f"{name}.onnx"
    path.write_bytes(made.SerializeToString())
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    columns = {column: [row[at] for row in rows] for at, column in enumerate(COLUMNS)}
    inputs = session.get_inputs()
    if len(inputs) == 1:
        kind = numpy.float64 if "double" in inputs[0].type else numpy.float32
        numbers = [[numpy.nan if cell is None else cell for cell in columns[column]] for column in NUMBERS]
        given, read = {inputs[0].name: numpy.array(numbers, dtype=kind).T}, NUMBERS
    else:
        kinds = {"tensor(float)": numpy.float32, "tensor(int64)": numpy.int64, "tensor(string)": object}
        fill = {"tensor(string)": "", "tensor(float)": numpy.nan}
        given = {}
        for it in inputs:
            cells = [fill[it.type] if cell is None else cell for cell in columns[it.name]]
            given[it.name] = numpy.array(cells, dtype=kinds[it.type]).reshape(-1, 1)
        read = COLUMNS
    answers = session.run(None, given)
    if len(answers) == 1:
        return {"columns": read, "numbers": [round_trip(it) for it in numpy.ravel(answers[0])]}
    labels, probabilities = answers
    if isinstance(probabilities, list):
        probabilities = [list(it.values()) for it in probabilities]
    return {
        "columns": read,
        "labels": [str(it) for it in labels],
        "probabilities": [[round_trip(it) for it in row] for row in numpy.asarray(probabilities)],
    }


def round_trip(number):
    """A number as JSON has it; NaN as null."""
    return None if numpy.isnan(number) else float(number)


if __name__ == "__main__":
    main()
