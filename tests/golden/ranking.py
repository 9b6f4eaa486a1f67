"""Writes ranking.json beside itself: rank correlation and overlap of the worst rows, by scipy and NumPy, altogether and by week.

    pip install scipy numpy
    python tests/golden/ranking.py

The overlap is that of two plain sets, so no numbers tie. Deterministic: fixed seeds. The versions used stand in the file.
"""

import datetime
import json
import pathlib

import numpy as np
import scipy
from scipy.stats import spearmanr

UTC = datetime.timezone.utc
BEGIN = datetime.datetime(2026, 2, 11, 15, 30, tzinfo=UTC)


def overlap(one, other, one_of, smallest):
    places = -(-len(one) // one_of)
    sign = 1 if smallest else -1
    first = [set(np.argsort(sign * numbers, kind="stable")[:places].tolist()) for numbers in (one, other)]
    return len(first[0] & first[1]) / places


def alike(one, other, smallest):
    return {
        "spearman": float(spearmanr(one, other).statistic),
        "worst_10": overlap(one, other, 10, smallest),
        "worst_20": overlap(one, other, 5, smallest),
    }


def monday(ms):
    at = datetime.datetime.fromtimestamp(ms / 1000, UTC)
    day = datetime.datetime(at.year, at.month, at.day, tzinfo=UTC) - datetime.timedelta(days=at.weekday())
    return int(day.timestamp() * 1000)


def case(seed, n, noise, days, smallest):
    rng = np.random.default_rng(seed)
    truth = np.round(rng.gamma(2.0, 6.0, n), 6)
    given = np.round(truth + rng.normal(0, noise, n), 6)
    begin = int(BEGIN.timestamp() * 1000)
    times = (begin + rng.integers(0, days * 86_400_000, n)).tolist()
    weeks = {}
    for row, at in enumerate(times):
        weeks.setdefault(monday(at), []).append(row)
    return {
        "truth": truth.tolist(),
        "given": given.tolist(),
        "times_ms": times,
        "smallest": smallest,
        "alike": alike(truth, given, smallest),
        "weeks": [[week, len(rows), float(spearmanr(truth[rows], given[rows]).statistic)] for week, rows in sorted(weeks.items())],
    }


cases = [case(1, 200, 3.0, 30, False), case(2, 83, 12.0, 20, False), case(3, 120, 5.0, 28, True), case(4, 41, 0.5, 14, True)]
out = {"numpy": np.__version__, "scipy": scipy.__version__, "cases": cases}
path = pathlib.Path(__file__).with_name("ranking.json")
path.write_text(json.dumps(out) + "\n")
