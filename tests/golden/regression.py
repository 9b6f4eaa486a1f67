"""Writes regression.json beside itself: what scikit-learn, scipy and NumPy say of predicted numbers, of gains in them, and of
decision policies (thresholds by cost and by capacity, classes by a cost matrix).

    pip install scikit-learn scipy numpy
    python tests/golden/regression.py

Deterministic: fixed seeds. The versions used stand in the file.
"""

import json
import math
import pathlib

import numpy as np
import scipy
import sklearn
from scipy.stats import binomtest, rankdata, spearmanr
from sklearn import metrics as sk


def overlap(truth, answer):
    """Overlap of the worst 20 %; rows that tie at the edge share the places that are left."""
    places = math.ceil(len(truth) / 5)

    def parts(values):
        edge = np.sort(values)[::-1][places - 1]
        above, tied = values > edge, values == edge
        return above + tied * ((places - above.sum()) / tied.sum())

    return np.minimum(parts(truth), parts(answer)).sum() / places


def scores(truth, answer):
    truth, answer = np.asarray(truth, float), np.asarray(answer, float)
    varied, both = len(set(truth)) > 1, len(set(truth)) > 1 and len(set(answer)) > 1
    return {
        "r2": sk.r2_score(truth, answer) if varied else None,
        "rmse": math.sqrt(sk.mean_squared_error(truth, answer)),
        "mae": sk.mean_absolute_error(truth, answer),
        "spearman": spearmanr(truth, answer).statistic if both else None,
        "worst_overlap": overlap(truth, answer) if varied else None,
    }


def case(name, truth, answer):
    return {"name": name, "truth": truth, "answer": answer, "scores": scores(truth, answer)}


def by_rows(truth, answers, draws):
    """Every metric of each answer on each drawn set of rows, `(draws,)` per metric."""
    out = []
    for answer in answers:
        t, a = truth[draws], answer[draws]
        error = t - a
        spread = ((t - t.mean(axis=1, keepdims=True)) ** 2).sum(axis=1)
        ranks = [rankdata(v, axis=1) - (len(truth) + 1) / 2 for v in (t, a)]
        out.append({
            "r2": 1 - (error**2).sum(axis=1) / spread,
            "rmse": np.sqrt((error**2).mean(axis=1)),
            "mae": np.abs(error).mean(axis=1),
            "spearman": (ranks[0] * ranks[1]).sum(axis=1)
            / np.sqrt((ranks[0] ** 2).sum(axis=1) * (ranks[1] ** 2).sum(axis=1)),
            "worst_overlap": np.array([overlap(x, y) for x, y in zip(t, a)]),
        })
    return out


def bootstrap(rng, truth, new, old, replicates):
    draws = rng.integers(0, len(truth), (replicates, len(truth)))
    of_new, of_old = by_rows(truth, (new, old), draws)
    intervals = {name: np.quantile(values, [0.025, 0.975]) for name, values in of_new.items()}
    deltas = {}
    for name in of_new:
        sign = -1 if name in ("rmse", "mae") else 1
        gains = sign * (of_new[name] - of_old[name])
        low, high = np.quantile(gains, [0.025, 0.975])
        deltas[name] = {"low": low, "high": high, "p_better": np.mean(gains > 0)}
    errors = np.abs(truth - new), np.abs(truth - old)
    nearer, further = int((errors[0] < errors[1]).sum()), int((errors[1] < errors[0]).sum())
    sign = {"challenger": nearer, "champion": further, "p": binomtest(nearer, nearer + further).pvalue}
    return {
        "truth": truth, "challenger": new, "champion": old,
        "intervals": intervals, "deltas": deltas, "sign_test": sign,
    }


def by_cost(truth, p, false_positive, false_negative):
    """The smallest total cost over all thresholds, by brute force."""
    edges = np.unique(np.concatenate([p, [0.0, 1.0]]))
    candidates = np.concatenate([edges, (edges[:-1] + edges[1:]) / 2])
    costs = [
        false_positive * np.sum((p >= t) & (truth == 0)) + false_negative * np.sum((p < t) & (truth == 1))
        for t in candidates
    ]
    return {
        "truth": truth, "probabilities": p, "false_positive": false_positive, "false_negative": false_negative,
        "mean_cost": min(costs) / len(truth),
    }


def by_capacity(p, share):
    """Most rows that any threshold flags without flagging more than the share."""
    edges = np.unique(np.concatenate([p, [1.0]]))
    flagged = [int((p >= t).sum()) for t in np.append(edges, 1.1)]
    return {"probabilities": p, "share": share, "flagged": max(n for n in flagged if n <= share * len(p) + 1e-9)}


def by_matrix(rng, n, n_classes):
    p = rng.dirichlet(np.ones(n_classes), n)
    costs = np.round(rng.random((n_classes, n_classes)) * 5, 2)
    np.fill_diagonal(costs, 0.0)
    return {"n_classes": n_classes, "probabilities": p.ravel(), "costs": costs, "labels": (p @ costs).argmin(axis=1)}


def plain(value):
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    return value.item() if isinstance(value, np.generic) else value


def main():
    rng = np.random.default_rng(20261121)
    truth = np.round(rng.gamma(2.0, 30.0, 130), 3)
    new = np.round(truth * 0.7 + 20 + rng.normal(0, 18, 130), 3)
    old = np.round(truth * 0.5 + 30 + rng.normal(0, 24, 130), 3)
    small = np.round(truth / 20)
    cases = [
        case("a good model", truth, new),
        case("a worse one", truth, old),
        case("worse than the mean, R² below zero", truth, rng.permutation(truth)),
        case("many ties on both sides", small, np.round(new / 30)),
        case("ties in the predictions alone", truth, np.round(new / 40)),
        case("a constant prediction", truth, np.full(130, 61.5)),
        case("a constant truth", np.full(9, 3.0), rng.normal(3, 1, 9)),
        case("the truth itself", truth, truth),
        case("the truth upside down", truth, -truth),
        case("one row", [4.0], [5.5]),
        case("two rows", [4.0, 8.0], [5.5, 5.0]),
        case("six rows, places rounded up", [1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [1.0, 5.0, 2.0, 3.0, 6.0, 4.0]),
        case("far from zero", truth + 1e9, new + 1e9),
    ]
    classes = (rng.random(200) < 0.25).astype(int)
    p = np.round(np.clip(0.25 + 0.4 * (classes - 0.25) + rng.normal(0, 0.18, 200), 0, 1), 2)
    document = {
        "made_by": "tests/golden/regression.py",
        "versions": {"scikit-learn": sklearn.__version__, "scipy": scipy.__version__, "numpy": np.__version__},
        "cases": cases,
        "bootstrap": bootstrap(rng, truth[:60], new[:60], old[:60], 20_000),
        "costs": [by_cost(classes, p, *pair) for pair in [(1.0, 1.0), (1.0, 8.0), (5.0, 1.0), (0.0, 1.0), (1.0, 0.0)]],
        "capacities": [by_capacity(p, share) for share in (0.0, 0.01, 0.1, 0.25, 0.5, 1.0)],
        "matrices": [by_matrix(rng, 40, 3), by_matrix(rng, 40, 5)],
    }
    target = pathlib.Path(__file__).with_suffix(".json")
    target.write_text(json.dumps(plain(document)) + "\n")


if __name__ == "__main__":
    main()
