#!/usr/bin/env python3
"""How good `auto` is where rows are few, beside the best of scikit-learn's usual models with thresholds by cross-validation.

    venv/bin/python bench/small.py --side now=target/release/unseat --side 'before={"split": {"fold_rows": 0}}' --data ../shared/data

Each draw takes 300, 600, 1,000 or 1,500 rows of a data set to learn from (all but a third of a smaller set) and holds the scores on the
rows that are left (8,000 at most) for the truth. A side is a program, or settings for the first program; all sides and the references see
the same rows. The references are logistic regression (ridge for numbers), a random forest and histogram gradient boosting, each with
its threshold by five-fold cross-validation; the best of the three is taken *by the truth*, which nobody can know beforehand and
flatters it. Scores: F1 and ROC AUC of two classes, macro F1 of more, R² and RMSE of numbers. `short` is how often a side is more than 0.01
below the best reference in the first of them, `behind` how far on average; behind ± stands one standard error over the draws.

Every draw is a line of `--output` as soon as it is done, and is not run again. Needs the packages of bench/requirements.txt.
"""

import argparse
import json
import math
import os
import tempfile
import warnings
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

import numpy as np
import pandas as pd

from judgement import load
from measuring import measure, write_config

SETS = ("telco_churn", "noaa_weather", "flights_nyc", "wine", "diabetes")
SIZES = (300, 600, 1000, 1500)
TRUTH = 8000
SCORES = {"binary": ("f1", "roc_auc"), "multiclass": ("f1_macro", "roc_auc"), "regression": ("r2", "rmse")}


def main():
    arguments = parse_arguments()
    os.environ.setdefault("RAYON_NUM_THREADS", "1")
    os.environ.setdefault("POLARS_MAX_THREADS", "1")
    done = {}
    if arguments.output.exists():
        for line in arguments.output.read_text().splitlines():
            row = json.loads(line)
            done[row["set"], row["size"], row["seed"], row["side"]] = row
    programs = dict(side.split("=", 1) for side in arguments.side)
    first = next(iter(programs.values()))
    sides = {name: (first, json.loads(it)) if it.startswith("{") else (it, {}) for name, it in programs.items()}
    todo = []
    for seed in range(arguments.first, arguments.first + arguments.seeds):
        for name in arguments.sets:
            for size in arguments.sizes:
                sized = size_of(arguments.data / name, size)
                missing = [side for side in ("reference", *sides) if (name, sized, seed, side) not in done]
                if missing and (name, sized, seed) not in [it[:3] for it in todo]:
                    todo.append((name, sized, seed, missing))
    with ProcessPoolExecutor(arguments.processes) as pool, arguments.output.open("a") as out:
        running = [pool.submit(one, arguments.data, sides, *it) for it in todo] if not arguments.report else []
        for future in as_completed(running):
            for row in future.result():
                done[row["set"], row["size"], row["seed"], row["side"]] = row
                out.write(json.dumps(row) + "\n")
            out.flush()
    tell(done, ("reference", *sides))


def size_of(folder, size):
    """The rows that are learned from: two thirds of a set that has not more than `size` to spare."""
    _, frame = load(folder)
    return min(size, len(frame) * 2 // 3)


def one(data, sides, name, size, seed, missing):
    """Runs what is missing of one draw."""
    warnings.filterwarnings("ignore")
    meta, frame = load(data / name)
    order = np.random.default_rng(seed).permutation(len(frame))
    train, truth = frame.iloc[order[:size]], frame.iloc[order[size : size + TRUTH]]
    rows = []
    for side in missing:
        if side == "reference":
            found = reference(meta, train, truth)
        else:
            program, settings = sides[side]
            found = ours(program, settings, meta, train, truth)
        rows.append({"set": name, "size": size, "seed": seed, "side": side, **found})
    return rows


def ours(program, settings, meta, train, truth):
    """Scores of `auto`, seconds, and what it chose."""
    with tempfile.TemporaryDirectory(prefix="unseat-small-") as work:
        project = Path(work)
        for folder, rows in (("practicedata", train), ("testdata", truth)):
            (project / folder).mkdir()
            rows.to_csv(project / folder / "rows.csv", index=False)
        settings = {
            "name": "model",
            "target": meta["target"],
            "drop": [column for column in meta.get("id_columns") or [] if column in train],
            "learner": {"kind": "auto"},
            "score": {"replicates": 100},
            "gate": {"first": "promote"},
            **({"positive_class": meta["positive_class"]} if meta["task"] == "binary" else {}),
            **settings,
        }
        write_config(project, **settings)
        taken, stdout = measure([str(Path(program).resolve()), "run", "--json", "--quiet"], project)
        report = json.loads(stdout)
        model = next(project.glob("models/**/trainedmodel.json"))
        bundle = json.loads(model.read_text())["bundle"]
        board = bundle.get("leaderboard") or [{"name": bundle["learner"]["kind"], "score": None}]
        return {
            **{metric: report["scores"]["challenger"][metric] for metric in SCORES[meta["task"]]},
            "seconds": taken.wall_s,
            "chosen": board[0]["name"],
            "said": board[0]["score"],
            "threshold": bundle.get("threshold"),
        }


def reference(meta, train, truth):
    """Scores of the best reference by the truth, and of all."""
    from sklearn import ensemble, linear_model, metrics
    from sklearn.model_selection import KFold, StratifiedKFold, cross_val_predict

    features, later = columns(meta, train), columns(meta, truth)
    if meta["task"] == "regression":
        y, z = train[meta["target"]].astype(float), truth[meta["target"]].astype(float)
        models = {
            "ridge": piped(meta, features, linear_model.Ridge()),
            "forest": piped(meta, features, ensemble.RandomForestRegressor(random_state=0)),
            "boosting": piped(meta, features, ensemble.HistGradientBoostingRegressor(random_state=0)),
        }
        found = {}
        for name, model in models.items():
            said = model.fit(features, y).predict(later)
            found[name] = {"r2": metrics.r2_score(z, said), "rmse": metrics.mean_squared_error(z, said) ** 0.5}
        return {**max(found.values(), key=lambda it: it["r2"]), "all": found}
    is_binary = meta["task"] == "binary"
    y, z = train[meta["target"]].astype(str), truth[meta["target"]].astype(str)
    if is_binary:
        y, z = (y == str(meta["positive_class"])).astype(int), (z == str(meta["positive_class"])).astype(int)
    models = {
        "logistic": piped(meta, features, linear_model.LogisticRegression(max_iter=2000)),
        "forest": piped(meta, features, ensemble.RandomForestClassifier(random_state=0)),
        "boosting": piped(meta, features, ensemble.HistGradientBoostingClassifier(random_state=0)),
    }
    found = {}
    for name, model in models.items():
        fitted = model.fit(features, y)
        said = fitted.predict_proba(later)
        if is_binary:
            folds = StratifiedKFold(5, shuffle=True, random_state=0)
            held = cross_val_predict(model, features, y, cv=folds, method="predict_proba")[:, 1]
            precision, recall, thresholds = metrics.precision_recall_curve(y, held)
            f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-12)
            threshold = thresholds[np.argmax(f1[:-1])]
            found[name] = {"f1": metrics.f1_score(z, said[:, 1] >= threshold), "roc_auc": metrics.roc_auc_score(z, said[:, 1])}
        else:
            labels = fitted.classes_[said.argmax(axis=1)]
            found[name] = {
                "f1_macro": metrics.f1_score(z, labels, average="macro"),
                "roc_auc": metrics.roc_auc_score(z, said, multi_class="ovr"),
            }
    first = SCORES[meta["task"]][0]
    return {**max(found.values(), key=lambda it: it[first]), "all": found}


def columns(meta, frame):
    """The features: numbers as numbers, the others as texts."""
    dropped = [meta["target"], *(meta.get("id_columns") or [])]
    frame = frame.drop(columns=[column for column in dropped if column in frame]).copy()
    for column in frame:
        if column in meta["numeric_columns"]:
            frame[column] = pd.to_numeric(frame[column], errors="coerce")
    return frame


def piped(meta, features, model):
    """A model behind scaling, mean imputation and one-hot columns."""
    from sklearn.compose import make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    numeric = [column for column in features if column in meta["numeric_columns"]]
    others = [column for column in features if column not in numeric]
    one_hot = OneHotEncoder(handle_unknown="ignore", min_frequency=2, sparse_output=False)
    return make_pipeline(make_column_transformer((make_pipeline(SimpleImputer(), StandardScaler()), numeric), (one_hot, others)), model)


def tell(done, sides):
    """Prints a line per set, size and side, and all together."""
    print(f"{'set':14}{'rows':>6} {'side':12}{'draws':>6}{'score':>16}{'second':>16}{'behind':>18}{'short':>14}{'seconds':>9}")
    cells = sorted({(name, size) for name, size, _, _ in done})
    by_side = {side: [] for side in sides}
    for name, size in cells:
        for side in sides:
            rows = [row for key, row in sorted(done.items(), key=str) if key[:2] == (name, size) and key[3] == side]
            pairs = [(row, done.get((name, size, row["seed"], "reference"))) for row in rows]
            pairs = [(row, other) for row, other in pairs if other is not None]
            if pairs:
                by_side[side] += pairs
                print(line(name, size, side, pairs))
    for side, pairs in by_side.items():
        if pairs:
            print(line("all", 0, side, pairs))


def line(name, size, side, pairs):
    """One line of the table."""
    first = next(metric for metric in ("f1", "f1_macro", "r2") if metric in pairs[0][0])
    second = "rmse" if first == "r2" else "roc_auc"
    score = lambda row: next(row[metric] for metric in ("f1", "f1_macro", "r2") if metric in row)
    behind = np.array([score(other) - score(row) for row, other in pairs])
    short = (behind > 0.01 + 1e-12).mean()
    seconds = np.mean([row.get("seconds", math.nan) for row, _ in pairs])
    mean = lambda values: f"{np.mean(values):.4f}±{np.std(values, ddof=min(1, len(values) - 1)) / math.sqrt(len(values)):.4f}"
    own = [mean([row[metric] for row, _ in pairs]) if size else "" for metric in (first, second)]
    error = math.sqrt(short * (1 - short) / len(pairs))
    return f"{name:14}{size or '':>6} {side:12}{len(pairs):>6}{own[0]:>16}{own[1]:>16}{mean(behind):>18}{f'{short:.2f}±{error:.2f}':>14}{seconds:>9.2f}"


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = lambda text: tuple(text.split(","))
    parser.add_argument("--side", action="append", required=True, help="NAME=PROGRAM, or NAME={settings} of the first program")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder of data sets: %(default)s")
    parser.add_argument("--sets", type=names, default=SETS)
    parser.add_argument("--sizes", type=lambda text: tuple(map(int, text.split(","))), default=SIZES)
    parser.add_argument("--seeds", type=int, default=6, help="draws of each set and size: %(default)s")
    parser.add_argument("--from", type=int, default=0, dest="first", help="seed of the first draw: %(default)s")
    parser.add_argument("--processes", type=int, default=2, help="draws at a time: %(default)s")
    parser.add_argument("--output", type=Path, default=Path("small.ndjson"), help="a line of JSON per draw and side: %(default)s")
    parser.add_argument("--report", action="store_true", help="only tell what is there")
    return parser.parse_args()


if __name__ == "__main__":
    main()
