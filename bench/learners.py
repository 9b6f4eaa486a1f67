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
                print_row(folder.name, learner, side, taken)


def print_row(name, learner, side, taken):
    failed = next((row for row in taken if isinstance(row, str)), None)
    if failed:
        print(f"{name:14}{learner:15}{side:14}{failed}", flush=True)
        return
    fit, train, train_mb, predict, predict_mb = (statistics.median(column) for column in zip(*taken))
    print(f"{name:14}{learner:15}{side:14}{fit:>9.3f}{train:>9.2f}{train_mb:>7.0f}{predict:>11.2f}{predict_mb:>7.0f}", flush=True)


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
    parser.add_argument("--lightgbm", action="store_true", help="hold boosted trees against LightGBM too")
    return parser.parse_args()


if __name__ == "__main__":
    main()
