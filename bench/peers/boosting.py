"""One library's boosted trees on a matrix out of files, for bench/boosting.py: `boosting.py SIDE FOLDER ROUNDS THREADS`.

The files are those that bench/boosted reads. One JSON object on stdout: wall and CPU seconds of binning and boosting; the
margins of the test rows (of numbers the predictions) go to `margins_SIDE.f64`.
"""

import json
import os
import sys
import time
from pathlib import Path

import numpy as np

side, folder, rounds, threads = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
# Threads of OpenMP that wait must not take the cores from others.
os.environ |= {"OMP_NUM_THREADS": str(threads), "OMP_WAIT_POLICY": "passive"}


def main():
    n_train, n_test, n_numbers, n_classes, *widths = map(int, (folder / "shape.txt").read_text().split())
    train, test = (matrix(part, n, n_numbers, widths) for part, n in (("train", n_train), ("test", n_test)))
    target = np.fromfile(folder / "train_y.f64", "<f8")
    categories = list(range(n_numbers, n_numbers + len(widths)))
    fit = {"lightgbm": lightgbm, "hist_gb": hist_gb, "hessboost": hessboost}[side]
    margins = fit(train, target, test, n_classes, categories)
    (wall, cpu), (wall_end, cpu_end) = clock
    taken = {"wall_s": wall_end - wall, "cpu_s": cpu_end - cpu}
    np.asarray(margins, "<f8").tofile(folder / f"margins_{side}.f64")
    print(json.dumps(taken))


clock = []


def tick():
    """Called after the imports and again once the trees are there; what comes then only tells how good they are."""
    clock.append((time.perf_counter(), time.process_time()))


def matrix(part, n_rows, n_numbers, widths):
    numbers = np.fromfile(folder / f"{part}_x.f32", "<f4").reshape(n_rows, n_numbers)
    if not widths:
        return numbers
    places = np.fromfile(folder / f"{part}_places.u32", "<u4").reshape(n_rows, len(widths))
    return np.hstack([numbers, places.astype("f4")])


def lightgbm(train, target, test, n_classes, categories):
    import lightgbm as library

    objective = {0: "regression", 2: "binary"}.get(n_classes, "multiclass")
    settings = {"objective": objective, "num_leaves": 31, "learning_rate": 0.1, "num_threads": threads, "verbose": -1}
    if n_classes > 2:
        settings["num_class"] = n_classes
    tick()
    data = library.Dataset(train, target, categorical_feature=categories or "auto")
    booster = library.train(settings, data, rounds)
    tick()
    return booster.predict(test, raw_score=True)


def hist_gb(train, target, test, n_classes, categories):
    from sklearn import ensemble

    kind = ensemble.HistGradientBoostingClassifier if n_classes else ensemble.HistGradientBoostingRegressor
    tick()
    model = kind(max_iter=rounds, early_stopping=False, categorical_features=categories or None).fit(train, target)
    tick()
    return model.decision_function(test) if n_classes else model.predict(test)


def hessboost(train, target, test, n_classes, categories):
    import hessboost as library

    objective = {0: "reg:squarederror", 2: "binary:logistic"}.get(n_classes, "multi:softprob")
    settings = {"objective": objective, "tree_method": "hist", "grow_policy": "lossguide", "max_leaves": 31, "max_depth": 0}
    settings |= {"eta": 0.1, "max_bin": 256, "nthread": threads}
    if n_classes > 2:
        settings["num_class"] = n_classes
    tick()
    booster = library.train(settings, library.DMatrix(train, label=target), rounds, verbose_eval=False)
    tick()
    return booster.predict(library.DMatrix(test), output_margin=True)


if __name__ == "__main__":
    main()
