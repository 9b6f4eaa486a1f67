#!/usr/bin/env python3
"""Compares `unseat run` with the same stages written in pandas or polars, scikit-learn and matplotlib.

    python3 -m venv venv && venv/bin/pip install -r bench/requirements.txt
    python3 bench/run.py --unseat target/release/unseat --python venv/bin/python

Both sides work on the same files, in turns, each time on a clean copy of the project, so that every run ingests, trains,
scores, deploys and reports. Whole processes are timed from outside; the figures are medians. A first run of each side
is not counted. Memory is the peak of the process, and no figure can be below the size of this script (about 15 MB).
"""

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from measuring import ProgramFailed, copy_project, last_json, limit_cores, measure, median, write_config

PEERS = Path(__file__).resolve().parent / "peers"

# name: (rows, columns) of generated data; None for the small data of the reference system's size
WORKLOADS = {"reference": None, "1Mx4": (1_000_000, 4), "1Mx24": (1_000_000, 24)}

# workload: [(what, other side or None for unseat's own figure, measure, at most or at least, bound)]
BUDGETS = {
    "reference": [
        ("whole process, seconds", None, "wall_s", "at most", 0.15),
        ("peak memory, MB", None, "peak_mb", "at most", 80),
        ("times as fast as pandas", "pandas", "wall_s", "at least", 20),
    ],
    "1Mx24": [
        ("times as fast as pandas", "pandas", "wall_s", "at least", 5),
        ("times as fast as polars", "polars", "wall_s", "at least", 2),
        ("peak memory over that of pandas", "pandas", "peak_mb", "at most", 0.5),
        ("peak memory over that of polars", "polars", "peak_mb", "at most", 0.5),
    ],
}


def main():
    arguments = parse_arguments()
    limit_cores(arguments.cores)
    results = {}
    with tempfile.TemporaryDirectory(dir=arguments.work, prefix="unseat-bench-") as work:
        for name in arguments.what:
            project = make_project(name, arguments, Path(work, name))
            results[name] = compare(name, project, sides(arguments), runs_of(name, arguments), Path(work))
            shutil.rmtree(project)
            print_table(name, results[name])
    if arguments.json:
        report = {"machine": machine(arguments), "workloads": results}
        Path(arguments.json).write_text(json.dumps(report, indent=2) + "\n")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--unseat", required=True, type=Path, help="the program, built with --release")
    parser.add_argument("--before", type=Path, help="an earlier build of the program, as one more side `before`")
    parser.add_argument("--what", default=",".join(WORKLOADS), help="workloads, by comma: %(default)s, or ROWSxCOLUMNS")
    parser.add_argument("--sides", default="unseat,pandas,polars", help="by comma: %(default)s; also pandas-pyarrow")
    parser.add_argument("--runs", type=int, help="counted runs of each side (default: 9 for reference, 3 else)")
    parser.add_argument("--reference", type=Path, help="folder with practicedata and testdata to use as `reference`")
    parser.add_argument("--solver", default="lbfgs", choices=["lbfgs", "newton-cholesky"], help="of scikit-learn")
    parser.add_argument("--cores", type=int, default=2, help="cores that each side may use (default: %(default)s)")
    parser.add_argument("--python", default=sys.executable, help="the Python that has bench/requirements.txt")
    parser.add_argument("--work", type=Path, help="folder for temporary projects (1Mx24 needs 1 GB)")
    parser.add_argument("--json", help="write all figures to this file")
    arguments = parser.parse_args()
    arguments.unseat = arguments.unseat.resolve()
    if arguments.before:
        arguments.sides += ",before"
    arguments.what = arguments.what.split(",")
    for name in arguments.what:
        if name not in WORKLOADS and not is_shape(name):
            parser.error(f"unknown workload {name}; known: {', '.join(WORKLOADS)}, or ROWSxCOLUMNS")
    return arguments


def is_shape(name):
    parts = name.split("x")
    return len(parts) == 2 and all(part.isdecimal() for part in parts)


def runs_of(name, arguments):
    return arguments.runs or (9 if name == "reference" else 3)


def make_project(name, arguments, folder):
    """Lays out the project that both sides work on, and returns its folder."""
    shape = WORKLOADS[name] if name in WORKLOADS else tuple(map(int, name.split("x")))
    if shape:
        rows, columns = map(str, shape)
        init = ["--sample", "wide", "--rows", rows, "--columns", columns, "--seed", "42"]
    elif arguments.reference:
        for part in ("practicedata", "testdata"):
            shutil.copytree(arguments.reference / part, folder / part, copy_function=shutil.copyfile)
        write_config(folder)
        return folder
    else:
        init = ["--rows", "20", "--seed", "42"]
    subprocess.run([arguments.unseat, "init", folder, *init], check=True, stdout=subprocess.DEVNULL)
    write_config(folder)
    return folder


def sides(arguments):
    """Returns the command of each side; each is run in the project's folder."""

    def peer(script, *more):
        return [arguments.python, str(PEERS / script), "--solver", arguments.solver, *more]

    known = {
        "unseat": [str(arguments.unseat), "run", "--json"],
        "before": [str((arguments.before or Path("unseat")).resolve()), "run", "--json"],
        "pandas": peer("pandas_stages.py"),
        "pandas-pyarrow": peer("pandas_stages.py", "--engine", "pyarrow"),
        "polars": peer("polars_stages.py"),
    }
    unknown = [name for name in arguments.sides.split(",") if name not in known]
    if unknown:
        sys.exit(f"error: unknown side {unknown[0]}; known: {', '.join(known)}")
    return {name: known[name] for name in arguments.sides.split(",")}


def compare(name, project, commands, runs, work):
    """Runs the sides in turns; returns for each its runs, their median, and the F1 that it reached."""
    taken = {side: [] for side in commands}
    f1 = {}
    for turn in range(runs + 1):
        for side, command in commands.items():
            show_progress(f"{name}: run {turn} of {runs}, {side}")
            measurement, stdout = run_once(command, project, work)
            f1[side] = f1_of(last_json(stdout))
            if turn > 0:
                taken[side].append(measurement)
    show_progress("")
    return {
        side: {"median": asdict(median(all_runs)), "f1": f1[side], "runs": [asdict(run) for run in all_runs]}
        for side, all_runs in taken.items()
    }


def show_progress(text):
    """Replaces the line of progress, where somebody is looking."""
    if sys.stderr.isatty():
        print(f"\r{text:60}\r", end="", file=sys.stderr, flush=True)


def run_once(command, project, work):
    folder = Path(tempfile.mkdtemp(dir=work)) / "project"
    copy_project(project, folder)
    try:
        return measure(command, folder)
    finally:
        shutil.rmtree(folder.parent)


def f1_of(result):
    """Finds the new version's F1 in what a side printed: `scores.challenger.f1`, a number or an object with `value`."""
    f1 = result.get("scores", {}).get("challenger", {}).get("f1")
    return f1.get("value") if isinstance(f1, dict) else f1


def print_table(name, result):
    print(f"\n{name}")
    print(f"{'':10}{'wall s':>10}{'CPU s':>10}{'peak MB':>10}{'F1':>8}{'wall ratio':>13}{'memory ratio':>14}")
    ours = result.get("unseat", {}).get("median")
    for side, figures in result.items():
        taken, f1 = figures["median"], figures["f1"]
        line = f"{side:10}{taken['wall_s']:10.3f}{taken['cpu_s']:10.3f}{taken['peak_mb']:10.1f}"
        line += f"{f1:8.4f}" if f1 is not None else f"{'?':>8}"
        if ours and side != "unseat":
            line += f"{taken['wall_s'] / ours['wall_s']:12.1f}x{taken['peak_mb'] / ours['peak_mb']:13.1f}x"
        print(line)
    for what, other, key, bound_kind, bound in BUDGETS.get(name, []):
        figure = budget_figure(result, other, key)
        if figure is not None:
            met = figure <= bound if bound_kind == "at most" else figure >= bound
            print(f"  {'met   ' if met else 'MISSED'} {what}: {figure:.3g} ({bound_kind} {bound})")


def budget_figure(result, other, key):
    """Computes the figure that a budget bounds, or None when a side did not run."""
    if "unseat" not in result or (other and other not in result):
        return None
    ours = result["unseat"]["median"][key]
    if other is None:
        return ours
    theirs = result[other]["median"][key]
    return theirs / ours if key == "wall_s" else ours / theirs


def machine(arguments):
    return {
        "cores": arguments.cores,
        "cores_here": os.cpu_count(),
        "system": platform.platform(),
        "solver": arguments.solver,
    }


if __name__ == "__main__":
    try:
        main()
    except (ProgramFailed, subprocess.CalledProcessError) as failure:
        sys.exit(f"error: {failure}")
