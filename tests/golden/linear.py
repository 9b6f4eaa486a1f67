"""Writes linear.json: scikit-learn's LinearRegression, Ridge and ElasticNet on small made-up data, for src/learners/tests.

The matrix that scikit-learn sees is made by the rules of the transformer, see logistic.py. Where features are sums of
others (every column of categories is), many weights fit equally well: then only the answers are compared.

Run: python tests/golden/linear.py > tests/golden/linear.json
Made with: see "versions" in the output.
"""

import json
import platform

import numpy as np
import sklearn
from logistic import draw, matrix, rounded
from sklearn.linear_model import ElasticNet, LinearRegression, Ridge


def fits(x, y):
    yield "linear", 1.0, 0.5, LinearRegression()
    for alpha in (0.1, 1.0, 100.0):
        yield "ridge", alpha, 0.5, Ridge(alpha=alpha, solver="svd")
    for alpha, ratio in ((0.01, 0.5), (0.3, 0.5), (0.1, 1.0), (0.1, 0.1), (1.0, 0.5), (0.5, 0.0)):
        yield "elastic_net", alpha, ratio, ElasticNet(alpha=alpha, l1_ratio=ratio, tol=1e-14, max_iter=1_000_000)


def case(name, numbers, texts, y):
    x = matrix(numbers, texts)
    centred = x - x.mean(0)
    kept = centred[:, centred.std(0) > 0]
    is_unique = np.linalg.matrix_rank(kept) == kept.shape[1]
    models = []
    for kind, alpha, ratio, model in fits(x, y):
        model.fit(x, y)
        models.append(
            {
                "kind": kind,
                "alpha": alpha,
                "l1_ratio": ratio,
                "is_unique": bool(is_unique or kind == "ridge" or (kind == "elastic_net" and ratio < 1.0)),
                "bias": float(model.intercept_),
                "weights": [float(v) for v in model.coef_],
                "answers": [float(v) for v in model.predict(x)],
            }
        )
    return {
        "name": name,
        "numbers": [list(column) for column in numbers],
        "texts": [list(column) for column in texts],
        "y": [float(v) for v in y],
        "models": models,
    }


def main():
    rng = np.random.default_rng(20260103)
    cases = []

    def target(x, noise, scale=1.0):
        z = (x - x.mean(0)) / x.std(0)
        return np.round(scale * (3.0 + z @ rng.normal(size=x.shape[1]) + noise * rng.normal(size=len(x))), 6)

    x = draw(rng, 80, 4)
    cases.append(case("four numbers", [rounded(v) for v in x.T], [], target(x, 0.5)))
    x = draw(rng, 60, 3)
    cases.append(case("a target of thousands", [rounded(v) for v in x.T], [], target(x, 1.0, 5000.0)))
    x = draw(rng, 100, 5, correlated=True)
    cases.append(case("correlated features", [rounded(v) for v in x.T], [], target(x, 0.5)))
    x = draw(rng, 120, 3)
    text = [[None, "north", "south", "east", "west"][i] for i in rng.integers(0, 5, 120)]
    holed = x.copy()
    holed[rng.random(x.shape) < 0.1] = np.nan
    y = target(x, 0.5) + np.array([2.0 if t == "north" else 0.0 for t in text])
    cases.append(case("categories and gaps", [rounded(v) for v in holed.T], [text], y))

    versions = {"scikit-learn": sklearn.__version__, "numpy": np.__version__, "python": platform.python_version()}
    print(json.dumps({"versions": versions, "cases": cases}, separators=(",", ":")))


main()
