"""Writes explain.json: what scikit-learn says a column is worth and weighs, for src/explain/tests.

`permutation`: sklearn.inspection.permutation_importance with the very orders it used (they are drawn again here from its
seed, and the result is checked against the library's own before it is written), so that the formula is pinned and not the
chance. `coefficients`: LogisticRegression on unscaled columns, held against the scaled weights divided by the
deviations: both have the same optimum only without a penalty.

Run: python tests/golden/explain.py > tests/golden/explain.json
Made with: see "versions" in the output.
"""

import json
import platform

import numpy as np
import sklearn
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score

ROWS, REPEATS, SEED = 60, 4, 3


def data():
    rng = np.random.default_rng(11)
    x = np.column_stack([rng.normal(5, 2, ROWS), rng.normal(-100, 30, ROWS), rng.uniform(0, 1, ROWS)])
    margin = 0.9 * (x[:, 0] - 5) - 0.03 * (x[:, 1] + 100) + rng.logistic(size=ROWS)
    return x, (margin > 0).astype(int)


def orders_of(seed):
    """The orders that scikit-learn deals the rows out by: the same for every column, each on top of the one before."""
    state = np.random.RandomState(seed)
    column_seed = state.randint(np.iinfo(np.int32).max + 1)
    one = np.random.RandomState(column_seed)
    shuffle, order, orders = np.arange(ROWS), np.arange(ROWS), []
    for _ in range(REPEATS):
        one.shuffle(shuffle)
        order = order[shuffle]
        orders.append(order)
    return orders


def permutation(x, y):
    model = LogisticRegression(C=1.0, tol=1e-12, max_iter=100_000).fit(x, y)
    found = permutation_importance(model, x, y, n_repeats=REPEATS, random_state=SEED, scoring="accuracy")
    orders = orders_of(SEED)
    for column in range(x.shape[1]):
        for repeat, order in enumerate(orders):
            moved = x.copy()
            moved[:, column] = x[order, column]
            drop = accuracy_score(y, model.predict(x)) - accuracy_score(y, model.predict(moved))
            assert abs(drop - found.importances[column, repeat]) < 1e-12
    return {
        "x": x.tolist(),
        "y": y.tolist(),
        "bias": model.intercept_[0],
        "weights": model.coef_[0].tolist(),
        "orders": [order.tolist() for order in orders],
        "mean": found.importances_mean.tolist(),
        "deviation": found.importances_std.tolist(),
    }


def coefficients(x, y):
    mean, scale = x.mean(axis=0), x.std(axis=0)
    settings = {"C": np.inf, "tol": 1e-13, "max_iter": 100_000, "solver": "newton-cholesky"}
    scaled = LogisticRegression(**settings).fit((x - mean) / scale, y)
    plain = LogisticRegression(**settings).fit(x, y)
    assert np.abs(scaled.coef_[0] / scale - plain.coef_[0]).max() < 1e-6
    return {
        "mean": mean.tolist(),
        "scale": scale.tolist(),
        "weights": scaled.coef_[0].tolist(),
        "original": plain.coef_[0].tolist(),
    }


x, y = data()
print(
    json.dumps(
        {
            "versions": {
                "python": platform.python_version(),
                "numpy": np.__version__,
                "scikit-learn": sklearn.__version__,
            },
            "permutation": permutation(x, y),
            "coefficients": coefficients(x, y),
        }
    )
)
