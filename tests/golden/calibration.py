"""Writes calibration.json beside itself: Platt scaling and isotonic regression as scikit-learn fits them, and calibration errors.

    pip install scikit-learn scipy numpy
    python tests/golden/calibration.py

Platt scaling is that of `CalibratedClassifierCV(method="sigmoid")` (`_SigmoidCalibration`) on log odds where the predictor has them, else
on probabilities; isotonic regression is `IsotonicRegression` with the bounds that Platt's targets are. `whole` is `CalibratedClassifierCV`
itself, out of fold, around logistic regression. Intervals of calibration errors are NumPy's, by drawing rows 20,000 times.
Deterministic: fixed seeds. The versions used stand in the file.
"""

import json
import pathlib

import numpy as np
import scipy
import sklearn
from scipy.special import expit, logit
from sklearn.calibration import CalibratedClassifierCV, _SigmoidCalibration
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict


def rows(n, share, stretch, seed, decimals):
    """Probabilities that are too sure by `stretch`, and what came true; rounded, so that some are alike."""
    rng = np.random.default_rng(seed)
    z = rng.normal(np.log(share / (1 - share)), 1.3, n)
    truth = (rng.random(n) < expit(z)).astype(int)
    shift = 0.0 if stretch == 1.0 else 0.3
    p = np.clip(np.round(expit(stretch * z + shift), decimals), 0.001, 0.999)
    return truth, p


def fitted(name, link, truth, p):
    score = logit(p) if link == "logistic" else p
    platt = _SigmoidCalibration().fit(score, truth)
    positives = int(truth.sum())
    low, high = 1 / (len(truth) - positives + 2), (positives + 1) / (positives + 2)
    isotonic = IsotonicRegression(y_min=low, y_max=high, out_of_bounds="clip").fit(p, truth)
    asked = np.linspace(0, 1, 41)
    score_asked = logit(np.clip(asked, 1e-12, 1 - 1e-12)) if link == "logistic" else asked
    return {
        "name": name,
        "link": link,
        "truth": truth.tolist(),
        "p": p.tolist(),
        "slope": -platt.a_,
        "intercept": -platt.b_,
        "at": isotonic.X_thresholds_.tolist(),
        "value": isotonic.y_thresholds_.tolist(),
        "asked": asked.tolist(),
        "platt": platt.predict(score_asked).tolist(),
        "isotonic": isotonic.predict(asked).tolist(),
    }


def bins(p):
    """Index ranges of at most 10 bins of as many rows, rows that are alike in one."""
    wanted = min(max(len(p) // 10, 1), 10)
    edges, start = [], 0
    for bin in range(1, wanted + 1):
        end = int(np.floor(bin * len(p) / wanted + 0.5))
        if end <= start:
            continue
        while end < len(p) and p[end] == p[end - 1]:
            end += 1
        edges.append((start, end))
        start = end
    return edges


def calibration_error(name, truth, p, seed):
    order = np.lexsort((truth, p))
    truth, p = truth[order], p[order]
    edges = bins(p)
    n = len(p)

    def error(y, q, of):
        gaps = [abs(np.mean(y[of == b] - q[of == b])) * np.mean(of == b) for b in range(len(edges)) if (of == b).any()]
        return float(np.sum(gaps))

    of = np.concatenate([np.full(end - start, b) for b, (start, end) in enumerate(edges)])
    value = error(truth, p, of)
    chance = sum((of == b).mean() * np.sqrt(2 / np.pi * np.mean((p * (1 - p))[of == b]) / (of == b).sum()) for b in range(len(edges)))
    rng = np.random.default_rng(seed)
    luck = [error((rng.random(n) < p).astype(int), p, of) for _ in range(5_000)]
    drawn = []
    for _ in range(20_000):
        at = rng.integers(0, n, n)
        drawn.append(error(truth[at], p[at], of[at]))
    low, high = np.quantile(drawn, [0.025, 0.975])
    return {
        "name": name,
        "truth": truth.tolist(),
        "p": p.tolist(),
        "value": value,
        "chance": float(chance),
        "low": 0.0 if value <= np.quantile(luck, 0.975) else max(0.0, 2 * value - high),
        "high": max(0.0, 2 * value - low),
    }


def whole():
    """CalibratedClassifierCV itself: what it makes of out-of-fold log odds, and what the calibrated model then says."""
    rng = np.random.default_rng(5)
    x = rng.normal(0, 1, (300, 4))
    y = (rng.random(300) < expit(x @ [1.5, -1.0, 0.5, 0.0] - 0.4)).astype(int)
    folds = StratifiedKFold(5)
    base = LogisticRegression(C=100.0)
    calibrated = CalibratedClassifierCV(base, method="sigmoid", cv=folds, ensemble=False).fit(x, y)
    out_of_fold = cross_val_predict(base, x, y, cv=folds, method="decision_function")
    live = base.fit(x, y).decision_function(x)
    return {
        "truth": y.tolist(),
        "out_of_fold": expit(out_of_fold).tolist(),
        "live": expit(live).tolist(),
        "calibrated": calibrated.predict_proba(x)[:, 1].tolist(),
    }


def main():
    cases = [
        fitted("too sure", "logistic", *rows(400, 0.3, 2.5, 1, 3)),
        fitted("not sure enough", "logistic", *rows(250, 0.5, 0.4, 2, 4)),
        fitted("rare", "logistic", *rows(800, 0.05, 1.5, 3, 3)),
        fitted("shares of trees", "identity", *rows(500, 0.4, 1.2, 4, 2)),
        fitted("told apart", "logistic", np.repeat([0, 1], 30), np.repeat([0.2, 0.8], 30) + np.tile(np.linspace(-0.1, 0.1, 30), 2)),
    ]
    errors = [
        calibration_error("too sure", *rows(600, 0.3, 2.5, 1, 3), 1),
        calibration_error("as it should be", *rows(2000, 0.3, 1.0, 6, 4), 2),
        calibration_error("few", *rows(45, 0.5, 2.0, 7, 3), 3),
        calibration_error("shares of trees", *rows(500, 0.4, 3.0, 8, 1), 4),
    ]
    versions = {"scikit-learn": sklearn.__version__, "numpy": np.__version__, "scipy": scipy.__version__}
    golden = {"versions": versions, "cases": cases, "errors": errors, "whole": whole()}
    path = pathlib.Path(__file__).with_suffix(".json")
    path.write_text(json.dumps(golden) + "\n")
    print(path)


if __name__ == "__main__":
    main()
