"""Writes logistic.json: scikit-learn's LogisticRegression on small made-up data, for src/learners/tests.

Each case carries its own data, so that the test needs no generator: numeric columns as they are, text columns as codes.
The matrix that scikit-learn sees is made here by the transformer's rules, independently of it: (x - mean) / sd with
ddof 0 and 0 for a missing number; one column per category, one for missing, one for other.

Run: python tests/golden/logistic.py > tests/golden/logistic.json
Made with: see "versions" in the output.
"""

import json
import platform

import numpy as np
import sklearn
from sklearn.linear_model import LogisticRegression


def matrix(numbers, texts):
    columns = []
    for column in numbers:
        x = np.array([np.nan if v is None else v for v in column], dtype=float)
        mean, sd = np.nanmean(x), np.nanstd(x)
        columns.append(np.where(np.isnan(x), 0.0, (x - mean) / sd))
    for column in texts:
        for category in sorted({v for v in column if v is not None}):
            columns.append(np.array([float(v == category) for v in column]))
        columns.append(np.array([float(v is None) for v in column]))
        columns.append(np.zeros(len(column)))  # other: no training row has one when every category is kept
    return np.column_stack(columns)


def fit(x, y, c, balanced):
    """lbfgs and newton-cholesky must agree before either is believed; the tighter one is kept."""
    kinds = {}
    for solver in ("newton-cholesky", "lbfgs"):
        model = LogisticRegression(
            C=c, tol=1e-12, solver=solver, max_iter=100_000, class_weight="balanced" if balanced else None
        )
        model.fit(x, y)
        kinds[solver] = model
    a, b = kinds["newton-cholesky"], kinds["lbfgs"]
    gap = np.abs(a.predict_proba(x) - b.predict_proba(x)).max()
    assert gap < 1e-5, gap
    return a


def centred(model):
    """The intercepts of a multinomial model are free by a constant; it is taken out on both sides."""
    bias = model.intercept_
    return bias - bias.mean() if len(bias) > 1 else bias


def case(name, numbers, texts, y, c, balanced=False):
    x = matrix(numbers, texts)
    model = fit(x, y, c, balanced)
    proba = model.predict_proba(x)
    pick = list(range(len(y))) if len(y) <= 300 else list(range(0, len(y), 20))
    return {
        "name": name,
        "c": c,
        "balanced": balanced,
        "numbers": [list(column) for column in numbers],
        "texts": [list(column) for column in texts],
        "y": [int(v) for v in y],
        "bias": centred(model).tolist(),
        "weights": model.coef_.tolist(),
        "rows": pick,
        "probabilities": proba[pick].tolist(),
    }


def rounded(column, digits=3):
    return [None if v is None or np.isnan(v) else round(float(v), digits) for v in column]


def draw(rng, n, n_numbers, correlated=False):
    x = rng.normal(size=(n, n_numbers))
    if correlated:
        x = 0.15 * x + rng.normal(size=(n, 1))
    return x * 10.0 ** rng.integers(-2, 4, size=n_numbers) + rng.normal(size=n_numbers) * 5


def main():
    rng = np.random.default_rng(20260101)
    cases = []

    def classes(x, k, noise=1.0):
        z = (x - x.mean(0)) / x.std(0)
        margins = z @ rng.normal(size=(x.shape[1], k)) + noise * rng.gumbel(size=(len(x), k))
        return margins.argmax(1)

    for c in (0.01, 1.0, 100.0):
        x = draw(rng, 120, 4)
        cases.append(case(f"binary, c {c}", [rounded(v) for v in x.T], [], classes(x, 2), c))
        x = draw(rng, 150, 3)
        cases.append(case(f"three classes, c {c}", [rounded(v) for v in x.T], [], classes(x, 3), c))
    x = draw(rng, 200, 3)
    text = [[None, "north", "south", "east", "west"][i] for i in rng.integers(0, 5, 200)]
    more = [["a", "b", "c"][i] for i in rng.choice(3, 200, p=[0.9, 0.07, 0.03])]
    holed = x.copy()
    holed[rng.random(x.shape) < 0.1] = np.nan
    shift = np.array([1.5 if t == "north" else 0.0 for t in text])
    y = (rng.random(200) < 1 / (1 + np.exp(-(shift + (x[:, 0] - x[:, 0].mean()) / x[:, 0].std())))).astype(int)
    for c in (0.1, 1.0, 10.0):
        cases.append(case(f"binary with categories and gaps, c {c}", [rounded(v) for v in holed.T], [text, more], y, c))
        cases.append(case(f"four classes with categories, c {c}", [rounded(v) for v in holed.T], [text, more], classes(x, 4), c))
    cases.append(case("categories alone", [], [text, more], y, 1.0))
    x = draw(rng, 200, 5, correlated=True)
    cases.append(case("correlated features", [rounded(v) for v in x.T], [], classes(x, 2), 10.0))
    x = draw(rng, 300, 3)
    z = (x[:, 0] - x[:, 0].mean()) / x[:, 0].std()
    cases.append(case("two in a hundred", [rounded(v) for v in x.T], [], (z + 0.3 * rng.normal(size=300) > 2.1).astype(int), 1.0))
    x = draw(rng, 100, 2)
    z = (x[:, 0] - x[:, 0].mean()) / x[:, 0].std()
    cases.append(case("nearly separable", [rounded(v) for v in x.T], [], (z + 0.02 * rng.normal(size=100) > 0).astype(int), 1000.0))
    cases.append(case("separable", [rounded(v) for v in x.T], [], (np.array(rounded(x[:, 0])) > np.median(x[:, 0])).astype(int), 1.0))
    x = draw(rng, 2000, 5)
    cases.append(case("tall", [rounded(v) for v in x.T], [], classes(x, 2), 1.0))
    x = draw(rng, 30, 10)
    cases.append(case("small and wide", [rounded(v) for v in x.T], [], classes(x, 2), 1.0))
    cases.append(case("small and wide, three classes", [rounded(v) for v in x.T], [], classes(x, 3), 1.0))

    x = draw(rng, 200, 3)
    z = (x[:, 0] - x[:, 0].mean()) / x[:, 0].std()
    rare = (z + 0.5 * rng.normal(size=200) > 1.2).astype(int)
    cases.append(case("balanced, one in ten", [rounded(v) for v in x.T], [text], rare, 1.0, True))
    three = np.where(rare, 2, classes(x, 2))
    cases.append(case("balanced, three classes", [rounded(v) for v in x.T], [text], three, 0.5, True))

    versions = {"scikit-learn": sklearn.__version__, "numpy": np.__version__, "python": platform.python_version()}
    print(json.dumps({"versions": versions, "cases": cases}, separators=(",", ":")))


if __name__ == "__main__":
    main()
