"""Writes constants.json beside itself: the constants of two keys as NumPy learns them from past decisions.

    pip install numpy scipy
    python tests/golden/constants.py

`simulated` is what the formula is for: decisions of a world in which the misfit is known, drawn as `structure` says they come about.
Deterministic: fixed seeds. The versions used stand in the file.
"""

import json
import pathlib

import numpy as np
import scipy
from scipy.stats import norm

E0, COHERENCE, T0, WORTH, FLOOR = 0.03, 0.15, 0.015, 10.0, 0.01


def reach(slope):
    return np.sqrt(slope * np.minimum(slope, COHERENCE))


def decisions(n, misfit, mean, sd, seed):
    """Past decisions as they are recorded."""
    rng = np.random.default_rng(seed)
    slope = rng.uniform(0.1, 0.5, n)
    se = rng.uniform(0.003, 0.012, n)
    fit_se = se * rng.uniform(0.1, 0.6, n)
    correction = rng.normal(0, np.sqrt(se**2 - fit_se**2 + (misfit * reach(slope)) ** 2))
    variance = rng.uniform(0.004, 0.012, n) ** 2
    gain = rng.normal(mean, np.sqrt(sd**2 + variance))
    kept = T0**2 / (T0**2 + variance)
    return {
        "slope": slope,
        "correction": correction,
        "correction_se": se,
        "fit_se": fit_se,
        "estimate": gain,
        "variance": variance,
        "gain": kept * gain,
        "gain_sd": np.sqrt(kept * variance),
    }


def learned(it):
    chance = it["correction_se"] ** 2 - it["fit_se"] ** 2
    certain = (E0 * reach(it["slope"])) ** 2
    x = (it["correction"] ** 2 - chance) / reach(it["slope"]) ** 2
    w = (certain / (chance + certain)) ** 2
    square = (WORTH * E0**2 + np.sum(w * x) + norm.ppf(0.8) * np.sqrt(2) * E0**2 * np.sqrt(w.sum())) / (WORTH + w.sum())
    of = T0**2 / (T0**2 + it["variance"])
    mean = np.sum(of * it["estimate"]) / (WORTH + of.sum())
    spread = (WORTH * T0**2 + np.sum(of**2 * ((it["estimate"] - mean) ** 2 - it["variance"]))) / (WORTH + np.sum(of**2))
    sd = np.sqrt(max(spread, FLOOR**2))
    return {
        "structure": float(np.sqrt(max(square, FLOOR**2))),
        "structure_worth": float(w.sum()),
        "prior_mean": float(np.clip(mean, -sd / 2, sd / 2)),
        "prior_sd": float(sd),
        "prior_worth": float(of.sum()),
    }


def main():
    worlds = [
        ("one", 1, 0.03, 0.0, 0.015, 1),
        ("well calibrated, small gains", 40, 0.0, 0.002, 0.004, 2),
        ("misfit, large gains", 40, 0.08, 0.02, 0.02, 3),
        ("like the start", 25, 0.03, 0.0, 0.015, 4),
    ]
    cases = []
    for name, n, misfit, mean, sd, seed in worlds:
        it = decisions(n, misfit, mean, sd, seed)
        rows = {key: [float(v) for v in it[key]] for key in ("slope", "correction", "correction_se", "fit_se", "gain", "gain_sd")}
        cases.append({"name": name, **rows, "learned": learned(it)})
    versions = {"numpy": np.__version__, "scipy": scipy.__version__}
    path = pathlib.Path(__file__).with_suffix(".json")
    path.write_text(json.dumps({"versions": versions, "cases": cases}) + "\n")
    print(path)


if __name__ == "__main__":
    main()
