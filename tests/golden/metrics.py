"""Writes metrics.json beside itself: what scikit-learn says of small data sets.

    pip install scikit-learn scipy numpy
    python tests/golden/metrics.py

Deterministic: fixed seeds, probabilities rounded before they are scored. The versions used stand in the file.
"""

import json
import pathlib
import warnings

import numpy as np
import scipy
import sklearn
from sklearn import metrics as sk
from sklearn.calibration import calibration_curve

warnings.filterwarnings("ignore")


def binary(name, truth, p, threshold=0.5):
    truth, p = np.asarray(truth), np.asarray(p, dtype=float)
    labels = (p >= threshold).astype(int)
    case = {"name": name, "n_classes": 2, "truth": truth, "labels": labels, "probabilities": p}
    case["scores"] = {
        "f1": sk.f1_score(truth, labels, zero_division=0),
        "f1_macro": sk.f1_score(truth, labels, average="macro", zero_division=0),
        "f1_weighted": sk.f1_score(truth, labels, average="weighted", zero_division=0),
        "accuracy": sk.accuracy_score(truth, labels),
        "precision": sk.precision_score(truth, labels, zero_division=0),
        "recall": sk.recall_score(truth, labels, zero_division=0),
        "log_loss": sk.log_loss(truth, p, labels=[0, 1]),
        "brier": sk.brier_score_loss(truth, p, labels=[0, 1]),
        "roc_auc": sk.roc_auc_score(truth, p) if len(set(truth)) == 2 else None,
        "pr_auc": sk.average_precision_score(truth, p) if truth.any() else None,
    }
    case["confusion"] = sk.confusion_matrix(truth, labels, labels=[0, 1])
    if len(set(truth)) == 2:
        fpr, tpr, _ = sk.roc_curve(truth, p, drop_intermediate=False)
        case["roc"] = list(zip(fpr, tpr))
        precision, recall, _ = sk.precision_recall_curve(truth, p)
        case["precision_recall"] = list(zip(recall[::-1], precision[::-1]))
        observed, predicted = calibration_curve(truth, p, n_bins=10)
        case["calibration"] = list(zip(predicted, observed))
    return case


def multi(name, truth, p):
    truth, p = np.asarray(truth), np.asarray(p)
    labels, classes = p.argmax(axis=1), list(range(p.shape[1]))
    every_class = len(set(truth)) == len(classes)
    case = {"name": name, "n_classes": len(classes), "truth": truth, "labels": labels, "probabilities": p.ravel()}
    case["scores"] = {
        "f1": sk.f1_score(truth, labels, average="macro", zero_division=0),
        "f1_macro": sk.f1_score(truth, labels, average="macro", zero_division=0),
        "f1_weighted": sk.f1_score(truth, labels, average="weighted", zero_division=0),
        "accuracy": sk.accuracy_score(truth, labels),
        "precision": sk.precision_score(truth, labels, average="macro", zero_division=0),
        "recall": sk.recall_score(truth, labels, average="macro", zero_division=0),
        "log_loss": sk.log_loss(truth, p, labels=classes),
        "brier": sk.brier_score_loss(truth, p, labels=classes),
    }
    present = [k for k in classes if (truth == k).any()]
    # Where scikit-learn itself has a value it must be this mean over the classes that occur.
    roc = np.mean([sk.roc_auc_score(truth == k, p[:, k]) for k in present])
    pr = np.mean([sk.average_precision_score(truth == k, p[:, k]) for k in present])
    if every_class:
        assert abs(roc - sk.roc_auc_score(truth, p, multi_class="ovr", average="macro")) < 1e-12
        one_hot = np.eye(len(classes))[truth]
        assert abs(pr - sk.average_precision_score(one_hot, p, average="macro")) < 1e-12
    case["scores"] |= {"roc_auc": roc, "pr_auc": pr}
    case["confusion"] = sk.confusion_matrix(truth, labels, labels=classes)
    return case


def simplex(rng, truth, n_classes, strength):
    """Probabilities in sixteenths, so that rows sum to exactly 1 and ties are many."""
    raw = rng.gamma(1.0, size=(len(truth), n_classes))
    raw[np.arange(len(truth)), truth] += strength * rng.random(len(truth))
    raw /= raw.sum(axis=1, keepdims=True)
    whole = np.floor(raw * 16).astype(int)
    whole[np.arange(len(truth)), whole.argmax(axis=1)] += 16 - whole.sum(axis=1)
    return whole / 16


def best_thresholds(rng):
    """Brute force over every cut, written without looking at the order of the rows."""
    cases = []
    for seed, n in enumerate([8, 20, 61]):
        truth = np.r_[1, 0, rng.integers(0, 2, n - 2)]
        p = np.round(np.clip(0.5 + 0.25 * (truth - 0.5) + rng.normal(0, 0.25, n), 0, 1), 2)
        edges = np.unique(p)
        lower = np.r_[0.0, edges[:-1]]
        cuts = [(a + b) / 2 if (a + b) / 2 > a else b for a, b in zip(lower, edges)]
        if edges[-1] < 1:
            cuts.append((edges[-1] + 1) / 2)
        scorers = {
            "f1": lambda t, y: sk.f1_score(t, y, zero_division=0),
            "f1_macro": lambda t, y: sk.f1_score(t, y, average="macro", zero_division=0),
            "f1_weighted": lambda t, y: sk.f1_score(t, y, average="weighted", zero_division=0),
            "accuracy": sk.accuracy_score,
        }
        best = {k: max(f(truth, (p >= cut).astype(int)) for cut in cuts) for k, f in scorers.items()}
        cases.append({"truth": truth, "probabilities": p, "best": best})
    return cases


def bootstrap(case, rng, replicates):
    """Stratified row resampling, the plain way."""
    truth, labels = np.asarray(case["truth"]), np.asarray(case["labels"])
    p = np.asarray(case["probabilities"])
    groups = [np.flatnonzero(truth == k) for k in np.unique(truth)]
    values = {"f1": [], "accuracy": [], "brier": [], "roc_auc": []}
    for _ in range(replicates):
        rows = np.concatenate([rng.choice(g, len(g)) for g in groups])
        t, y, q = truth[rows], labels[rows], p[rows]
        tp, wrong = np.sum(t & y), np.sum(t != y)
        values["f1"].append(2 * tp / (2 * tp + wrong))
        values["accuracy"].append(1 - wrong / len(t))
        values["brier"].append(np.mean((q - t) ** 2))
        pairs = np.sign(q[t == 1][:, None] - q[t == 0][None, :])
        values["roc_auc"].append((pairs.mean() + 1) / 2)
    quantiles = {k: list(np.quantile(v, [0.025, 0.975])) for k, v in values.items()}
    return {"case": case["name"], "replicates": replicates, "intervals": quantiles}


def plain(value):
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    return value.item() if isinstance(value, np.generic) else value


def main():
    rng = np.random.default_rng(20260707)
    truth = rng.integers(0, 2, 120)
    scored = np.clip(0.5 + 0.3 * (truth - 0.5) + rng.normal(0, 0.25, 120), 0, 1)
    rare = (rng.random(150) < 0.08).astype(int)
    three, four = rng.integers(0, 3, 90), rng.integers(0, 3, 70)
    cases = [
        binary("reference system's champion", [1, 0, 0, 1, 1], [0.2, 0.7, 0.9, 0.8, 0.6]),
        binary("reference system's constant challenger", [1, 0, 0, 1, 1], [0.9, 0.6, 0.7, 0.8, 0.6]),
        binary("fine probabilities", truth, np.round(scored, 6)),
        binary("many ties", truth, np.round(scored, 1)),
        binary("all tied", truth, np.full(120, 0.5)),
        binary("rare positives, never predicted", rare, np.round(rng.random(150) * 0.4 + 0.05 * rare, 3)),
        binary("perfect and certain", truth, truth.astype(float)),
        binary("wrong and certain", truth, 1.0 - truth),
        binary("one class, negative", np.zeros(12, int), np.round(rng.random(12), 3)),
        binary("one class, positive", np.ones(12, int), np.round(rng.random(12), 3)),
        multi("three classes", three, simplex(rng, three, 3, 3.0)),
        multi("three classes, noise", three, simplex(rng, three, 3, 0.0)),
        multi("four classes, one without rows", four, simplex(rng, four, 4, 2.0)),
        multi("four classes, one neither there nor predicted", four, np.c_[simplex(rng, four, 3, 2.0), np.zeros(70)]),
    ]
    document = {
        "made_by": "tests/golden/metrics.py",
        "versions": {"scikit-learn": sklearn.__version__, "scipy": scipy.__version__, "numpy": np.__version__},
        "cases": cases,
        "thresholds": best_thresholds(rng),
        "bootstrap": bootstrap(cases[2], rng, 40_000),
    }
    target = pathlib.Path(__file__).with_suffix(".json")
    target.write_text(json.dumps(plain(document)) + "\n")


if __name__ == "__main__":
    main()
