"""Lays out a project for the program, trains two versions in it, and says which rows the second one learned from."""

import csv
import subprocess
from datetime import datetime, timedelta

from measuring import ProgramFailed, last_json, write_config

LEARNERS = {"logistic": "logistic", "forest": "random_forest"}
TIME_COLUMN = "taken_at"
VALIDATION = 0.2


def make_project(unseat, workload, folder):
    """Makes a project with two versions, the second one champion; returns the number of each.

    The first version learns from the first half of the rows, so that a change of the champion changes the answers. Rows
    get a time in their order and the split goes by it: the peers must learn from the very rows that the program learned
    from. The threshold stays 0.5, which is what scikit-learn's `predict` uses.
    """
    for part in ("input", "test"):
        (folder / part).mkdir(parents=True)
    write_config(
        folder,
        name="served",
        input_folder_path="input",
        test_data_path="test",
        target=workload.target,
        positive_class=workload.positive,
        time_column=TIME_COLUMN,
        split={"kind": "time", "validation": VALIDATION},
        learner={"kind": LEARNERS[workload.learner], "tune_threshold": False},
    )
    half = len(workload.train) // 2
    write_rows(workload, folder / "test" / "test.csv", workload.test, len(workload.train))
    write_rows(workload, folder / "input" / "part_1.csv", workload.train[:half], 0)
    first = run(unseat, folder, "run", "--json")["version"]
    write_rows(workload, folder / "input" / "part_2.csv", workload.train[half:], half)
    second = run(unseat, folder, "run", "--json")
    if second["verdict"] != "promote":
        # What the gate thinks of it does not matter here.
        run(unseat, folder, "promote", str(second["version"]), "--json")
    return first, second["version"]


def write_rows(workload, path, rows, first):
    """Writes rows as CSV, each a second later than the one before."""
    start = datetime(2026, 1, 1)
    with open(path, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([TIME_COLUMN, *workload.columns, workload.target])
        for at, row in enumerate(rows, first):
            time = (start + timedelta(seconds=at)).isoformat()
            writer.writerow([time, *(row[column] for column in workload.columns), row[workload.target]])


def learned_rows(workload):
    """Returns the rows that the second version learned from: all but the latest share, rounded as the program does."""
    held = int(len(workload.train) * VALIDATION + 0.5)
    return workload.train[: len(workload.train) - held]


def run(unseat, project, *command):
    """Runs a command in the project and returns the object that it prints."""
    done = subprocess.run([unseat, *command], cwd=project, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode != 0:
        raise ProgramFailed(f"unseat {' '.join(command)}\nleft with {done.returncode}:\n{done.stdout}{done.stderr}")
    return last_json(done.stdout)
