"""Writes bca.json beside itself: BCa intervals of scipy.stats.bootstrap, with the replicates that they were made of.

    pip install scikit-learn scipy numpy
    python tests/golden/bca.py

Two cases of classes, drawn within each class as two samples, and one of numbers. `replicates` are scipy's own, so that the formula can
be held to the last digits; `many` is the interval of 20,000 of them, for the whole way with other random numbers.
Deterministic: fixed seeds. The versions used stand in the file.
"""

import json
import pathlib

import numpy as np
import scipy
from scipy.stats import bootstrap
from sklearn import metrics as sk


def classes(name, n, share, noise, seed):
    rng = np.random.default_rng(seed)
    truth = (np.arange(n) < n * share).astype(int)
    p = np.clip(np.round(0.35 * truth + rng.normal(0.3, noise, n), 3), 0, 1)
    parts = [p[truth == 0], p[truth == 1]]
    scores = {
        "f1": lambda t, q: sk.f1_score(t, q >= 0.5),
        "accuracy": lambda t, q: sk.accuracy_score(t, q >= 0.5),
        "brier": lambda t, q: np.mean((q - t) ** 2),
        "roc_auc": sk.roc_auc_score,
    }

    def statistic(of):
        def score(zeros, ones):
            return of(np.r_[np.zeros(len(zeros)), np.ones(len(ones))].astype(int), np.r_[zeros, ones])
        return score

    found = {metric: said(parts, statistic(of), seed) for metric, of in scores.items()}
    return {"name": name, "truth": truth.tolist(), "probabilities": p.tolist(), "metrics": found}


def numbers(name, n, seed):
    rng = np.random.default_rng(seed)
    y = np.round(rng.gamma(1.5, 2.0, n), 3)
    said_y = np.round(y + rng.normal(0, 1 + y / 4, n), 3)
    scores = {
        "rmse": lambda t, q: np.sqrt(np.mean((t - q) ** 2)),
        "r2": sk.r2_score,
    }

    def statistic(of):
        return lambda rows: of(y[rows], said_y[rows])

    found = {metric: said([np.arange(n)], statistic(of), seed) for metric, of in scores.items()}
    return {"name": name, "numbers": y.tolist(), "answers": said_y.tolist(), "metrics": found}


def said(samples, statistic, seed):
    draw = lambda n, confidence: bootstrap(
        samples, statistic, method="BCa", vectorized=False, confidence_level=confidence, n_resamples=n, rng=np.random.default_rng(seed)
    )
    few, many = draw(199, 0.9), draw(20_000, 0.95)
    interval = lambda it: [float(it.confidence_interval.low), float(it.confidence_interval.high)]
    return {
        "score": float(statistic(*samples)),
        "replicates": np.sort(few.bootstrap_distribution).tolist(),
        "interval": interval(few),
        "many": interval(many),
    }


if __name__ == "__main__":
    golden = {
        "versions": {"scipy": scipy.__version__, "numpy": np.__version__},
        "cases": [
            classes("sixty rows, a third positive", 60, 1 / 3, 0.2, 1),
            classes("a hundred and twenty rows, few positive", 120, 0.12, 0.25, 2),
            numbers("eighty numbers", 80, 3),
        ],
    }
    pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(golden, indent=1) + "\n")
