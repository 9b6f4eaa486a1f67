#!/usr/bin/env python3
"""Exports every learner's model of every data set, and holds both files against `unseat predict` on the test rows.

    venv/bin/python bench/portable.py --unseat target/release/unseat --data DIR [--sets telco_churn] [--learners logistic]

Each folder of DIR is a data set as for quality.py. Needs bench/onnx-requirements.txt. Prints a line per model: rows, bytes of
the ONNX file, and how far the probabilities (or numbers) are apart; labels must be the same.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from measuring import make_project

CHECKS = Path(__file__).parent.parent / "tests" / "export"
LEARNERS = {
    "binary": ["logistic", "boosted_trees", "extra_trees", "random_forest"],
    "multiclass": ["logistic", "boosted_trees", "extra_trees", "random_forest"],
    "regression": ["linear", "ridge", "elastic_net", "boosted_trees", "extra_trees", "random_forest"],
    "text": ["text"],
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = lambda text: text.split(",")
    path = lambda text: Path(text).absolute()
    parser.add_argument("--unseat", type=path, required=True)
    parser.add_argument("--data", type=path, required=True)
    parser.add_argument("--sets", type=names)
    parser.add_argument("--learners", type=names)
    arguments = parser.parse_args()
    is_good = True
    for folder in sorted(arguments.data.iterdir()):
        meta_file = folder / "meta.json"
        if not meta_file.exists() or (arguments.sets and folder.name not in arguments.sets):
            continue
        meta = json.loads(meta_file.read_text())
        task = "text" if meta.get("text_columns") else meta["task"]
        for learner in LEARNERS[task]:
            if arguments.learners and learner not in arguments.learners:
                continue
            outcome, is_same = check(arguments.unseat, folder, learner)
            is_good = is_good and is_same
            print(f"{folder.name:14}{learner:15}{outcome}", flush=True)
    sys.exit(0 if is_good else 1)


def check(unseat, folder, learner):
    with tempfile.TemporaryDirectory(prefix="unseat-portable-") as work:
        project = Path(work)
        test = make_project(folder, project, learner)
        latest = ["--version", "latest"]
        steps = [
            [unseat, "train", "--quiet"],
            [unseat, "predict", test, "-o", "predicted.csv", *latest],
            [unseat, "export", "--format", "onnx", "-o", "model.onnx", *latest],
            [unseat, "export", "--format", "json", "-o", "model.json", *latest],
            [sys.executable, CHECKS / "onnx_check.py", "model.onnx", "predicted.csv"],
            [sys.executable, CHECKS / "json_check.py", "model.json", "predicted.csv"],
        ]
        said = []
        for at, step in enumerate(steps):
            if at == 0 and not ingest(unseat, project):
                return "ingest failed", False
            done = subprocess.run(step, cwd=project, capture_output=True, text=True)
            if done.returncode:
                last = (done.stderr.strip().splitlines() or ["?"])[-1]
                return f"{Path(step[1]).name if at > 3 else step[1]} failed: {last[:150]}", False
            said.append(done.stdout.strip())
        size = (project / "model.onnx").stat().st_size
        return f"{size:>12,} bytes  onnx: {said[4]}  json: {said[5]}", True


def ingest(unseat, project):
    return subprocess.run([unseat, "ingest", "--quiet"], cwd=project, capture_output=True).returncode == 0


if __name__ == "__main__":
    main()
