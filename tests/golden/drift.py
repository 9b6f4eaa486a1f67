"""Writes drift.json beside itself: what scipy says of the statistics of the room `drift`.

    pip install scipy numpy
    python tests/golden/drift.py

Deterministic: fixed seeds. The versions used stand in the file. PSI is in no library; it is worked out here by its formula.
"""

import itertools
import json
import pathlib

import numpy as np
import scipy
from scipy import special
from scipy.spatial.distance import jensenshannon
from scipy.stats import chi2_contingency, false_discovery_control, ks_2samp, norm, wasserstein_distance

rng = np.random.default_rng(20261129)


def psi(a, b):
    p = (a + 0.5) / (a.sum() + len(a) / 2)
    q = (b + 0.5) / (b.sum() + len(b) / 2)
    return float(np.sum((q - p) * np.log(q / p)))


def counted():
    cases = []
    tables = [
        ([10, 20, 30], [30, 20, 10]),
        ([100, 0, 50], [90, 10, 50]),
        ([5, 5], [500, 450]),
        ([26, 0], [20, 6]),
    ]
    for k in (2, 5, 20):
        p = rng.dirichlet(np.ones(k))
        tables.append((rng.multinomial(1000, p), rng.multinomial(400, rng.dirichlet(np.ones(k)))))
        tables.append((rng.multinomial(5000, p), rng.multinomial(5000, p)))
    for a, b in tables:
        a, b = np.asarray(a), np.asarray(b)
        chi = chi2_contingency(np.array([a, b]), correction=False)
        n, m = int(a.sum()), int(b.sum())
        cases.append({
            "one": a.tolist(), "other": b.tolist(),
            "chi_square": float(chi.statistic), "p_value": float(chi.pvalue),
            "psi": psi(a, b), "by_chance": (len(a) - 1) * (1 / n + 1 / m),
            "jensen_shannon": float(jensenshannon(a, b, 2)),
            "total_variation": float(np.abs(a / n - b / m).sum() / 2),
        })
    return cases


def values():
    cases = []
    for n, m, shift in [(5, 4, 0), (8, 8, 1), (26, 26, 0.8), (26, 26, 0), (100, 100, 0.5), (60, 150, 0.2), (400, 300, 0.2), (2000, 500, 0.1)]:
        a, b = rng.normal(size=n), rng.normal(size=m) + shift
        cases.append((a, b))
    out = []
    for a, b in cases:
        a, b = np.round(np.sort(a), 6), np.round(np.sort(b), 6)
        n, m = len(a), len(b)
        exact = n * m <= 10_000
        d = ks_2samp(a, b, method="exact" if exact else "asymp")
        p = d.pvalue if exact else special.kolmogorov(np.sqrt(n * m / (n + m)) * d.statistic)
        out.append({
            "one": a.tolist(), "other": b.tolist(), "ks": float(d.statistic), "p_value": float(p),
            "wasserstein": float(wasserstein_distance(a, b)),
        })
    # With ties, all ways to deal the values out are counted.
    tied = [(rng.integers(0, 4, 7), rng.integers(0, 5, 6)), (rng.integers(0, 2, 8), rng.integers(0, 3, 5)), (np.zeros(5), np.zeros(7)), (np.zeros(5), np.ones(6))]
    for a, b in tied:
        a, b = np.sort(a).astype(float), np.sort(b).astype(float)
        out.append({
            "one": a.tolist(), "other": b.tolist(), "ks": furthest(a, b), "p_value": dealt(a, b),
            "wasserstein": float(wasserstein_distance(a, b)),
        })
    return out


def furthest(a, b):
    points = np.concatenate([a, b])
    return float(max(abs((a <= x).mean() - (b <= x).mean()) for x in points))


def dealt(a, b):
    both, d = np.concatenate([a, b]), furthest(a, b)
    hits = total = 0
    for chosen in itertools.combinations(range(len(both)), len(a)):
        mine = np.zeros(len(both), bool)
        mine[list(chosen)] = True
        total += 1
        hits += furthest(both[mine], both[~mine]) >= d - 1e-12
    return hits / total


def shares():
    out = []
    for a, n, b, m in [(10, 100, 30, 100), (0, 50, 3, 60), (5, 1000, 5, 1000), (990, 1000, 400, 500), (0, 10, 0, 20), (10, 10, 20, 20)]:
        pooled = (a + b) / (n + m)
        sd = np.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
        z = 0.0 if sd == 0 else (b / m - a / n) / sd
        out.append({"counts": [a, n, b, m], "z": float(z), "p_value": float(2 * norm.sf(abs(z)))})
    return out


def adjusted():
    out = []
    for p in ([0.01, 0.04, 0.03, 0.5], [0.2], [1e-12, 1.0, 0.05, 0.05, 0.0], rng.uniform(size=30)):
        p = np.asarray(p)
        out.append({"p": p.tolist(), "q": false_discovery_control(p).tolist()})
    return out


golden = {
    "versions": {"scipy": scipy.__version__, "numpy": np.__version__},
    "counted": counted(), "values": values(), "shares": shares(), "adjusted": adjusted(),
}
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps(golden) + "\n")
