#!/usr/bin/env python3
"""Compares the logistic training alone: ours with scikit-learn's `lbfgs` and `newton-cholesky`, on the same matrix.

    venv/bin/python bench/training.py --unseat target/release/unseat

Needs the packages of bench/requirements.txt. Times only the fit, not the reading or the transforming: scikit-learn's
around `fit`, ours as the program reports it. Coefficients are compared with those of `newton-cholesky` run to the end.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from sklearn.linear_model import LogisticRegression

from measuring import last_json, limit_cores, write_config

BUDGETS = {"lbfgs": 3, "newton-cholesky": 2}
SAME_COEFFICIENTS = 1e-6


def main():
    arguments = parse_arguments()
    limit_cores(arguments.cores)
    with tempfile.TemporaryDirectory(dir=arguments.work, prefix="unseat-training-") as work:
        project = Path(work, "project")
        make_project(arguments, project)
        ours = our_fit(arguments.unseat, project, Path(work, "matrix"), arguments.runs)
        x, y = read_matrix(Path(work, "matrix", "train.parquet"))
    print(f"{x.shape[0]:,} training rows x {x.shape[1]} columns\n")
    exact = coefficients(LogisticRegression(C=1.0, solver="newton-cholesky", tol=1e-12, max_iter=1000).fit(x, y))
    report = {"rows": x.shape[0], "columns": x.shape[1], "ours": report_ours(ours, exact)}
    for solver in BUDGETS:
        report[solver] = their_fit(solver, x, y, exact, ours["fit_s"], arguments.runs)
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(report, indent=2) + "\n")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--unseat", required=True, type=Path, help="the program, built with --release")
    parser.add_argument(
        "--rows", type=int, default=1_250_000, help="of which 80 %% are trained on (default: %(default)s)"
    )
    parser.add_argument("--columns", type=int, default=24, help="the target included (default: %(default)s)")
    parser.add_argument("--runs", type=int, default=3, help="medians are over so many (default: %(default)s)")
    parser.add_argument("--cores", type=int, default=2, help="cores that each side may use (default: %(default)s)")
    parser.add_argument("--work", type=Path, help="folder for the temporary project")
    parser.add_argument("--json", help="write all figures to this file")
    arguments = parser.parse_args()
    arguments.unseat = arguments.unseat.resolve()
    return arguments


def make_project(arguments, folder):
    shape = ["--rows", str(arguments.rows), "--columns", str(arguments.columns), "--seed", "42"]
    subprocess.run(
        [arguments.unseat, "init", folder, "--sample", "wide", *shape], check=True, stdout=subprocess.DEVNULL
    )
    write_config(folder)


def our_fit(unseat, project, matrix, runs):
    """Trains with the program; returns the median seconds of its fit and its coefficients, the intercept last.

    Expects that `unseat train --json --matrix DIR` prints one object with `timings_ms.fit`, trains each time it is
    asked, and writes DIR/train.parquet and DIR/test.parquet: the transformed feature columns, `__target`
    (the class's index) and, in test, `__probability_0` and `__probability_1`. The coefficients are worked out from
    these probabilities, so they are the ones that predict, in whatever form they are saved.
    """
    subprocess.run([unseat, "ingest"], cwd=project, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    command = [unseat, "train", "--json", "--quiet", "--matrix", matrix]
    fits = []
    for _ in range(runs):
        done = subprocess.run(command, cwd=project, check=True, stdout=subprocess.PIPE, text=True)
        fits.append(last_json(done.stdout)["timings_ms"]["fit"] / 1000)
    return {"fit_s": statistics.median(fits), "coefficients": implied_coefficients(matrix / "test.parquet")}


def implied_coefficients(path):
    """Solves logit(probability) = x·w + b for w and b, over rows whose probability is not rounded off."""
    table = pq.read_table(path)
    probability = table["__probability_1"].to_numpy()
    x = feature_matrix(table)
    log_odds = np.log(probability) - np.log1p(-probability)
    usable = np.abs(log_odds) < 10
    x = np.column_stack([x, np.ones(len(x))])[usable]
    return np.linalg.lstsq(x, log_odds[usable])[0]


def read_matrix(path):
    table = pq.read_table(path)
    return feature_matrix(table), table["__target"].to_numpy()


def feature_matrix(table):
    """Returns the columns that are not ours by name, as one matrix in the order that scikit-learn likes best."""
    features = [name for name in table.column_names if not name.startswith("__")]
    return np.ascontiguousarray(np.column_stack([table[name].to_numpy() for name in features]), dtype=float)


def their_fit(solver, x, y, exact, our_s, runs):
    """Times scikit-learn's fit and prints it beside ours."""
    fits = []
    for _ in range(runs):
        learner = LogisticRegression(C=1.0, solver=solver, max_iter=1000)
        start = time.perf_counter()
        learner.fit(x, y)
        fits.append(time.perf_counter() - start)
    taken, away = statistics.median(fits), distance(coefficients(learner), exact)
    ratio, bound = taken / our_s, BUDGETS[solver]
    met = "met" if ratio >= bound else "MISSED"
    print(f"{solver:16}{taken:8.3f} s   coefficients within {away:.1e}   {ratio:.1f}x ours (at least {bound}: {met})")
    return {"fit_s": taken, "coefficients_within": away, "ratio": ratio}


def report_ours(ours, exact):
    away = distance(ours["coefficients"], exact)
    met = "met" if away <= SAME_COEFFICIENTS else "MISSED"
    print(
        f"{'unseat':16}{ours['fit_s']:8.3f} s   coefficients within {away:.1e} (at most {SAME_COEFFICIENTS:.0e}: {met})"
    )
    return {"fit_s": ours["fit_s"], "coefficients_within": away}


def coefficients(learner):
    return np.append(learner.coef_[0], learner.intercept_)


def distance(some, others):
    return float(np.max(np.abs(some - others)))


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as failure:
        sys.exit(f"error: {failure}")
