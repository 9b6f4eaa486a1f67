#!/usr/bin/env python3
"""Checks that our logistic model agrees with scikit-learn's on the same transformed matrix, over real data sets.

    venv/bin/python bench/agree.py --unseat target/release/unseat --data DIR

Each folder of DIR is a data set: `sourcedata`, `testdata`, and `meta.json` with `task`, `target`, `positive_class` and
`id_columns`. `unseat train --matrix` says what it trained on and what it predicts; scikit-learn trains on that too.
Leaves with 1 when a probability differs by more than 1e-4 or F1 at threshold 0.5 by more than 0.005.
Needs the packages of bench/requirements.txt.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score

from measuring import write_config

MOST_PROBABILITY = 1e-4
MOST_F1 = 0.005


def main():
    arguments = parse_arguments()
    agree = True
    print(f"{'':16}{'rows':>9}{'columns':>9}{'max |dp|':>11}{'F1 ours':>9}{'F1 theirs':>11}")
    for name in data_sets(arguments):
        with tempfile.TemporaryDirectory(prefix="unseat-agree-") as work:
            project = make_project(arguments.data / name, Path(work, "project"))
            train, test = train_matrix(arguments.unseat, project, Path(work, "matrix"))
        agree &= compare(name, train, test)
    sys.exit(0 if agree else 1)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--unseat", required=True, type=Path, help="the program")
    parser.add_argument("--data", required=True, type=Path, help="folder of data sets")
    parser.add_argument("--sets", default="telco_churn,noaa_weather,wine", help="by comma, or all: %(default)s")
    arguments = parser.parse_args()
    arguments.unseat = arguments.unseat.resolve()
    return arguments


def data_sets(arguments):
    """Returns the names of the data sets requested; `all` are those with classes to learn from columns."""
    if arguments.sets != "all":
        return arguments.sets.split(",")
    folders = sorted(path.parent for path in arguments.data.glob("*/meta.json"))
    return [folder.name for folder in folders if meta(folder)["task"] in ("binary", "multiclass")]


def meta(folder):
    return json.loads((folder / "meta.json").read_text())


def make_project(data_set, folder):
    """Makes a project of a data set; of the settings only what the data requires."""
    for part in ("sourcedata", "testdata"):
        shutil.copytree(data_set / part, folder / part, copy_function=shutil.copyfile)
    about = meta(data_set)
    keys = {"input_folder_path": "sourcedata", "target": about["target"], "drop": about["id_columns"]}
    if about["positive_class"] is not None:
        keys["positive_class"] = about["positive_class"]
    write_config(folder, **keys)
    return folder


def train_matrix(unseat, project, matrix):
    """Trains with the program and returns the two tables that it writes.

    Expects that `unseat train --matrix DIR` writes DIR/train.parquet and DIR/test.parquet: the transformed feature
    columns, `__target` (the class's index; of two classes the positive one is 1), and in test `__probability_<i>`.
    """
    for command in (["ingest"], ["train", "--matrix", matrix]):
        done = subprocess.run(
            [unseat, *command], cwd=project, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        if done.returncode != 0:
            sys.exit(f"error: unseat {command[0]} left with {done.returncode}:\n{done.stdout}")
    return pq.read_table(matrix / "train.parquet"), pq.read_table(matrix / "test.parquet")


def compare(name, train, test):
    """Trains scikit-learn on the same matrix and prints both; says whether they agree."""
    features = [column for column in train.column_names if not column.startswith("__")]
    learner = LogisticRegression(C=1.0, tol=1e-10, max_iter=10_000)
    learner.fit(columns(train, features), train["__target"].to_numpy())
    theirs = learner.predict_proba(columns(test, features))
    ours = columns(test, [f"__probability_{label}" for label in learner.classes_])
    truth = test["__target"].to_numpy()

    away = float(np.max(np.abs(ours - theirs)))
    our_f1, their_f1 = (f1(learner.classes_, truth, probabilities) for probabilities in (ours, theirs))
    agree = away <= MOST_PROBABILITY and abs(our_f1 - their_f1) <= MOST_F1
    line = f"{name:16}{len(truth):9,}{len(features):9}{away:11.1e}{our_f1:9.4f}{their_f1:11.4f}"
    print(line if agree else line + "   DISAGREE")
    return agree


def columns(table, names):
    return np.column_stack([table[name].to_numpy() for name in names])


def f1(classes, truth, probabilities):
    """F1 of the positive class at threshold 0.5 for two classes, macro F1 of the likeliest class for more."""
    if len(classes) == 2:
        return f1_score(truth == classes[1], probabilities[:, 1] >= 0.5)
    return f1_score(truth, classes[np.argmax(probabilities, axis=1)], average="macro")


if __name__ == "__main__":
    main()
