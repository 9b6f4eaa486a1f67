"""Writes two_keys.json beside itself: the gate's two keys by NumPy and scipy, written from the formulas alone.

    pip install scipy numpy
    python tests/golden/two_keys.py

Metrics are differentiated numerically and the calibration is fitted by a general optimiser, so nothing is shared with the
program but the definitions. Deterministic: fixed seeds. The versions used stand in the file.
"""

import json
import pathlib

import numpy as np
import scipy
from scipy.optimize import minimize
from scipy.special import expit
from scipy.stats import norm

CENTRE, RIDGE = np.array([0.0, 1.0, 0.0]), np.array([0.5, 4.0, 10.0])
STRUCTURE, COHERENCE, PRIOR_MEAN, PRIOR_SD, ROPE = 0.03, 0.15, 0.0, 0.015, 0.005


def f1(m, y):
    return 2 * np.sum(m * y) / np.sum(m + y)


METRICS = {
    "f1": f1,
    "accuracy": lambda m, y: np.mean(m * y + (1 - m) * (1 - y)),
    "precision": lambda m, y: np.sum(m * y) / np.sum(m),
    "recall": lambda m, y: np.sum(m * y) / np.sum(y),
    "f1_macro": lambda m, y: (f1(m, y) + f1(1 - m, 1 - y)) / 2,
}


class Block:
    def __init__(self, a, b, cuts, y=None):
        self.a, self.b, self.cuts, self.y = a, b, cuts, y
        self.ma, self.mb = (a >= cuts[0]).astype(float), (b >= cuts[1]).astype(float)
        logit = lambda p: np.log(np.clip(p, 1e-6, 1 - 1e-6) / (1 - np.clip(p, 1e-6, 1 - 1e-6)))
        la, lb = logit(a), logit(b)
        self.x = np.column_stack([np.ones(len(a)), (la + lb) / 2, (lb - la) / 2])
        self.la = la

    def json(self):
        out = {"champion": list(self.a), "challenger": list(self.b), "thresholds": list(self.cuts)}
        return out | ({} if self.y is None else {"truth": [int(v) for v in self.y]})


def gain(metric, block, y):
    return METRICS[metric](block.mb, y) - METRICS[metric](block.ma, y)


def influence(metric, m, y):
    """Infinitesimal jackknife by central differences of the row weights."""
    n, step = len(y), 1e-4

    def weighted(w):
        def ratio(m, y):
            return np.sum(w * 2 * m * y) / np.sum(w * (m + y))

        return {
            "f1": lambda: ratio(m, y),
            "accuracy": lambda: np.sum(w * (m * y + (1 - m) * (1 - y))) / np.sum(w),
            "precision": lambda: np.sum(w * m * y) / np.sum(w * m),
            "recall": lambda: np.sum(w * m * y) / np.sum(w * y),
            "f1_macro": lambda: (ratio(m, y) + ratio(1 - m, 1 - y)) / 2,
        }[metric]()

    out = np.empty(n)
    for row in range(n):
        up, down = np.ones(n), np.ones(n)
        up[row] += step
        down[row] -= step
        out[row] = (weighted(up) - weighted(down)) / (2 * step) * n
    return out


def difference_influence(metric, block, y):
    return influence(metric, block.mb, y) - influence(metric, block.ma, y)


def calibrate(blocks):
    x, y = np.vstack([k.x for k in blocks]), np.concatenate([k.y for k in blocks])

    def loss(w):
        z = x @ w
        return np.sum(np.logaddexp(0, z) - y * z) + 0.5 * np.sum(RIDGE * (w - CENTRE) ** 2)

    def slope(w):
        return x.T @ (expit(x @ w) - y) + RIDGE * (w - CENTRE)

    def curvature(w):
        p = expit(x @ w)
        return (x * (p * (1 - p))[:, None]).T @ x + np.diag(RIDGE)

    w = minimize(loss, CENTRE, jac=slope, hess=curvature, method="trust-exact", options={"gtol": 1e-11}).x
    return w, np.linalg.inv(curvature(w))


def key(metric, blocks, over, fitted):
    w, covariance = fitted
    opinion_at = lambda w: gain(metric, over, expit(over.x @ w))
    opinion = opinion_at(w)
    step = 1e-5
    gradient = np.array([(opinion_at(w + step * e) - opinion_at(w - step * e)) / (2 * step) for e in np.eye(3)])
    pi = expit(over.x @ w)
    n = len(pi)
    # How the gain changes with a row's class, on the rows where the labels differ.
    scale = 0.0
    for row in np.flatnonzero(over.ma != over.mb):
        up, down = pi.copy(), pi.copy()
        up[row] += 1e-4
        down[row] -= 1e-4
        scale += abs(gain(metric, over, up) - gain(metric, over, down)) / 2e-4
    of_rows = np.var(difference_influence(metric, over, pi)) / n
    variance = gradient @ covariance @ gradient + of_rows + STRUCTURE**2 * scale * min(scale, COHERENCE)
    corrections = []
    for block in blocks:
        believed = expit(block.x @ w)
        r = gain(metric, block, block.y) - gain(metric, block, believed)
        spread = difference_influence(metric, block, block.y) - difference_influence(metric, block, believed)
        corrections.append((r, np.var(spread) / len(block.y)))
    (r, s2), others = corrections[0], corrections[1:]
    disagreement = None
    if others:
        weights = np.array([1 / v for _, v in others])
        together = np.sum(weights * [value for value, _ in others]) / weights.sum()
        chance = s2 + 1 / weights.sum()
        disagreement = (r - together) / np.sqrt(chance)
        h2 = max(0.0, (r - together) ** 2 - chance)
        values = np.array([r] + [value for value, _ in others])
        weights = np.array([1 / s2] + [1 / (2 * v + h2) for _, v in others])
        r, s2 = np.sum(weights * values) / weights.sum(), 1 / weights.sum()
    weight = variance / (variance + s2)
    estimate, left = opinion + weight * r, variance * (1 - weight)
    kept = PRIOR_SD**2 / (PRIOR_SD**2 + left)
    m, sd = kept * estimate + (1 - kept) * PRIOR_MEAN, np.sqrt(kept * left)
    return disagreement, {
        "opinion": opinion,
        "opinion_se": np.sqrt(variance),
        "correction": r,
        "correction_se": np.sqrt(s2),
        "correction_weight": weight,
        "gain": m,
        "gain_sd": sd,
        "probability": norm.cdf(m / sd),
        "equivalent": norm.cdf((ROPE - m) / sd) - norm.cdf((-ROPE - m) / sd),
        "expected_loss": sd * norm.pdf(m / sd) - m * norm.cdf(-m / sd),
    }


def differ_in_population(trusted, other):
    spread = lambda block: np.var(block.x, axis=0) / len(block.x)
    gap = trusted.x.mean(axis=0) - other.x.mean(axis=0)
    return any(abs(gap[k]) > 2.6 * np.sqrt(spread(trusted)[k] + spread(other)[k]) for k in (1, 2))


def expected(metric, trusted, out_of_fold, unlabelled):
    unlabelled_differ = unlabelled is not None and differ_in_population(trusted, unlabelled)
    over = trusted if unlabelled_differ or unlabelled is None else unlabelled
    fitted = calibrate([trusted])
    _, of_trusted = key(metric, [trusted], over, fitted)
    disagreement, of_all = None, of_trusted
    if out_of_fold:
        blocks = [trusted] + out_of_fold
        disagreement, of_all = key(metric, blocks, over, calibrate(blocks))
    p = expit(trusted.x @ fitted[0])
    differ = trusted.ma != trusted.mb
    pi = expit(over.x @ fitted[0])
    reached = [METRICS[metric]((over.la >= cut).astype(float), pi) for cut in np.unique(over.la)]
    return {
        "labels": gain(metric, trusted, trusted.y),
        "labels_se": np.sqrt(np.var(difference_influence(metric, trusted, trusted.y)) / len(trusted.y)),
        "unlabelled_differ": unlabelled_differ,
        "calibration": np.sum((trusted.y - p)[differ]) / np.sqrt(np.sum((p * (1 - p))[differ])),
        "disagreement": disagreement,
        "threshold_gain": max(0.0, max(reached) - METRICS[metric](over.ma, pi)),
        "all": of_all,
        "trusted": of_trusted,
    }


def block(rng, n, better=0.3, cuts=(0.5, 0.4), labelled=True):
    z = rng.normal(-0.5, 1.3, n)
    noise = rng.normal(0, 0.8, n)
    a, b = np.round(expit(z + noise), 6), np.round(expit(z + (1 - better) * noise), 6)
    y = (rng.random(n) < expit(z)).astype(float)
    return Block(a, b, cuts, y if labelled else None)


def main():
    rng = np.random.default_rng(20261129)
    plans = [
        ("test rows alone", "f1", 200, [], None),
        ("unlabelled rows that differ by chance", "f1", 160, [], 500),
        ("unlabelled rows", "f1", 160, [], 450),
        ("out-of-fold rows that agree", "f1", 160, [240], 300),
        ("window mode: two blocks", "f1", 160, [200, 180], 300),
        ("accuracy", "accuracy", 150, [150], 200),
        ("precision", "precision", 150, [], 200),
        ("recall", "recall", 150, [], 200),
        ("macro F1", "f1_macro", 150, [150], 200),
    ]
    cases = []
    for name, metric, n, more, u in plans:
        trusted = block(rng, n)
        out_of_fold = [block(rng, k) for k in more]
        unlabelled = block(rng, u, labelled=False) if u else None
        cases.append(case(name, metric, trusted, out_of_fold, unlabelled))
    trusted, spoiled = block(rng, 160), block(rng, 400)
    spoiled.y = spoiled.mb.copy()
    cases.append(case("a spoiled batch", "f1", trusted, [spoiled], None))
    versions = {"numpy": np.__version__, "scipy": scipy.__version__}
    text = json.dumps({"versions": versions, "cases": cases})
    pathlib.Path(__file__).with_name("two_keys.json").write_text(text + "\n")


def case(name, metric, trusted, out_of_fold, unlabelled):
    return {
        "name": name,
        "metric": metric,
        "trusted": trusted.json(),
        "out_of_fold": [b.json() for b in out_of_fold],
        "unlabelled": unlabelled.json() if unlabelled else None,
        "expected": expected(metric, trusted, out_of_fold, unlabelled),
    }


if __name__ == "__main__":
    main()
