#!/usr/bin/env python3
"""Boosted trees alone, beside LightGBM's, scikit-learn's and hessboost's, on the same matrices and in turns.

    (cd bench/boosted && cargo build --release --target-dir DIR)
    venv/bin/python bench/boosting.py --ours DIR/release/unseat-bench-boosted [--data DIR] [--sets 1Mx23] [--threads 1] [--json FILE]

Binning and boosting are timed: 100 rounds of 31 leaves at a rate of 0.1 and 255 bins, whatever the depth. The made-up sets are a
million rows of 23 numbers with two classes, and 400,000 rows of 54 columns with 7 classes, once all numbers and once ten of them and 44
flags of two categories. `--data` adds each data set of a folder as for quality.py, with its categories: as categories where there are
at most 16, else as means of the target over other rows, for every side alike. Prints medians over --runs, the ratio to LightGBM's, and
how the test rows are told. On a machine that is not idle CPU seconds on one thread (`--threads 1`) say more than wall
seconds. Needs numpy, pandas, scikit-learn, lightgbm and, where it is installed, hessboost.
"""

import argparse
import importlib.util
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

PEER = Path(__file__).parent / "peers" / "boosting.py"
SIDES = ["unseat", "lightgbm", "hist_gb", "hessboost"]
FEW_CATEGORIES = 16


def main():
    arguments = parse_arguments()
    figures = {}
    print(f"{'set':16}{'side':11}{'wall s':>9}{'CPU s':>9}{'wall/LGBM':>11}{'CPU/LGBM':>10}  test rows (load {os.getloadavg()[0]:.0f})")
    with tempfile.TemporaryDirectory(prefix="unseat-boosting-") as work:
        for name, write in sets(arguments).items():
            if arguments.sets and name not in arguments.sets:
                continue
            folder = Path(work, name)
            folder.mkdir()
            test_target, n_classes = write(folder)
            runs = {side: [] for side in arguments.sides}
            for _ in range(arguments.runs):
                for side in runs:
                    runs[side].append(run(arguments, side, folder))
            figures[name] = report(name, folder, runs, test_target, n_classes)
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=1) + "\n")


def run(arguments, side, folder):
    settings = [folder, arguments.rounds, arguments.threads]
    command = [arguments.ours, *settings] if side == "unseat" else [sys.executable, PEER, side, *settings]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    return json.loads(done.stdout) if done.returncode == 0 else done.stderr.strip().splitlines()[-1]


def report(name, folder, runs, target, n_classes):
    figures = {}
    for side, taken in runs.items():
        failed = next((one for one in taken if isinstance(one, str)), None)
        if failed:
            print(f"{name:16}{side:11}{failed}", flush=True)
            continue
        figures[side] = {key: statistics.median(one[key] for one in taken) for key in taken[0] if key != "print"}
        file = "margins.f64" if side == "unseat" else f"margins_{side}.f64"
        figures[side] |= scores(np.fromfile(folder / file, "<f8"), target, n_classes)
    for side, own in figures.items():
        theirs = figures.get("lightgbm", {})
        ratio = lambda key: f"{own[key] / theirs[key]:.2f}" if theirs.get(key) else "-"
        told = "  ".join(f"{key} {value:.4f}" for key, value in own.items() if key in ("roc_auc", "f1_macro", "log_loss", "r2"))
        more = f"  {own['bytes_a_row_beside_bins']:.0f} bytes a row beside the bins" if side == "unseat" else ""
        print(
            f"{name:16}{side:11}{own['wall_s']:>9.2f}{own['cpu_s']:>9.2f}{ratio('wall_s'):>11}{ratio('cpu_s'):>10}  {told}{more}", flush=True
        )
    return figures


def scores(margins, target, n_classes):
    from sklearn import metrics

    if n_classes == 0:
        return {"r2": metrics.r2_score(target, margins)}
    if n_classes == 2:
        shares = 1 / (1 + np.exp(-margins))
        return {"roc_auc": metrics.roc_auc_score(target, shares), "log_loss": metrics.log_loss(target, shares)}
    margins = margins.reshape(len(target), n_classes)
    powers = np.exp(margins - margins.max(axis=1, keepdims=True))
    shares = powers / powers.sum(axis=1, keepdims=True)
    labels = list(range(n_classes))
    f1 = metrics.f1_score(target, shares.argmax(axis=1), average="macro")
    return {"f1_macro": f1, "log_loss": metrics.log_loss(target, shares, labels=labels)}


def sets(arguments):
    """Name to what writes the set's files and returns the test rows' target and the number of classes."""
    made = {"1Mx23": two_classes, "400kx54": numbers_only, "400kx54flags": with_flags}
    if arguments.data:
        for folder in sorted(arguments.data.iterdir()):
            meta = folder / "meta.json"
            if meta.exists() and json.loads(meta.read_text())["task"] != "text" and not json.loads(meta.read_text()).get("text_columns"):
                made[folder.name] = lambda to, folder=folder: real(folder, to)
    return made


def save(folder, n_train, numbers, target, n_classes, places=None, widths=()):
    places = np.zeros((len(numbers), 0)) if places is None else places
    shape = [n_train, len(numbers) - n_train, numbers.shape[1], n_classes, *widths]
    (folder / "shape.txt").write_text(" ".join(map(str, shape)))
    for part, rows in (("train", slice(0, n_train)), ("test", slice(n_train, None))):
        numbers[rows].astype("<f4").tofile(folder / f"{part}_x.f32")
        places[rows].astype("<u4").tofile(folder / f"{part}_places.u32")
        target[rows].astype("<f8").tofile(folder / f"{part}_y.f64")
    return target[n_train:], n_classes


def two_classes(folder):
    random = np.random.default_rng(1)
    x = random.normal(size=(1_100_000, 23)).astype("f4")
    signal = 0.8 * x[:, 0] + np.sin(2 * x[:, 1]) + 0.5 * x[:, 2] * x[:, 3] - 0.4 * np.abs(x[:, 4]) + 0.3 * x[:, 5] * (x[:, 6] > 0)
    return save(folder, 1_000_000, x, (signal + 1.3 * random.logistic(size=len(x)) > 0).astype("f8"), 2)


def numbers_only(folder):
    random = np.random.default_rng(2)
    x = random.normal(size=(500_000, 54)).astype("f4")
    signal = x[:, :10] @ (0.7 * random.normal(size=(10, 7))) + 2 * np.sin(2 * x[:, :7]) + x[:, 3:4] * x[:, 4:5] * random.normal(size=7)
    return save(folder, 400_000, x, (signal + random.gumbel(size=signal.shape)).argmax(axis=1), 7)


def with_flags(folder):
    random = np.random.default_rng(3)
    n, x = 500_000, np.zeros((500_000, 54), "f4")
    x[:, :10] = np.round(random.normal(size=(n, 10)) * random.uniform(20, 400, 10) + random.uniform(100, 2000, 10))
    shares = random.exponential(size=40) ** 2
    few, many = random.choice(4, n, p=[0.45, 0.05, 0.43, 0.07]), random.choice(40, n, p=shares / shares.sum())
    x[np.arange(n), 10 + few], x[np.arange(n), 14 + many] = 1, 1
    z = (x[:, :10] - x[:, :10].mean(axis=0)) / x[:, :10].std(axis=0)
    signal = z @ (0.6 * random.normal(size=(10, 7))) + random.normal(size=(4, 7))[few] + 1.2 * random.normal(size=(40, 7))[many]
    signal += 1.5 * np.sin(2 * z[:, :7]) + np.log([0.36, 0.49, 0.06, 0.005, 0.016, 0.03, 0.035])
    return save(folder, 400_000, x, (1.5 * signal + random.gumbel(size=signal.shape)).argmax(axis=1), 7)


def real(source, folder):
    meta = json.loads((source / "meta.json").read_text())
    train = pd.concat(map(pd.read_csv, sorted((source / "sourcedata").glob("*.csv")))).drop_duplicates()
    frame = pd.concat([train, *map(pd.read_csv, sorted((source / "testdata").glob("*.csv")))], ignore_index=True)
    n_train, target = len(train), frame[meta["target"]]
    n_classes = 0
    if meta["task"] != "regression":
        classes = sorted(target.unique(), key=lambda name: (str(name) == str(meta.get("positive_class")), str(name)))
        target, n_classes = target.map({name: at for at, name in enumerate(classes)}), len(classes)
    target = target.to_numpy("f8")
    numbers, places, widths = [], [], []
    for name in frame.columns.difference([meta["target"], *(meta.get("id_columns") or [])], sort=False):
        column = frame[name]
        if pd.api.types.is_numeric_dtype(column):
            numbers.append(column.to_numpy("f8", na_value=np.nan))
            continue
        known = sorted(column[:n_train].dropna().unique())
        place = column.map({label: at for at, label in enumerate(known)}).fillna(len(known) + 1).where(column.notna(), len(known))
        if len(known) <= 2:
            numbers.append(place.to_numpy("f8"))
        elif len(known) <= FEW_CATEGORIES:
            places.append(place.to_numpy("u4"))
            widths.append(len(known) + 2)
        else:
            numbers.append(target_means(place.to_numpy("u4"), target, n_train))
    return save(folder, n_train, np.column_stack(numbers), target, n_classes, np.column_stack(places) if places else None, widths)


def target_means(place, target, n_train):
    """Each category's mean over the training rows of other folds, of test rows over all of them, drawn to the mean of all."""
    fold = np.random.default_rng(4).integers(0, 5, n_train)
    means, prior = np.empty(len(place)), target[:n_train].mean()
    for rows, to in [(fold != at, np.flatnonzero(fold == at)) for at in range(5)] + [(fold >= 0, np.arange(n_train, len(place)))]:
        sums = np.bincount(place[:n_train][rows], target[:n_train][rows], place.max() + 1)
        counts = np.bincount(place[:n_train][rows], minlength=place.max() + 1)
        means[to] = ((sums + 10 * prior) / (counts + 10))[place[to]]
    return means


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    path, names = lambda text: Path(text).absolute(), lambda text: text.split(",")
    installed = [side for side in SIDES if side in ("unseat", "hist_gb") or importlib.util.find_spec(side)]
    parser.add_argument("--ours", type=path, required=True, help="bench/boosted, built with --release")
    parser.add_argument("--data", type=path)
    parser.add_argument("--sets", type=names)
    parser.add_argument("--sides", type=names, default=installed)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--json", type=path)
    return parser.parse_args()


if __name__ == "__main__":
    main()
