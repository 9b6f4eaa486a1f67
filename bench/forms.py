#!/usr/bin/env python3
"""Times one server for every form of a body of 1,000 rows: JSON, CSV, NDJSON, tensors, MLflow's, Arrow.

    venv/bin/python bench/forms.py --unseat target/release/unseat --data DIR --json forms.json

DIR is a data set of `../shared/data` (telco_churn is meant); without it a generated table of numbers is served. All forms hold
the same rows, and all must get the same probabilities before any is timed. Forms take turns, `--rounds` times; figures are medians.
`--before` puts an earlier build beside it, in the same turns. Needs wrk and pyarrow.
"""

import argparse
import csv
import http.client
import io
import json
import os
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

import pyarrow as pa

from measuring import ProgramFailed, limit_cores
from serving import load, workloads
from serving.project import make_project
from serving.protocols import NATIVE, mlflow_body, v2_body
from serving.server import Recipe, Server

ARROW = "application/vnd.apache.arrow.stream"
TICKS = os.sysconf("SC_CLK_TCK")
# Microseconds of the server's processor for 1,000 rows that are the goal, where there is one.
BUDGETS = {"json": 450, "v2": 500, "mlflow": 500, "csv": 350}


@dataclass
class Form:
    """A form: where it is posted, with which headers, and what its answer says."""

    path: str
    kind: str
    encode: Callable  # rows -> bytes
    read: Callable  # answer -> probabilities of the positive class, or labels
    accept: str = ""
    bodies: list = None


def main():
    arguments = parse_arguments()
    load.need_wrk()
    limit_cores(2)
    sides = {"now": arguments.unseat} | ({"before": arguments.before} if arguments.before else {})
    with tempfile.TemporaryDirectory(prefix="unseat-forms-") as work:
        workload = workloads.mixed(arguments.data) if arguments.data else workloads.numeric(arguments.unseat, Path(work, "generated"))
        forms = make_forms(workload)
        figures = {}
        for side, program in sides.items():
            folder = Path(work, side)
            make_project(program, workload, folder)
            recipe = Recipe(
                command=lambda port, program=program: [program, "serve", "--listen", f"127.0.0.1:{port}"],
                environment=lambda port: {},
                protocol=NATIVE,
                folder=folder,
            )
            figures[side] = measure(recipe, forms, arguments, Path(work))
    tell(figures)
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(figures, indent=2) + "\n")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--unseat", default="target/release/unseat", type=Path, help="the program: %(default)s")
    parser.add_argument("--before", type=Path, help="an earlier build")
    parser.add_argument("--data", type=Path, help="data set")
    parser.add_argument("--rounds", type=int, default=5, help="counted rounds: %(default)s")
    parser.add_argument("--seconds", type=int, default=2, help="of load for each form in each: %(default)s")
    parser.add_argument("--connections", type=int, default=4, help="%(default)s")
    parser.add_argument("--json", help="write all figures to this file")
    arguments = parser.parse_args()
    arguments.unseat = arguments.unseat.absolute()
    arguments.before = arguments.before and arguments.before.absolute()
    return arguments


def make_forms(workload):
    """Every form with its bodies: the same rows in each, and different rows in each body, since a processor learns a body by heart."""

    def as_csv(rows):
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow(workload.columns)
        writer.writerows([row[column] for column in workload.columns] for row in rows)
        return out.getvalue().encode()

    def as_arrow(rows):
        table = pa.table({column: column_of(workload, column, rows) for column in workload.columns})
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, table.schema) as stream:
            stream.write_table(table)
        return sink.getvalue().to_pybytes()

    def compact(value):
        return json.dumps(value, separators=(",", ":")).encode()

    def native(answer):
        return [row["probability"] for row in json.loads(answer)["predictions"]]

    def as_json(rows):
        return compact({"rows": rows})

    json_kind = "application/json"
    forms = {
        "json": Form("/prediction", json_kind, as_json, native),
        "csv": Form("/prediction", "text/csv", as_csv, native),
        "ndjson": Form("/prediction", "application/x-ndjson", lambda rows: b"\n".join(map(compact, rows)), native),
        "v2": Form(
            "/v2/models/served/infer",
            json_kind,
            lambda rows: compact(v2_body(workload, rows)),
            lambda answer: json.loads(answer)["outputs"][0]["data"][1::2],
        ),
        "mlflow": Form(
            "/invocations",
            json_kind,
            lambda rows: compact(mlflow_body(workload, rows)),
            lambda answer: json.loads(answer)["predictions"],
        ),
        "arrow, answered in JSON": Form("/prediction", ARROW, as_arrow, native),
        "arrow": Form(
            "/prediction",
            ARROW,
            as_arrow,
            lambda answer: pa.ipc.open_stream(answer).read_all()["probability"].to_pylist(),
            ARROW,
        ),
    }
    for form in forms.values():
        form.bodies = [form.encode(rows) for rows in workload.requests("1000 rows")]
    return forms


def column_of(workload, column, rows):
    kind = pa.float64() if column in workload.numeric else pa.string()
    return pa.array([row[column] for row in rows], kind)


def measure(recipe, forms, arguments, work):
    """Medians of each form: microseconds of the server's processor a request, requests a second, bytes both ways."""
    with Server(recipe) as server:
        answers = {name: ask(server, form) for name, form in forms.items()}
        usable = {name: form for name, form in forms.items() if answers[name] is not None}
        expected = usable["json"].read(answers["json"])
        for name, form in usable.items():
            said = form.read(answers[name])
            # MLflow's protocol has labels only.
            if name != "mlflow" and not all(abs(a - b) < 1e-12 for a, b in zip(said, expected, strict=True)):
                raise ProgramFailed(f"{name} gets other probabilities than json")
            load.write_bodies(form.bodies, Path(work, name))
        taken = {name: [] for name in usable}
        for round_ in range(arguments.rounds + 1):
            for name, form in usable.items():
                figures = under_load(server, form, Path(work, name), arguments)
                if round_:
                    taken[name].append(figures)
    return {
        name: {
            "cpu_us": statistics.median(it["cpu_us"] for it in taken[name]),
            "requests_s": statistics.median(it["requests_s"] for it in taken[name]),
            "sent": len(form.bodies[0]),
            "answered": len(answers[name]),
        }
        for name, form in usable.items()
    }


def ask(server, form):
    """The answer to one request; `None` where this build does not know the form."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    headers = {"content-type": form.kind} | ({"accept": form.accept} if form.accept else {})
    connection.request("POST", form.path, form.bodies[0], headers)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    if answer.status == 415:
        return None
    if answer.status != 200:
        raise ProgramFailed(f"{form.path} answered {answer.status}: {body[:300]}")
    return body


def under_load(server, form, bodies, arguments):
    before = cpu_s(server.process.pid)
    headers = [form.kind, form.accept] if form.accept else [form.kind]
    figures = load.wrk(server, bodies, arguments.seconds, arguments.connections, form.path, headers)
    if figures["failed"]:
        raise ProgramFailed(f"{figures['failed']} requests of {form.kind} failed")
    spent = cpu_s(server.process.pid) - before
    return {"cpu_us": 1e6 * spent / figures["requests"], "requests_s": figures["requests_s"]}


def cpu_s(pid):
    """Processor seconds of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def tell(figures):
    print(f"{'form':26}" + "".join(f"{side + ', µs':>14}{'requests/s':>12}" for side in figures) + f"{'goal, µs':>10}{'bytes in':>10}{'out':>9}")
    for name, now in figures["now"].items():
        cells = ""
        for side in figures.values():
            it = side.get(name)
            cells += f"{it['cpu_us']:>14.0f}{it['requests_s']:>12.0f}" if it else f"{'-':>14}{'-':>12}"
        print(f"{name:26}{cells}{BUDGETS.get(name, '-'):>10}{now['sent']:>10}{now['answered']:>9}")


if __name__ == "__main__":
    try:
        main()
    except (ProgramFailed, subprocess.CalledProcessError, ValueError) as failure:
        sys.exit(f"error: {failure}")
