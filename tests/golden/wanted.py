"""Writes wanted.json beside itself: labels that were requested, and how many would settle a decision, by NumPy and scipy.

    pip install scipy numpy
    python tests/golden/wanted.py

Written from the formulas of docs/gate.md on top of two_keys.py, which stands beside it: derivatives are numerical, the
allocation is found by trying every one, and the chance of a decision by root finding. Deterministic: fixed seeds.
"""

import json
import pathlib

import numpy as np
import scipy
from scipy.optimize import brentq
from scipy.special import expit
from scipy.stats import norm
from two_keys import PRIOR_MEAN, PRIOR_SD, ROPE, block, calibrate, difference_influence, gain, key

ENOUGH, EQUIVALENT = 0.8, 0.9


def directions(over):
    return [np.flatnonzero((over.mb == 1) & (over.ma == 0)), np.flatnonzero((over.mb == 0) & (over.ma == 1))]


def slope(metric, over, pi, rows):
    """Change of the gain when every row of a direction becomes surer by one, divided by its share of the rows."""
    if len(rows) == 0:
        return 0.0
    step = 1e-6
    up, down = pi.copy(), pi.copy()
    up[rows] += step
    down[rows] -= step
    return (gain(metric, over, up) - gain(metric, over, down)) / (2 * step) * len(pi) / len(rows)


def corrected(metric, over, drawn, fitted):
    """r and its variance; `drawn` holds for each direction the rows of `over` with a label, and the labels."""
    pi = expit(over.x @ fitted[0])
    r = variance = 0.0
    for rows, (labelled, y) in zip(directions(over), drawn):
        m, count = len(labelled), len(rows)
        residual = y - pi[labelled]
        spread = max(np.var(residual, ddof=1), np.mean(pi[labelled] * (1 - pi[labelled])))
        scale = count / len(pi) * slope(metric, over, pi, rows)
        r += scale * residual.mean()
        variance += scale**2 * spread / m
    return r, variance


def with_labels(metric, trusted, over, drawn):
    """The key of the test rows and the labels that were requested together."""
    fitted = calibrate([trusted])
    _, plain = key(metric, [trusted], over, fitted)
    r, s2 = corrected(metric, over, drawn, fitted)
    pi = expit(over.x @ fitted[0])
    of_rows = np.var(difference_influence(metric, over, pi)) / len(pi)
    v = plain["opinion_se"] ** 2 - of_rows
    r_s, s2_s = plain["correction"], plain["correction_se"] ** 2
    both = (r / s2 + r_s / s2_s) / (1 / s2 + 1 / s2_s)
    s2_both = 1 / (1 / s2 + 1 / s2_s)
    weight = v / (v + s2_both)
    estimate, left = plain["opinion"] + weight * both, v * (1 - weight) + of_rows
    kept = PRIOR_SD**2 / (PRIOR_SD**2 + left)
    m, sd = kept * estimate + (1 - kept) * PRIOR_MEAN, np.sqrt(kept * left)
    return {
        "correction": both,
        "correction_se": np.sqrt(s2_both),
        "gain": m,
        "gain_sd": sd,
        "probability": norm.cdf(m / sd),
        "asked_gain": plain["opinion"] + r,
        "asked_gain_se": np.sqrt(s2 + of_rows),
    }


def chance(first_key, g, sd, variance):
    after = np.sqrt(1 / (1 / sd**2 + 1 / variance))
    moves = np.sqrt(sd**2 - after**2)
    within = lambda m: norm.cdf((ROPE - m) / after) - norm.cdf((-ROPE - m) / after) - EQUIVALENT
    c = brentq(within, 0, ROPE) if within(0) >= 0 else 0.0
    z = max(norm.ppf(first_key) * after, c)
    outcome = norm(g, moves)
    return 1 - (outcome.cdf(z) - outcome.cdf(c)) - (outcome.cdf(-c) - outcome.cdf(-z))


def wanted(first_key, metric, trusted, over, g, sd):
    fitted = calibrate([trusted])
    pi = expit(over.x @ fitted[0])
    rows = directions(over)
    counts = [len(r) for r in rows]
    spreads = [len(r) / len(pi) * abs(slope(metric, over, pi, r)) * np.sqrt(np.mean(pi[r] * (1 - pi[r]))) for r in rows]
    of_rows = np.var(difference_influence(metric, over, pi)) / len(pi)

    def variance(m):
        """The least over every way to split m labels, which a rounded share may miss by one label."""
        ways = [(a, m - a) for a in range(2, counts[0] + 1) if 2 <= m - a <= counts[1]]
        return min(sum(s**2 / k for s, k in zip(spreads, way)) for way in ways) + of_rows

    total = sum(counts)
    chances = {m: chance(first_key, g, sd, variance(m)) for m in (4, 10, 20, total)}
    needed = next((m for m in range(4, total + 1) if chance(first_key, g, sd, variance(m)) >= ENOUGH), None)
    return {"strata": counts, "needed": needed, "chance_of_all": chances[total], "chances": [[m, c] for m, c in chances.items()]}


def case(rng, name, metric, n, u, labels, better, first_key=0.9):
    trusted = block(rng, n, better=better, cuts=(0.5, 0.5))
    over = block(rng, u, better=better, cuts=(0.5, 0.5))
    truth = over.y
    over.y = None
    drawn, ids = [], []
    for rows in directions(over):
        chosen = rng.permutation(rows)[:labels]
        ids.append([int(row) for row in chosen])
        drawn.append((chosen, truth[chosen]))
    _, plain = key(metric, [trusted], over, calibrate([trusted]))
    return {
        "name": name,
        "metric": metric,
        "first_key": first_key,
        "trusted": trusted.json(),
        "unlabelled": over.json(),
        "labelled": ids,
        "labels": [[int(v) for v in y] for _, y in drawn],
        "expected": with_labels(metric, trusted, over, drawn),
        "wanted": wanted(first_key, metric, trusted, over, plain["gain"], plain["gain_sd"]),
    }


def main():
    rng = np.random.default_rng(20261130)
    cases = [
        case(rng, "F1, many labels", "f1", 200, 600, 12, 0.6),
        case(rng, "F1, few labels", "f1", 160, 500, 3, 0.5),
        case(rng, "accuracy", "accuracy", 150, 400, 4, 0.9),
        case(rng, "macro F1", "f1_macro", 150, 2500, 6, 1.9, first_key=0.7),
        case(rng, "recall", "recall", 150, 400, 6, 0.7),
    ]
    versions = {"numpy": np.__version__, "scipy": scipy.__version__}
    text = json.dumps({"versions": versions, "cases": cases})
    pathlib.Path(__file__).with_name("wanted.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
