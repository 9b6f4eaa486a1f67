"""One learner of scikit-learn or LightGBM on a data set, for bench/learners.py: `learner.py fit|predict PROJECT LEARNER MODEL`.

`fit` reads `sourcedata`, fits the usual pipeline (imputed, scaled or one-hot for linear models; ordinal codes for trees;
tf-idf for texts) and writes it; `predict` loads it and predicts `testdata` into a file. One JSON object on stdout: seconds of
the model's own fit or predict, and the score.
"""

import json
import sys
import time
from pathlib import Path

import joblib
import pandas as pd
from sklearn import ensemble, linear_model, metrics
from sklearn.compose import make_column_transformer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler


def main():
    what, project, learner, model_file = sys.argv[1], Path(sys.argv[2]), sys.argv[3], Path(sys.argv[4])
    meta = json.loads((project / "meta.json").read_text())
    part = "sourcedata" if what == "fit" else "testdata"
    frame = pd.concat([pd.read_csv(file) for file in sorted((project / part).glob("*.csv"))]).drop_duplicates()
    target = frame[meta["target"]]
    features = frame.drop(columns=[meta["target"], *(meta.get("id_columns") or [])])
    if what == "fit":
        steps, model = pipeline(learner, meta["task"], features)
        matrix = steps.fit_transform(features)
        began = time.perf_counter()
        model.fit(matrix, target)
        taken = time.perf_counter() - began
        joblib.dump((steps, model), model_file)
        print(json.dumps({"seconds": taken}))
        return
    steps, model = joblib.load(model_file)
    matrix = steps.transform(features)
    began = time.perf_counter()
    predicted = model.predict(matrix) if meta["task"] == "regression" else model.classes_[model.predict_proba(matrix).argmax(axis=1)]
    taken = time.perf_counter() - began
    features.assign(prediction=predicted).to_csv(model_file.with_suffix(".csv"), index=False)
    score = metrics.r2_score(target, predicted) if meta["task"] == "regression" else metrics.f1_score(target, predicted, average="macro")
    print(json.dumps({"seconds": taken, "score": score}))


def pipeline(learner, task, features):
    if task == "text":
        return make_column_transformer((TfidfVectorizer(), features.columns[0])), linear_model.LogisticRegression(max_iter=1000)
    numeric = features.select_dtypes("number").columns
    other = [column for column in features.columns if column not in numeric]
    is_trees = learner in ("boosted_trees", "lightgbm", "extra_trees", "random_forest")
    if is_trees:
        texts = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-2)
        numbers = "passthrough" if learner in ("boosted_trees", "lightgbm") else SimpleImputer()
    else:
        texts = OneHotEncoder(handle_unknown="ignore")
        numbers = make_pipeline(SimpleImputer(), StandardScaler())
    steps = make_column_transformer((numbers, numeric), (texts, other))
    is_number = task == "regression"
    if learner == "lightgbm":
        import lightgbm

        settings = {"n_estimators": 300, "learning_rate": 0.1, "num_leaves": 31, "max_depth": 6, "verbose": -1, "n_jobs": 2}
        return steps, lightgbm.LGBMRegressor(**settings) if is_number else lightgbm.LGBMClassifier(**settings)
    models = {
        "logistic": lambda: linear_model.LogisticRegression(max_iter=1000),
        "linear": linear_model.LinearRegression,
        "ridge": linear_model.Ridge,
        "elastic_net": linear_model.ElasticNet,
        "boosted_trees": lambda: (ensemble.HistGradientBoostingRegressor if is_number else ensemble.HistGradientBoostingClassifier)(
            max_iter=300, max_depth=6, early_stopping=True
        ),
        "extra_trees": lambda: (ensemble.ExtraTreesRegressor if is_number else ensemble.ExtraTreesClassifier)(n_jobs=2),
        "random_forest": lambda: (ensemble.RandomForestRegressor if is_number else ensemble.RandomForestClassifier)(n_jobs=2),
    }
    return steps, models[learner]()


if __name__ == "__main__":
    main()
