"""Writes checks.json beside itself: what scikit-learn and scipy say of single columns.

    pip install scikit-learn scipy numpy
    python tests/golden/checks.py

Deterministic: fixed seeds, values rounded before they are used. The versions used stand in the file.
"""

import json
import pathlib

import numpy as np
import scipy
import sklearn
from scipy.stats import rankdata, spearmanr
from sklearn.metrics import r2_score, roc_auc_score

rng = np.random.default_rng(20261121)


def ordered(name, values, classes):
    """The area of each class against the rest, by the order of one column."""
    values, classes = np.asarray(values, dtype=float), np.asarray(classes)
    n = int(classes.max()) + 1
    areas = []
    for c in range(n):
        ours = int((classes == c).sum())
        known = ours >= 10 and len(classes) - ours >= 10
        areas.append(roc_auc_score(classes == c, values) if known else None)
    return {"name": name, "values": values, "classes": classes, "n_classes": n, "areas": areas}


def paired(name, x, y):
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    return {"name": name, "x": x, "y": y, "ranks": rankdata(x), "spearman": spearmanr(x, y).statistic}


def binned(name, bins, sides, classes, numbers):
    """Each side of the rows predicted from its bin on the other side."""
    bins, sides, classes, numbers = map(np.asarray, (bins, sides, classes, numbers))
    areas = []
    for c in range(int(classes.max()) + 1):
        prior = (classes == c).mean()
        share = np.empty(len(bins))
        for row, (b, s) in enumerate(zip(bins, sides)):
            other = (bins == b) & (sides != s)
            share[row] = ((classes[other] == c).sum() + prior) / (other.sum() + 1)
        areas.append(roc_auc_score(classes == c, share))
    mean = numbers.mean()
    predicted = np.empty(len(bins))
    for row, (b, s) in enumerate(zip(bins, sides)):
        other = (bins == b) & (sides != s)
        predicted[row] = (numbers[other].sum() + mean) / (other.sum() + 1)
    return {
        "name": name, "bins": bins, "sides": sides, "classes": classes, "numbers": numbers,
        "areas": areas, "r2": r2_score(numbers, predicted),
    }


def plain(value):
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(type(value))


two = rng.integers(0, 2, 200)
three = rng.integers(0, 3, 300)
rare = np.where(np.arange(120) < 5, 2, rng.integers(0, 2, 120))
x = np.round(rng.normal(size=150), 6)
many = rng.integers(0, 4, 240)
sides = rng.integers(0, 2, 240)
bins = np.where(rng.random(240) < 0.8, many, rng.integers(0, 9, 240))

golden = {
    "versions": {"numpy": np.__version__, "scipy": scipy.__version__, "sklearn": sklearn.__version__},
    "ordered": [
        ordered("two classes", np.round(rng.normal(size=200) + two, 6), two),
        ordered("ties", rng.integers(0, 4, 200) + two, two),
        ordered("against the order", -1.0 * two, two),
        ordered("three classes", np.round(rng.normal(size=300) + 2 * three, 6), three),
        ordered("a rare class", np.round(rng.normal(size=120), 6), rare),
    ],
    "paired": [
        paired("near", x, np.round(x**3 + 0.1 * rng.normal(size=150), 6)),
        paired("ties", rng.integers(0, 5, 80), rng.integers(0, 5, 80)),
        paired("falling", np.arange(40), -(np.arange(40) ** 2)),
    ],
    "binned": [binned("four classes", bins, sides, many, np.round(many + rng.normal(size=240), 6))],
}

path = pathlib.Path(__file__).with_name("checks.json")
path.write_text(json.dumps(golden, default=plain) + "\n")
