"""Writes domain.json beside itself: scikit-learn's logistic regression as a domain classifier, and scipy's p-value of its area.

    pip install scikit-learn scipy numpy
    python tests/golden/domain.py

Deterministic: fixed seeds. The versions used stand in the file.
"""

import json
import pathlib

import numpy as np
import scipy
import sklearn
from scipy.stats import mannwhitneyu
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

rng = np.random.default_rng(20261129)
FOLDS = 5


def standardised(rows):
    """Mean 0 and standard deviation 1, without constant columns."""
    rows = rows[:, rows.std(axis=0) > 1e-12]
    return (rows - rows.mean(axis=0)) / rows.std(axis=0)


def told(reference, window):
    """Area of the out-of-fold scores, and its one-sided p-value."""
    rows = standardised(np.vstack([reference, window]))
    width = rows.shape[1]
    if 2 <= width <= 12:
        pairs = [rows[:, a] * rows[:, b] for a in range(width) for b in range(a + 1, width)]
        rows = standardised(np.c_[rows, np.column_stack(pairs)])
    side = np.r_[np.zeros(len(reference)), np.ones(len(window))]
    fold = np.r_[np.arange(len(reference)) % FOLDS, np.arange(len(window)) % FOLDS]
    scores = np.zeros(len(rows))
    for held in range(FOLDS):
        model = LogisticRegression(C=1.0, solver="newton-cholesky", tol=1e-12, max_iter=200)
        model.fit(rows[fold != held], side[fold != held])
        scores[fold == held] = model.decision_function(rows[fold == held])
    ours, theirs = scores[side == 1], scores[side == 0]
    p_value = mannwhitneyu(ours, theirs, alternative="greater", method="asymptotic", use_continuity=False).pvalue
    return float(roc_auc_score(side, scores)), float(p_value)


def correlated(n, rho):
    """Two columns that go together, each like any other by itself."""
    one = rng.normal(size=n)
    return np.c_[one, rho * one + np.sqrt(1 - rho**2) * rng.normal(size=n)]


def cases():
    yield "alike", rng.normal(size=(120, 3)), rng.normal(size=(90, 3))
    yield "one column moved", rng.normal(size=(100, 3)), rng.normal(size=(60, 3)) + [0.8, 0, 0]
    yield "two go apart", correlated(150, 0.8), correlated(150, -0.2)
    yield "whole numbers and a constant", np.c_[rng.integers(0, 4, (80, 2)), np.ones(80)], np.c_[rng.integers(1, 5, (70, 2)), np.ones(70)]
    yield "one column for all", np.repeat(np.arange(30.0), 2)[:, None], np.repeat(np.arange(5.0, 35.0), 2)[:, None]


found = []
for name, reference, window in cases():
    reference, window = np.round(reference, 6), np.round(window, 6)
    auc, p_value = told(reference, window)
    found.append(
        {"name": name, "n_columns": reference.shape[1], "reference": reference.ravel().tolist(), "window": window.ravel().tolist(),
         "auc": auc, "p_value": p_value}
    )
versions = {"numpy": np.__version__, "scipy": scipy.__version__, "scikit-learn": sklearn.__version__}
out = pathlib.Path(__file__).with_suffix(".json")
out.write_text(json.dumps({"versions": versions, "cases": found}) + "\n")
for case in found:
    print(case["name"], case["auc"], case["p_value"])
