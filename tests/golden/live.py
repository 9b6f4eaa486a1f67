"""Writes live.json beside itself: a score estimated without labels, by NumPy and scipy from the formulas alone.

    pip install scipy numpy
    python tests/golden/live.py

Metrics are differentiated numerically and the calibration is fitted by a general optimiser. Deterministic: fixed seeds. The
versions used stand in the file.
"""

import json
import pathlib

import numpy as np
import scipy
from scipy.optimize import minimize
from scipy.special import expit

CENTRE, RIDGE, STRUCTURE = np.array([0.0, 1.0]), np.array([0.5, 4.0]), 0.03


def f1(m, y, w):
    return np.sum(w * 2 * m * y) / np.sum(w * (m + y))


METRICS = {
    "f1": f1,
    "accuracy": lambda m, y, w: np.sum(w * (m * y + (1 - m) * (1 - y))) / np.sum(w),
    "precision": lambda m, y, w: np.sum(w * m * y) / np.sum(w * m),
    "recall": lambda m, y, w: np.sum(w * m * y) / np.sum(w * y),
    "f1_macro": lambda m, y, w: (f1(m, y, w) + f1(1 - m, 1 - y, w)) / 2,
}


def logit(p):
    p = np.clip(p, 1e-6, 1 - 1e-6)
    return np.log(p / (1 - p))


def fit(x, y):
    def loss(v):
        z = x @ v
        return np.sum(np.logaddexp(0, z) - y * z) + np.sum(RIDGE * (v - CENTRE) ** 2) / 2

    found = minimize(loss, CENTRE, method="Newton-CG", jac=lambda v: x.T @ (expit(x @ v) - y) + RIDGE * (v - CENTRE),
                     hess=lambda v: (x.T * (expit(x @ v) * (1 - expit(x @ v)))) @ x + np.diag(RIDGE), options={"xtol": 1e-14})
    p = expit(x @ found.x)
    return found.x, np.linalg.inv((x.T * (p * (1 - p))) @ x + np.diag(RIDGE))


def case(seed, n, m, shift, cut):
    rng = np.random.default_rng(seed)
    z = rng.normal(-0.5, 1.3, n)
    truth = rng.random(n) < expit(0.8 * z + 0.2)
    trusted = np.round(expit(z), 6)
    rows = np.round(expit(rng.normal(-0.5 + shift, 1.3, m)), 6)
    w, V = fit(np.column_stack([np.ones(n), logit(trusted)]), truth.astype(float))
    x = np.column_stack([np.ones(m), logit(rows)])
    pi, labels, one = expit(x @ w), (rows >= cut).astype(float), np.ones(m)
    out = {}
    for name, metric in METRICS.items():
        value, step = metric(labels, pi, one), 1e-5
        gradient = np.array([(metric(labels, expit(x @ (w + d)), one) - metric(labels, expit(x @ (w - d)), one)) / (2 * step)
                             for d in np.eye(2) * step])
        psi, slope = np.empty(m), np.empty(m)
        for i in range(m):
            up, down = one.copy(), one.copy()
            up[i] += 1e-4
            down[i] -= 1e-4
            psi[i] = m * (metric(labels, pi, up) - metric(labels, pi, down)) / 2e-4
            high, low = pi.copy(), pi.copy()
            high[i] += 1e-4
            low[i] -= 1e-4
            # How the influence of a row changes with its own truth, the rest as it is: the derivative by π of that row.
            slope[i] = m * (metric(labels, high, one) - metric(labels, low, one)) / 2e-4
        variance = gradient @ V @ gradient + psi.var() / m + (STRUCTURE * np.abs(slope).mean()) ** 2
        out[name] = {"value": float(value), "standard_error": float(np.sqrt(variance))}
    return {"trusted": trusted.tolist(), "truth": truth.astype(int).tolist(), "rows": rows.tolist(), "cut": cut, "metrics": out}


golden = {
    "versions": {"scipy": scipy.__version__, "numpy": np.__version__},
    "cases": [case(1, 300, 200, 0.0, 0.5), case(2, 120, 150, 0.8, 0.35)],
}
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(golden) + "\n")
