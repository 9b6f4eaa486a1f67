"""Runs a program and measures it from outside. Standard library only.

The kernel counts a process's peak memory from before its `exec`, so no program can appear smaller than the one that
starts it. Keep the starting process small: import no numpy here, nor in a script that measures with this module.
"""

import json
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass
class Measurement:
    """What one process took."""

    wall_s: float
    cpu_s: float
    peak_mb: float


class ProgramFailed(Exception):
    """A measured program that did not leave with 0; its words are the message."""


def limit_cores(count):
    """Lets this process, and all that it starts, use `count` of the cores that it has."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:count])


def measure(command, folder):
    """Runs `command` in `folder`; returns its Measurement and what it wrote to stdout."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        start = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        _, status, usage = os.wait4(process.pid, 0)
        wall_s = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            err.seek(0)
            talk = err.read().decode(errors="replace")
            raise ProgramFailed(f"{' '.join(map(str, command))}\nleft with {process.returncode}:\n{talk}")
        out.seek(0)
        stdout = out.read().decode()
    taken = Measurement(wall_s, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)
    return taken, stdout


def median(measurements):
    """Returns the Measurement whose every figure is the median of that figure."""
    rows = [asdict(measurement) for measurement in measurements]
    return Measurement(**{key: statistics.median(row[key] for row in rows) for key in rows[0]})


def copy_project(source, destination):
    """Makes a clean copy of a project's config and data; large files are linked where the disk allows it."""
    shutil.copytree(source, destination, copy_function=_link)


def _link(source, destination):
    try:
        os.link(source, destination)
    except OSError:
        shutil.copyfile(source, destination)


def write_config(project, **keys):
    """Writes a `config.json` with the five keys that every project has, and those given."""
    config = {
        "input_folder_path": "practicedata",
        "output_folder_path": "ingesteddata",
        "test_data_path": "testdata",
        "output_model_path": "models",
        "prod_deployment_path": "production_deployment",
        **keys,
    }
    Path(project, "config.json").write_text(json.dumps(config, indent=2) + "\n")


def make_project(folder, project, learner, **more):
    """Lays out a project of a data set (`sourcedata`, `testdata`, `meta.json`) for a learner; returns its test file."""
    meta = json.loads((folder / "meta.json").read_text())
    for part in ("sourcedata", "testdata"):
        shutil.copytree(folder / part, project / part)
    settings = {"target": meta["target"], "drop": meta.get("id_columns") or [], "learner": {"kind": learner}}
    if meta.get("positive_class") is not None:
        settings["positive_class"] = meta["positive_class"]
    write_config(project, input_folder_path="sourcedata", **{**settings, **more})
    return next(iter(sorted((project / "testdata").glob("*.csv"))))


def last_json(text):
    """Reads the JSON object that `text` consists of, or the one on its last line."""
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return json.loads(text.strip().splitlines()[-1])
