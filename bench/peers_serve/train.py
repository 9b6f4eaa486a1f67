"""Trains the peers' model on `train.csv` and lays it out for FastAPI, MLServer and MLflow, in the current folder.

    python train.py about.json

`about.json` names the target, the positive class, the columns, those that hold numbers, and the learner. The steps are
those of the program: numbers scaled, gaps filled with the mean, one column for each category, C = 1.
"""

import json
import sys
from pathlib import Path

import joblib
import mlflow
import numpy as np
import pandas as pd
from mlflow.models import infer_signature
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

TREES = 100


def main():
    about = json.loads(Path(sys.argv[1]).read_text())
    texts = {column: str for column in about["texts"]}
    table = pd.read_csv("train.csv", dtype=texts, keep_default_na=False, na_values=[""])
    # A model of numbers alone takes plain arrays: that spares the peers a data frame for each request.
    features = table[about["columns"]] if about["texts"] else table[about["columns"]].to_numpy(dtype=float)
    # False and True, so that the second probability is the positive class's whatever the classes are called.
    truth = (table[about["target"]].astype(str) == about["positive"]).to_numpy()
    model = pipeline(about).fit(features, truth)
    classes = [*sorted(set(table[about["target"]].astype(str)) - {about["positive"]}), about["positive"]]

    served = {"model": model, "columns": about["columns"], "frame": bool(about["texts"]), "classes": classes}
    joblib.dump(served, "fastapi.joblib")
    save_for_mlserver(model)
    save_for_mlflow(model, features)


def pipeline(about):
    numbers = [column for column in about["columns"] if column not in about["texts"]]
    scaled = make_pipeline(StandardScaler(), SimpleImputer())
    if about["texts"]:
        encoder = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
        prepared = ColumnTransformer([("numbers", scaled, numbers), ("texts", encoder, about["texts"])])
    else:
        prepared = scaled
    if about["learner"] == "forest":
        return make_pipeline(prepared, RandomForestClassifier(n_estimators=TREES, random_state=42))
    return make_pipeline(prepared, LogisticRegression(C=1.0, tol=1e-10, max_iter=10_000))


def save_for_mlserver(model):
    folder = Path("mlserver")
    folder.mkdir()
    joblib.dump(model, folder / "model.joblib")
    settings = {
        "name": "model",
        "implementation": "mlserver_sklearn.SKLearnModel",
        "parameters": {"uri": "./model.joblib"},
    }
    (folder / "model-settings.json").write_text(json.dumps(settings, indent=2))


def save_for_mlflow(model, features):
    # With a signature, as the documents advise: requests are then checked against it, as the program checks them.
    rows = features[:5] if isinstance(features, np.ndarray) else features.dropna().head()
    mlflow.sklearn.save_model(
        model,
        "mlflow",
        signature=infer_signature(rows, model.predict_proba(rows)),
        pyfunc_predict_fn="predict_proba",
        serialization_format="cloudpickle",
    )


if __name__ == "__main__":
    main()
