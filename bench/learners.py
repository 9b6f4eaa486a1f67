#!/usr/bin/env python3
"""Times each learner beside scikit-learn's (and LightGBM's) on the same files: fit, whole training, prediction, peak memory.

    python3 bench/learners.py --unseat target/release/unseat --python venv/bin/python --data DIR [--sets telco_churn,flights_nyc]

Each folder of DIR is a data set as for quality.py. `fit s` is the learner alone on both sides; `train` the whole process from
files to a stored model (ours also scores, gates and reports); `predict` the whole process from the test file to a written
file. Medians of --runs, in turns. The peers' Python needs the packages of bench/requirements.txt, and `lightgbm` for that
column. Start it with a plain `python3`: its own size is the least peak memory that it can see.
"""

import argparse
import json
import statistics
import tempfile
from pathlib import Path

from measuring import ProgramFailed, limit_cores, make_project, measure

PEER = Path(__file__).parent / "peers" / "learner.py"
LEARNERS = {
    "binary": ["logistic", "boosted_trees", "extra_trees", "random_forest"],
    "multiclass": ["logistic", "boosted_trees", "extra_trees", "random_forest"],
    "regression": ["linear", "ridge", "elastic_net", "boosted_trees", "extra_trees", "random_forest"],
    "text": ["text"],
}


def main():
    arguments = parse_arguments()
    limit_cores(2)
    figures = []
    print(f"{'set':14}{'learner':15}{'side':14}{'fit s':>9}{'train s':>9}{'MB':>7}{'predict s':>11}{'MB':>7}")
    for folder in sorted(arguments.data.iterdir()):
        meta_file = folder / "meta.json"
        if not meta_file.exists() or (arguments.sets and folder.name not in arguments.sets):
            continue
        meta = json.loads(meta_file.read_text())
        for learner in LEARNERS[meta["task"]]:
            if arguments.learners and learner not in arguments.learners:
                continue
            peers = [learner] + (["lightgbm"] if learner == "boosted_trees" and arguments.lightgbm else [])
            rows = {"unseat": []} | {peer: [] for peer in peers}
            for _ in range(arguments.runs):
                rows["unseat"].append(ours(arguments, folder, learner))
                for peer in peers:
                    rows[peer].append(theirs(arguments, folder, peer))
            for side, taken in rows.items():
                side = side if side in ("unseat", "lightgbm") else "scikit-learn"
                figures.append(row_of(folder.name, learner, side, taken))
                print_row(figures[-1])
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=1) + "\n")


def row_of(name, learner, side, taken):
    """The medians of one side's runs, or why one of them failed."""
    row = {"set": name, "learner": learner, "side": side}
    failed = next((run for run in taken if isinstance(run, str)), None)
    if failed:
        return row | {"failed": failed}
    keys = ["fit_s", "train_s", "train_mb", "predict_s", "predict_mb"]
    return row | {key: statistics.median(column) for key, column in zip(keys, zip(*taken))}


def print_row(row):
    print(f"{row['set']:14}{row['learner']:15}{row['side']:14}", end="")
    if "failed" in row:
        print(row["failed"], flush=True)
        return
    print(
        f"{row['fit_s']:>9.3f}{row['train_s']:>9.2f}{row['train_mb']:>7.0f}{row['predict_s']:>11.2f}{row['predict_mb']:>7.0f}",
        flush=True,
    )


def ours(arguments, folder, learner):
    with tempfile.TemporaryDirectory(prefix="unseat-learners-") as work:
        project = Path(work)
        test = make_project(folder, project, learner)
        try:
            trained, stdout = measure([arguments.unseat, "run", "--json", "--quiet"], project)
            predicted, _ = measure([arguments.unseat, "predict", test, "-o", project / "out.csv", "--version", "latest"], project)
        except ProgramFailed as failed:
            return " ".join(str(failed).split())[-160:]
        fit = json.loads(stdout)["timings_ms"]["fit"] / 1000
        return fit, trained.wall_s, trained.peak_mb, predicted.wall_s, predicted.peak_mb


def theirs(arguments, folder, learner):
    with tempfile.TemporaryDirectory(prefix="unseat-learners-") as work:
        model = Path(work, "model.joblib")
        try:
            trained, stdout = measure([arguments.python, PEER, "fit", folder, learner, model], work)
            predicted, _ = measure([arguments.python, PEER, "predict", folder, learner, model], work)
        except ProgramFailed as failed:
            return " ".join(str(failed).split())[-160:]
        fit = json.loads(stdout)["seconds"]
        return fit, trained.wall_s, trained.peak_mb, predicted.wall_s, predicted.peak_mb


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = lambda text: text.split(",")
    path = lambda text: Path(text).absolute()
    parser.add_argument("--unseat", type=path, required=True, help="the program, built with --release")
    parser.add_argument("--python", type=path, required=True, help="a Python with the packages of requirements.txt")
    parser.add_argument("--data", type=path, required=True)
    parser.add_argument("--sets", type=names)
    parser.add_argument("--learners", type=names)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--json", type=path, help="write all figures to this file")
    parser.add_argument("--lightgbm", action="store_true", help="hold boosted trees against LightGBM too")
    return parser.parse_args()


if __name__ == "__main__":
    main()
