"""Fuzzes a server after its own API document: no 5xx, no status or body that is not documented, no bad input taken for good.

    python tests/serve/fuzz.py UNSEAT [--project DIR | --several] [--examples N] [--seed N] [schemathesis arguments …]

UNSEAT is the program. This makes a sample project in a temporary folder (with --several, one of two models: delays of
flights, and messages of three classes; with --project, it takes one that is there, which the fuzzer may change), serves
it on a free port, and runs the schemathesis that stands beside the Python it is run with (its version:
bench/clients-requirements.txt). The server must live and be ready at the end.

schemathesis itself imports this file, too, to learn how bodies of the server's own kinds are written.
"""

import argparse
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import urllib.request

CHECKS = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "unsupported_method",
    "allow_header_conformance",
]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("unseat", type=pathlib.Path)
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--project", help="a project with a champion, instead of the sample")
    which.add_argument("--several", action="store_true", help="a project of two models, instead")
    parser.add_argument("--examples", type=int, default=100, help="cases per operation")
    parser.add_argument("--seed", type=int, default=1)
    arguments, others = parser.parse_known_args()
    program = str(arguments.unseat.resolve())
    with tempfile.TemporaryDirectory(prefix="unseat-fuzz-") as folder:
        make = several if arguments.several else sample
        project = arguments.project or make(program, folder)
        serve = [program, "serve", "-C", project, "--listen", "127.0.0.1:0", "--json"]
        with subprocess.Popen(serve, stdout=subprocess.PIPE, text=True) as server:
            try:
                url = json.loads(server.stdout.readline())["listening"]
                code = fuzz(url, arguments, others, folder)
                return code or after(url, server)
            finally:
                server.send_signal(signal.SIGTERM)


def sample(program: str, folder: str) -> str:
    project = str(pathlib.Path(folder, "project"))
    quiet = {"check": True, "stdout": subprocess.DEVNULL}
    subprocess.run([program, "init", project, "--rows", "200", "--seed", "42", "--quiet"], **quiet)
    subprocess.run([program, "run", "-C", project, "--quiet"], **quiet)
    return project


def several(program: str, folder: str) -> str:
    """Columns of every kind, two classes and three, classes that are numbers and texts."""
    project = pathlib.Path(folder, "project")
    airlines, topics = ["Sky Airline", "Copa Air", "Latin American Wings"], ["SAVING", "DEBT", "BILLS"]
    flights, messages = ["OPERA,TIPOVUELO,MES,delay"], ["text,length,urgent,label"]
    for row in range(240):
        delay = int(row % 3 == 2 and row % 20 != 0)
        flights.append(f"{airlines[row % 3]},{'NI'[row // 3 % 2]},{1 + row // 5 % 12},{delay}")
        urgent = str(row % 7 < 3).lower()
        messages.append(f"about {topics[row % 3].lower()},{row * 37 % 101 / 8},{urgent},{topics[row % 3]}")
    models = {}
    for name, target, lines in [("delays", "delay", flights), ("messages", "label", messages)]:
        for part in ["data", "test"]:
            path = project / name / part / "rows.csv"
            path.parent.mkdir(parents=True)
            path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        models[name] = {
            "target": target,
            "input_folder_path": f"{name}/data",
            "test_data_path": f"{name}/test",
            "output_folder_path": f"{name}/ingested",
            "output_model_path": f"{name}/models",
            "prod_deployment_path": f"{name}/production",
            "score": {"replicates": 100},
        }
    (project / "config.json").write_text(json.dumps({"models": models}), encoding="utf-8")
    run = [program, "run", "-C", str(project), "--quiet"]
    subprocess.run(run, check=True, stdout=subprocess.DEVNULL)
    return str(project)


def fuzz(url: str, arguments: argparse.Namespace, others: list, folder: str) -> int:
    command = [
        str(pathlib.Path(sys.executable).with_name("schemathesis")),
        "run",
        f"{url}/openapi.json",
        f"--checks={','.join(CHECKS)}",
        f"--max-examples={arguments.examples}",
        f"--seed={arguments.seed}",
        "--phases=examples,coverage,fuzzing",
        "--generation-database=none",
        "--continue-on-failure",
        "--no-color",
        *others,
    ]
    here = pathlib.Path(__file__).resolve()
    environment = {**os.environ, "SCHEMATHESIS_HOOKS": here.stem, "PYTHONPATH": str(here.parent)}
    # Nothing is written beside this file, nor where it is started from.
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    return subprocess.run(command, env=environment, cwd=folder, check=False).returncode


def after(url: str, server: subprocess.Popen) -> int:
    """The server lives and is ready."""
    if server.poll() is not None:
        print(f"the server ended with {server.returncode}", file=sys.stderr)
        return 1
    with urllib.request.urlopen(f"{url}/readyz?verbose=", timeout=10) as answer:
        print(f"alive and ready: {json.load(answer)['checks']}")
    return 0


def teach() -> None:
    """How bodies are written that schemathesis does not know."""
    import schemathesis

    @schemathesis.serializer(
        "application/x-ndjson", "text/csv", "application/octet-stream", "application/vnd.apache.arrow.stream"
    )
    def as_it_is(_context, value):
        if isinstance(value, bytes):
            return value
        text = value if isinstance(value, str) else json.dumps(value)
        return text.encode("utf-8", errors="surrogatepass")


if __name__ == "__main__":
    sys.exit(main())
elif "SCHEMATHESIS_HOOKS" in os.environ:
    teach()
