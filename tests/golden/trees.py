"""Writes trees.json: scikit-learn's trees on small made-up data and shap's contributions, for src/learners and
src/predictors.

`grown`: trees of limited depth over all features without bootstrap, which leave no room for chance; values with gaps.
`explained`: small forests as flat arrays by the rules of `Trees`, with the contributions that shap's TreeExplainer
(path-dependent, Lundberg et al. 2018) finds.

Run: python tests/golden/trees.py > tests/golden/trees.json
Made with: see "versions" in the output.
"""

import json
import platform

import numpy as np
import shap
import sklearn
from sklearn.ensemble import ExtraTreesRegressor, RandomForestClassifier, RandomForestRegressor
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

LEAF = 2**32 - 1


def numbers(array):
    return [[None if np.isnan(v) else round(float(v), 10) for v in row] for row in np.asarray(array, dtype=float)]


def draw(rng, n, p, gaps):
    x = np.round(rng.normal(size=(n, p)), 3).astype(np.float32)
    if gaps:
        x[rng.random(x.shape) < 0.15] = np.nan
    return x


def grown(name, rng, classes, gaps, leaf, depth=3):
    n, p = 200, 4
    x = draw(rng, n, p, gaps)
    z = np.nan_to_num(x, nan=1.5)
    signal = z[:, 0] + 2 * (z[:, 1] > 0.3) * z[:, 2] + 0.3 * rng.normal(size=n)
    settings = dict(max_depth=depth, min_samples_leaf=leaf, random_state=0)
    if classes:
        y = np.digitize(signal, np.quantile(signal, np.linspace(0, 1, classes + 1)[1:-1]))
        model = DecisionTreeClassifier(**settings).fit(x, y)
        answers_of = lambda model: model.predict_proba(x)
    else:
        y = np.round(signal, 4)
        model = DecisionTreeRegressor(**settings).fit(x, y)
        answers_of = lambda model: model.predict(x)[:, None]
    answers = answers_of(model)
    # Where two splits are equally good, chance decides; such data are drawn anew.
    for seed in range(1, 20):
        other = sklearn.base.clone(model).set_params(random_state=seed).fit(x, y)
        if not np.allclose(answers_of(other), answers):
            return grown(name, rng, classes, gaps, leaf, depth)
    return {
        "name": name,
        "classes": classes,
        "min_leaf_rows": leaf,
        "max_depth": depth,
        "x": numbers(x),
        "y": [float(v) for v in y],
        "answers": numbers(answers),
        "nodes": int(model.tree_.node_count),
        "importance": [float(v) for v in model.feature_importances_],
    }


def below(threshold):
    """scikit-learn goes left where x <= threshold, Trees where x < threshold."""
    t = np.float32(threshold)
    if t > threshold:
        t = np.nextafter(t, np.float32(-np.inf))
    return float(np.nextafter(t, np.float32(np.inf)))


def flat(forest, outputs, value_of):
    trees = {"base": [0.0] * outputs, "roots": [], "feature": [], "threshold": [], "left": [], "missing_left": [], "cover": [], "values": []}
    for model in forest.estimators_:
        tree, first = model.tree_, len(trees["feature"])
        trees["roots"].append(first)
        place, queue = {0: first}, [0]
        order = []
        next_free = first + 1
        while queue:
            node = queue.pop(0)
            order.append(node)
            if tree.children_left[node] >= 0:
                place[tree.children_left[node]] = next_free
                place[tree.children_right[node]] = next_free + 1
                next_free += 2
                queue += [tree.children_left[node], tree.children_right[node]]
        for node in order:
            is_leaf = tree.children_left[node] < 0
            trees["feature"].append(LEAF if is_leaf else int(tree.feature[node]))
            trees["threshold"].append(0.0 if is_leaf else below(tree.threshold[node]))
            trees["missing_left"].append(bool(tree.missing_go_to_left[node]))
            trees["cover"].append(float(tree.weighted_n_node_samples[node]))
            if is_leaf:
                trees["left"].append(len(trees["values"]) // outputs)
                trees["values"] += [float(v) / len(forest.estimators_) for v in value_of(tree.value[node])]
            else:
                trees["left"].append(int(place[tree.children_left[node]]))
    return trees


def explained(name, rng, model, classes):
    n, p = 200, 5
    x = draw(rng, n, p, False)
    signal = x[:, 0] * x[:, 1] + np.abs(x[:, 2]) + 0.2 * rng.normal(size=n)
    y = np.digitize(signal, np.quantile(signal, [1 / 3, 2 / 3])) if classes else signal
    model.fit(x, y)
    rows = x[:12]
    explainer = shap.TreeExplainer(model, feature_perturbation="tree_path_dependent")
    values = np.asarray(explainer.shap_values(rows))
    expected = np.atleast_1d(explainer.expected_value)
    if classes:
        outputs, value_of = classes, lambda value: value[0] / value[0].sum()
        answers = model.predict_proba(rows)
    else:
        outputs, value_of = 1, lambda value: value[0]
        answers, values = model.predict(rows)[:, None], values[:, :, None]
    assert values.shape == (len(rows), p, outputs), values.shape
    return {
        "name": name,
        "trees": flat(model, outputs, value_of),
        "x": numbers(rows),
        "answers": numbers(answers),
        "expected": [float(v) for v in expected],
        "contributions": [[[float(v) for v in row[:, k]] for k in range(outputs)] for row in values],
    }


def main():
    rng = np.random.default_rng(20260102)
    cases = []
    for gaps in (False, True):
        for classes in (2, 3, 0):
            for leaf in (1, 20):
                what = f"{classes} classes" if classes else "numbers"
                cases.append(grown(f"{what}, {'gaps' if gaps else 'no gaps'}, {leaf} rows a leaf", rng, classes, gaps, leaf))
    explanations = [
        explained("random forest, three classes", rng, RandomForestClassifier(n_estimators=5, max_depth=4, random_state=1), 3),
        explained("random forest, numbers", rng, RandomForestRegressor(n_estimators=4, max_depth=5, random_state=1), 0),
        explained("extra trees, numbers, deep", rng, ExtraTreesRegressor(n_estimators=3, max_depth=9, random_state=1), 0),
    ]
    versions = {"scikit-learn": sklearn.__version__, "shap": shap.__version__, "numpy": np.__version__, "python": platform.python_version()}
    print(json.dumps({"versions": versions, "grown": cases, "explained": explanations}, separators=(",", ":")))


main()
