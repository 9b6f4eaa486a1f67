#!/usr/bin/env python3
"""Fits scikit-learn's and LightGBM's models on data sets, imports them as ONNX, and holds `unseat predict` against onnxruntime and
against the library itself, on the test rows.

    venv/bin/python bench/imports.py --unseat target/release/unseat --data DIR [--sets telco_churn,wine] [--models logistic,forest]

Each folder of DIR is a data set as for quality.py. Needs bench/import-requirements.txt. Prints a line per model: rows, labels that
differ from onnxruntime's and from the library's, how far the probabilities (or numbers, relative above 1) are apart, and what the
gate said.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import numpy
import onnxmltools
import onnxruntime
import pandas
import skl2onnx.common.tree_ensemble as trees
from lightgbm import LGBMClassifier, LGBMRegressor
from measuring import make_project
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
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import FloatTensorType, StringTensorType

warnings.filterwarnings("ignore")
MOST_CATEGORIES = 200
plain_node = trees.add_node


def add_node(*given, **more):
    """skl2onnx 1.20 hands NumPy's numbers of HistGradientBoosting to onnx, which no longer takes them."""

    def plain(it):
        return int(it) if isinstance(it, numpy.integer | numpy.bool_ | bool) else it

    return plain_node(*map(plain, given), **{name: plain(it) for name, it in more.items()})


trees.add_node = add_node


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = lambda text: text.split(",")
    path = lambda text: Path(text).absolute()
    parser.add_argument("--unseat", type=path, required=True)
    parser.add_argument("--data", type=path, required=True)
    parser.add_argument("--sets", type=names)
    parser.add_argument("--models", type=names)
    arguments = parser.parse_args()
    is_good = True
    for folder in sorted(arguments.data.iterdir()):
        meta_file = folder / "meta.json"
        if not meta_file.exists() or (arguments.sets and folder.name not in arguments.sets):
            continue
        meta = json.loads(meta_file.read_text())
        if meta.get("text_columns"):
            continue
        is_good = check_set(arguments, folder, meta) and is_good
    sys.exit(0 if is_good else 1)


def check_set(arguments, folder, meta):
    source = pandas.concat(map(read, sorted((folder / "sourcedata").glob("*.csv")))).drop_duplicates()
    test = read(next(iter(sorted((folder / "testdata").glob("*.csv")))))
    numbers = meta["numeric_columns"]
    texts = [name for name in meta["categorical_columns"] if source[name].nunique() <= MOST_CATEGORIES]
    is_number = meta["task"] == "regression"
    y = source[meta["target"]] if is_number else source[meta["target"]].astype(str)
    is_good = True
    with tempfile.TemporaryDirectory(prefix="unseat-imports-") as work:
        project = Path(work)
        test_file = make_project(folder, project, "auto")
        for name, model, columns, kind in models(numbers, texts, is_number):
            if arguments.models and name not in arguments.models:
                continue
            x = as_given(source, columns, numbers)
            model.fit(x if kind == "names" else x.to_numpy(numpy.float32), y)
            made = convert(model, columns, numbers, kind, project / f"{name}.onnx")
            given = inputs(made, as_given(test, columns, numbers), kind)
            answers = onnxruntime.InferenceSession(str(made), providers=["CPUExecutionProvider"]).run(None, given)
            own = as_given(test, columns, numbers)
            said = check(arguments.unseat, project, made, columns, kind, test_file, answers, model, own, is_number)
            is_good = is_good and said[1]
            print(f"{folder.name:14}{name:16}{said[0]}", flush=True)
    return is_good


def read(path):
    return pandas.read_csv(path, low_memory=False)


def as_given(frame, columns, numbers):
    """The columns as the models get them: 32-bit numbers, texts with the empty one where nothing is."""
    frame = frame[columns].copy()
    for name in columns:
        if name in numbers:
            frame[name] = frame[name].astype(numpy.float32)
        else:
            frame[name] = frame[name].astype(object).where(frame[name].notna(), "").astype(str)
    return frame


def models(numbers, texts, is_number):
    seed = {"random_state": 0}
    both = numbers + texts
    filled = lambda: make_pipeline(SimpleImputer(), StandardScaler())
    one_hot = lambda: OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    places = lambda: OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    coded = lambda code: ColumnTransformer([("numbers", filled(), numbers), *([("texts", code(), texts)] if texts else [])])
    light = {"n_estimators": 100, "verbose": -1, "n_jobs": 1, **seed}
    forest = {"n_estimators": 60, "n_jobs": 2, "min_samples_leaf": 2, **seed}
    if is_number:
        yield "ridge", make_pipeline(coded(one_hot), Ridge()), both, "names"
        yield "forest", make_pipeline(coded(places), RandomForestRegressor(**forest)), both, "names"
        yield "boosted", make_pipeline(SimpleImputer(), GradientBoostingRegressor(**seed)), numbers, "matrix"
        yield "hist", HistGradientBoostingRegressor(**seed), numbers, "matrix"
        yield "light", LGBMRegressor(**light), numbers, "light"
        return
    yield "logistic", make_pipeline(coded(one_hot), LogisticRegression(max_iter=1000)), both, "names"
    yield "forest", make_pipeline(coded(one_hot), RandomForestClassifier(**forest)), both, "names"
    yield "forest_places", make_pipeline(coded(places), RandomForestClassifier(**forest)), both, "names"
    yield "boosted", make_pipeline(coded(one_hot), GradientBoostingClassifier(n_estimators=50, **seed)), both, "names"
    yield "hist", HistGradientBoostingClassifier(**seed), numbers, "matrix"
    yield "light", LGBMClassifier(**light), numbers, "light"


def convert(model, columns, numbers, kind, path):
    if kind == "light":
        made = onnxmltools.convert_lightgbm(model, initial_types=[("features", LightFloat([None, len(columns)]))], target_opset=15, zipmap=False)
    else:
        of = lambda name: FloatTensorType([None, 1]) if name in numbers else StringTensorType([None, 1])
        types = [(name, of(name)) for name in columns] if kind == "names" else [("features", FloatTensorType([None, len(columns)]))]
        last = model.steps[-1][1] if hasattr(model, "steps") else model
        options = {id(last): {"zipmap": False}} if hasattr(last, "predict_proba") else None
        made = convert_sklearn(model, initial_types=types, options=options, target_opset={"": 17, "ai.onnx.ml": 3})
    path.write_bytes(made.SerializeToString())
    return path


def inputs(path, frame, kind):
    if kind != "names":
        return {"features": frame.to_numpy(numpy.float32)}
    return {name: frame[[name]].to_numpy() for name in frame.columns}


def check(unseat, project, made, columns, kind, test_file, answers, model, own, is_number):
    order = [] if kind == "names" else ["--columns", ",".join(columns)]
    steps = [
        [unseat, "import", made.name, "--json", *order],
        [unseat, "predict", test_file, "-o", "predicted.csv", "--version", "latest"],
    ]
    said = []
    for step in steps:
        done = subprocess.run(step, cwd=project, capture_output=True, text=True)
        if done.returncode:
            return f"{step[1]} failed: {(done.stdout + done.stderr).strip()[-600:]}", False
        said.append(done.stdout)
    verdict = json.loads(said[0].strip().splitlines()[-1])["outcome"]
    predicted = pandas.read_csv(project / "predicted.csv", low_memory=False, dtype={"prediction": str})
    n = len(predicted)
    if is_number:
        found = predicted["prediction"].astype(float).to_numpy()
        apart = lambda wanted: numpy.max(numpy.abs(found - wanted) / numpy.maximum(1, numpy.abs(wanted)))
        x = own if kind == "names" else own.to_numpy(numpy.float32)
        runtime, library = apart(numpy.ravel(answers[0]).astype(float)), apart(model.predict(x))
        return f"{n} rows, off by {runtime:.1e} from onnxruntime, {library:.1e} from the library; {verdict}", runtime < 1e-4
    labels, probabilities = numpy.asarray(answers[0]).astype(str), numpy.asarray(answers[1], dtype=float)
    classes = [str(it) for it in model.classes_]
    x = own if kind == "names" else own.to_numpy(numpy.float32)
    library = numpy.asarray(model.predict(x)).astype(str)
    if len(classes) == 2:
        positive = 1 if f"{classes[1]}" in (json.loads((project / "config.json").read_text()).get("positive_class"), classes[1]) else 0
        found, wanted = predicted["probability"].to_numpy(), probabilities[:, positive]
    else:
        found, wanted = predicted[[f"probability_{name}" for name in classes]].to_numpy(), probabilities
    worst = float(numpy.max(numpy.abs(found - wanted)))
    other, of_library = int((labels != predicted["prediction"]).sum()), int((library != predicted["prediction"]).sum())
    line = f"{n} rows, labels other than onnxruntime's {other}, than the library's {of_library}, probabilities off by {worst:.1e}; {verdict}"
    return line, other == 0 and worst < 1e-4


if __name__ == "__main__":
    main()
