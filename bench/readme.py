#!/usr/bin/env python3
"""Writes the measured part of README.md from the figures that the other scripts wrote with --json.

    python3 bench/readme.py --python venv/bin/python FIGURES

FIGURES is a folder with run.json, training.json, quality.json, learners.json and serve.json; the part of a file that is not there stays as
it is. The Python is the one that the peers ran in: its packages are named with their versions.
"""

import argparse
import json
import subprocess
from pathlib import Path

README = Path(__file__).parent.parent / "README.md"
PACKAGES = ["pandas", "polars", "scikit-learn", "lightgbm", "numpy"]
WORKLOADS = {
    "reference": "the reference system's size, 20 rows a file",
    "1Mx4": "1 M rows × 4 columns of CSV",
    "1Mx24": "1 M rows × 24 columns of CSV",
}
COLUMNS = ["auto", "logistic", "boosted_trees", "extra_trees"]
# What stands in the column of `logistic` where that does not fit the task.
INSTEAD = {"logistic": ["ridge", "text"]}


def main():
    arguments = parse_arguments()
    text = README.read_text()
    for name, words in PARTS.items():
        file = arguments.figures / f"{name}.json"
        if not file.exists():
            continue
        begin, end = f"<!-- measured {name}: begin", f"<!-- measured {name}: end -->"
        before, rest = text.split(begin, 1)
        head = f"{begin} (by bench/readme.py, two cores, medians; {versions(arguments.python)}) -->"
        text = f"{before}{head}\n\n{words(json.loads(file.read_text()))}\n\n{end}{rest.split(end, 1)[1]}"
    README.write_text(text)


def versions(python):
    code = f"from importlib.metadata import version\nprint(', '.join(f'{{name}} {{version(name)}}' for name in {PACKAGES}))"
    return subprocess.run([python, "-c", code], check=True, capture_output=True, text=True).stdout.strip()


def table(head, rows):
    line = lambda cells: "| " + " | ".join(cells) + " |"
    return "\n".join([line(head), "|" + "---|" * len(head), *map(line, rows)])


def whole_runs(figures):
    rows = []
    for name, sides in figures["workloads"].items():
        ours = sides["unseat"]["median"]
        for side, taken in sides.items():
            # An earlier build in the same turns is for who changes something.
            if side == "before":
                continue
            taken = taken["median"]
            wall = f"{taken['wall_s']:.3f}" if taken["wall_s"] < 0.1 else f"{taken['wall_s']:.2f}"
            row = [WORKLOADS.get(name, name) if side == "unseat" else "", side, f"{wall} s", f"{taken['cpu_s']:.2f} s", f"{taken['peak_mb']:.0f} MB"]
            if side == "unseat":
                rows.append([*row, "", ""])
            else:
                rows.append([*row, f"{taken['wall_s'] / ours['wall_s']:.1f}", f"{ours['peak_mb'] / taken['peak_mb']:.2f}"])
    head = ["workload", "side", "whole run", "CPU", "peak memory", "unseat is this many times as fast", "… and takes so much of the memory"]
    return table(head, rows)


def fit(figures):
    ours, lbfgs, newton = (figures[side]["fit_s"] for side in ["ours", "lbfgs", "newton-cholesky"])
    return (
        f"The logistic fit alone (`bench/training.py`, {figures['rows']:,} rows × {figures['columns']}): {ours:.2f} s against {lbfgs:.2f} s of "
        f"scikit-learn's `lbfgs` and {newton:.2f} s of its\n`newton-cholesky`, with coefficients that differ from the exact ones by "
        f"{figures['ours']['coefficients_within']:.0e}."
    )


def quality(figures):
    sets, rows = dict.fromkeys(figure["set"] for figure in figures), []
    for name in sets:
        scores = {figure["learner"]: figure["ours"] for figure in figures if figure["set"] == name}
        best = next(figure["best"] for figure in figures if figure["set"] == name)
        cells = [next((scores[learner] for learner in [column, *INSTEAD.get(column, [])] if scores.get(learner) is not None), None) for column in COLUMNS]
        rows.append([name, f"{best:.3f}", *("" if cell is None else f"{cell:.3f}" for cell in cells)])
    head = ["set", "best of scikit-learn", "`auto`", "`logistic`, `text` or `ridge`", "`boosted_trees`", "`extra_trees`"]
    return (
        "How good the models are (`bench/quality.py`, on public sets; F1 of the positive class for two classes, macro F1 for more, R² for\n"
        "numbers), and how long one takes (`bench/learners.py`, whole processes from files to a stored model):\n\n" + table(head, rows)
    )


def learners(figures):
    sides, rows = ["unseat", "scikit-learn", "lightgbm"], []
    for key in dict.fromkeys((figure["set"], figure["learner"]) for figure in figures):
        of = {figure["side"]: figure for figure in figures if (figure["set"], figure["learner"]) == key and "failed" not in figure}
        cell = lambda it: f"{it['fit_s']:.2f} s · {it['train_s']:.1f} s · {it['train_mb']:,.0f} MB"
        rows.append([f"{key[0]}, `{key[1]}`: fit · training · peak memory", *(cell(of[side]) if side in of else "" for side in sides)])
    return table(["", "unseat", "scikit-learn", "LightGBM"], rows)


def serving(figures):
    rows = []
    for name, scenarios in figures["workloads"].items():
        for scenario, sides in scenarios.items():
            speed = lambda side: sides[side]["median"]["requests_s"]
            for side in [side for side, taken in sides.items() if taken and not taken["failed"]]:
                taken = sides[side]["median"]
                times = "" if side == "unseat" else f"{speed('unseat') / speed(side):.2f}"
                p99 = f"{taken['p99_ms']:.2f} ms"
                rows.append([f"{name}, {scenario}" if side == "unseat" else "", side, f"{speed(side):,.0f}", p99, f"{taken['peak_mb']:.0f} MB", times])
    head = ["serving (`bench/serve.py`)", "side", "requests/s", "p99", "peak memory", "unseat is this many times as fast"]
    return table(head, rows)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", type=Path, required=True)
    parser.add_argument("figures", type=Path)
    return parser.parse_args()


PARTS = {"run": whole_runs, "training": fit, "quality": quality, "learners": learners, "serve": serving}

if __name__ == "__main__":
    main()
