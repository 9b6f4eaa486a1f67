#!/usr/bin/env python3
"""Compares `unseat serve` with a bare warp handler, FastAPI, MLServer and MLflow, which serve the same model.

    python3 bench/serve.py --unseat target/release/unseat --data DIR --json figures.json

DIR is a data set: `sourcedata`, `testdata` and `meta.json`; without it only the generated table of numbers is served.
The peers learn from the very rows that the program learned from, and every server must predict the same before it is
measured. All servers, and `wrk`, share the same cores; each side is started anew in every round, in turns; figures are
medians.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

from measuring import ProgramFailed, limit_cores
from serving import environment, load, peers, report
from serving.comparison import Comparison

WORKLOADS = ["mixed", "numeric", "trees"]
CACHE = Path.home() / ".cache" / "unseat-bench"


def main():
    arguments = parse_arguments()
    load.need_wrk()
    programs = {
        "unseat": arguments.unseat,
        "echo": environment.build_echo(arguments.cache),
        "bin": environment.peers_programs(arguments.cache, arguments.venv),
    }
    limit_cores(arguments.cores)
    figures = {"machine": machine(arguments), "workloads": {}, "reload": {}}
    report.print_machine(figures["machine"])
    with tempfile.TemporaryDirectory(dir=arguments.work, prefix="unseat-serve-") as work:
        for name in arguments.what:
            comparison = Comparison(arguments, programs, name, Path(work, name))
            figures["workloads"][name] = comparison.compare()
            report.print_workload(name, figures["workloads"][name])
            if "unseat" in arguments.sides and comparison.recipes["unseat"] and arguments.reload:
                figures["reload"][name] = comparison.reload()
                report.print_reload(figures["reload"][name])
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(figures, indent=2) + "\n")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    program = os.environ.get("UNSEAT", "target/release/unseat")
    parser.add_argument("--unseat", default=program, type=Path, help="the program, built with --release: %(default)s")
    parser.add_argument("--data", type=Path, help="data set for `mixed` and `trees`")
    parser.add_argument("--what", help=f"by comma (default: those there is data for of {', '.join(WORKLOADS)})")
    parser.add_argument("--sides", default=",".join(peers.SIDES), help="by comma: %(default)s")
    parser.add_argument("--rounds", type=int, default=5, help="counted rounds (default: %(default)s)")
    parser.add_argument("--seconds", type=int, default=5, help="of load in each (default: %(default)s)")
    parser.add_argument("--connections", type=int, default=16, help="kept open at once (default: %(default)s)")
    parser.add_argument("--cores", type=int, default=2, help="shared by server and load (default: %(default)s)")
    parser.add_argument("--no-reload", dest="reload", action="store_false", help="leave out the change under load")
    parser.add_argument("--venv", type=Path, help="an environment that has bench/serve-requirements.txt")
    parser.add_argument("--cache", type=Path, default=CACHE, help="folder for what is kept between runs")
    parser.add_argument("--work", type=Path, help="folder for temporary projects")
    parser.add_argument("--json", help="write all figures to this file")
    arguments = parser.parse_args()
    arguments.unseat = arguments.unseat.absolute()
    arguments.what = arguments.what.split(",") if arguments.what else WORKLOADS if arguments.data else ["numeric"]
    arguments.sides = arguments.sides.split(",")
    for given, known in ((arguments.what, WORKLOADS), (arguments.sides, peers.SIDES)):
        for name in given:
            if name not in known:
                parser.error(f"unknown: {name}; known: {', '.join(known)}")
    if not arguments.data and arguments.what != ["numeric"]:
        parser.error("--data is needed for mixed and trees")
    return arguments


def machine(arguments):
    return {
        "cores": arguments.cores,
        "cores_here": os.cpu_count(),
        "load_before": os.getloadavg()[0],
        "system": platform.platform(),
        "rounds": arguments.rounds,
        "seconds": arguments.seconds,
        "connections": arguments.connections,
    }


if __name__ == "__main__":
    try:
        main()
    except (ProgramFailed, subprocess.CalledProcessError, ValueError) as failure:
        sys.exit(f"error: {failure}")
