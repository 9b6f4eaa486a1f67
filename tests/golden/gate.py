"""Writes gate.json beside itself: McNemar p-values from scipy and paired bootstraps made with NumPy alone.

    pip install scikit-learn scipy numpy
    python tests/golden/gate.py

Deterministic: fixed seeds. The versions used stand in the file.
"""

import itertools
import json
import math
import pathlib

import numpy as np
import scipy
import sklearn
from scipy.stats import binomtest


def f1(truth, labels):
    tp, wrong = np.sum(truth & labels, axis=-1), np.sum(truth != labels, axis=-1)
    return np.where(tp + wrong == 0, 0.0, 2 * tp / np.maximum(2 * tp + wrong, 1))


def macro_f1(truth, labels, n_classes):
    values, present = 0.0, 0
    for k in range(n_classes):
        tp = np.sum((truth == k) & (labels == k), axis=-1)
        size = np.sum(truth == k, axis=-1) + np.sum(labels == k, axis=-1)
        values = values + np.where(size == 0, 0.0, 2 * tp / np.maximum(size, 1))
        present = present + (size > 0)
    return values / present


def auc(truth, p):
    """Mann-Whitney on many replicates at once: `(replicates, rows)`."""
    out = []
    for t, q in zip(truth, p):
        out.append((np.sign(q[t == 1][:, None] - q[t == 0][None, :]).mean() + 1) / 2)
    return np.array(out)


def log_loss(truth, p):
    return -np.log(np.where(truth == 1, p, 1 - p)).mean(axis=-1)


def draws(rng, truth, replicates):
    groups = [np.flatnonzero(truth == k) for k in np.unique(truth)]
    return np.concatenate([rng.choice(g, (replicates, len(g))) for g in groups], axis=1)


def summary(deltas, margin=0.02):
    low, high = np.quantile(deltas, [0.025, 0.975])
    return {
        "low": low,
        "high": high,
        "p_better": np.mean(deltas > 0),
        "p_not_worse": np.mean(deltas > -margin),
        "margin": margin,
    }


def enumerated():
    """The reference system's five rows, every resample counted: stratified by class, and not."""
    truth = np.array([1, 0, 0, 1, 1])
    old, new = np.array([0, 1, 1, 1, 1]), np.array([1, 1, 1, 1, 1])
    positives, negatives = np.flatnonzero(truth == 1), np.flatnonzero(truth == 0)
    stratified = [
        list(a) + list(b) for a in itertools.product(positives, repeat=3) for b in itertools.product(negatives, repeat=2)
    ]
    anyhow = list(itertools.product(range(5), repeat=5))

    def numbers(resamples):
        rows = np.array(resamples)
        deltas = f1(truth[rows], new[rows]) - f1(truth[rows], old[rows])
        values, counts = np.unique(np.round(deltas, 12), return_counts=True)
        low, high = np.quantile(deltas, [0.025, 0.975])
        return {
            "resamples": len(resamples),
            "p_better": np.mean(deltas > 0),
            "low": low,
            "high": high,
            "values": values.tolist(),
            "shares": (counts / len(resamples)).tolist(),
        }

    return {
        "truth": truth,
        "champion": old,
        "challenger": new,
        "stratified": numbers(stratified),
        "unstratified": numbers(anyhow),
    }


def paired_binary(rng):
    truth = (rng.random(240) < 0.4).astype(int)
    noise = rng.normal(0, 0.16, 240)
    old = np.round(np.clip(0.5 + 0.22 * (truth - 0.5) + noise + rng.normal(0, 0.14, 240), 0.01, 0.99), 3)
    new = np.round(np.clip(0.5 + 0.30 * (truth - 0.5) + noise + rng.normal(0, 0.10, 240), 0.01, 0.99), 3)
    many, few = draws(rng, truth, 200_000), draws(rng, truth, 20_000)
    old_labels, new_labels = (old >= 0.5).astype(int), (new >= 0.5).astype(int)
    deltas = {
        "f1": f1(truth[many], new_labels[many]) - f1(truth[many], old_labels[many]),
        "accuracy": np.mean(truth[many] == new_labels[many], axis=1) - np.mean(truth[many] == old_labels[many], axis=1),
        "log_loss": log_loss(truth[many], old[many]) - log_loss(truth[many], new[many]),
        "roc_auc": auc(truth[few], new[few]) - auc(truth[few], old[few]),
    }
    return {"n_classes": 2, "truth": truth, "champion": old, "challenger": new} | {
        "deltas": {metric: summary(values) for metric, values in deltas.items()}
    }


def paired_multi(rng):
    truth = rng.integers(0, 3, 150)

    def guess(right):
        return np.where(rng.random(150) < right, truth, rng.integers(0, 3, 150))

    old, new = guess(0.5), guess(0.62)
    many = draws(rng, truth, 200_000)
    deltas = macro_f1(truth[many], new[many], 3) - macro_f1(truth[many], old[many], 3)
    return {"n_classes": 3, "truth": truth, "champion": old, "challenger": new} | {
        "deltas": {"f1_macro": summary(deltas)}
    }


def binomial_masses():
    from scipy.stats import binom

    pairs = [(1, 0.3), (9, 0.5), (40, 0.07), (40, 0.97)]
    return [{"n": n, "p": p, "masses": binom.pmf(np.arange(n + 1), n, p)} for n, p in pairs]


def plain(value):
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    return value.item() if isinstance(value, np.generic) else value


def main():
    rng = np.random.default_rng(20260708)
    counts = [(b, c) for b in range(13) for c in range(b, 13)]
    counts += [(27, 8), (50, 50), (120, 81), (0, 60), (1000, 1100), (5_000, 5_400), (500_000, 501_500), (3, 900)]
    mcnemar = [{"b": b, "c": c, "p": binomtest(b, b + c).pvalue if b + c else 1.0} for b, c in counts]
    assert all(math.isfinite(case["p"]) for case in mcnemar)
    document = {
        "made_by": "tests/golden/gate.py",
        "versions": {"scikit-learn": sklearn.__version__, "scipy": scipy.__version__, "numpy": np.__version__},
        "mcnemar": mcnemar,
        "five_rows": enumerated(),
        "binary": paired_binary(rng),
        "multi": paired_multi(rng),
        "binomial": binomial_masses(),
    }
    target = pathlib.Path(__file__).with_suffix(".json")
    target.write_text(json.dumps(plain(document)) + "\n")


if __name__ == "__main__":
    main()
