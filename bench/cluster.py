#!/usr/bin/env python3
"""Measures what more machines cost: jobs a second by workers, and a run whose files are in a store beside one in folders.

    python3 bench/cluster.py --unseat target/release/unseat
    python3 bench/cluster.py --unseat target/release/unseat --moto venv/bin/python --postgres /usr/lib/postgresql/15/bin

Queue: a project of many models, a job for each, and 1, 2 and 3 workers (`worker --once`) of one run at a time that begin together. A job
is a process, `unseat run`: `nothing` of one that finds nothing new, `whole` of one that trains, scores and decides on the sample data. The time is that from the
start of the workers to the end of the last. In a file, and on a Postgres server that is started for it, where its programs are.

Store: `run --force` on the sample data with its files in folders, and in an S3 server of moto (`pip install 'moto[s3,server]'`) on this
machine, in turns. `requests` are those of one run. What is between is the store's own time, so a real one adds its latency for each.

Workers, server and store share this machine's cores: with C cores, more than C workers cannot do more. Standard library only.
"""

import argparse
import contextlib
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PORT_SECONDS = 30


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--unseat", required=True, type=Path, help="the program, a release build")
    parser.add_argument("--models", type=int, default=24, help="models, so jobs of a round: %(default)s")
    parser.add_argument("--rounds", type=int, default=3, help="rounds, of which the median counts: %(default)s")
    parser.add_argument("--workers", type=int, default=3, help="most workers: %(default)s")
    parser.add_argument("--postgres", type=Path, help="folder of initdb and pg_ctl; default: those of the path")
    parser.add_argument("--moto", type=Path, help="a Python with moto's server; without it, no store is measured")
    args = parser.parse_args()
    program = args.unseat.resolve()
    print(f"cores: {os.cpu_count()}, load before: {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory(prefix="cluster-") as folder:
        folder = Path(folder)
        print("\n| database | job | workers | jobs a second |\n|---|---|---:|---:|")
        queue(program, args, folder / "file", None)
        with postgres(args.postgres, folder) as url:
            if url:
                queue(program, args, folder / "server", url)
            else:
                print("(no initdb: Postgres is left out)")
        if args.moto:
            store(program, args, folder)


def unseat(program, project, *arguments, **variables):
    """Runs the program in a project and returns its stdout."""
    env = {key: value for key, value in os.environ.items() if not key.startswith(("UNSEAT_", "AWS_"))}
    env.update(variables)
    done = subprocess.run([program, "-C", project, *arguments], env=env, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"unseat {' '.join(arguments)}: {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def queue(program, args, project, url):
    """Prints jobs a second by workers."""
    unseat(program, ".", "init", str(project))
    config = json.loads((project / "config.json").read_text())
    # Each has its own champion's copy.
    config["models"] = {f"m{at:02}": {"prod_deployment_path": f"live/m{at:02}"} for at in range(args.models)}
    for key in ("name", "prod_deployment_path"):
        config.pop(key, None)
    config["prod_deployment_path"] = "live/none"
    if url:
        config["database_url"] = url
    (project / "config.json").write_text(json.dumps(config))
    # The first runs make versions; those after them find nothing new.
    jobs_a_second(program, args, project, 2, [])
    where = "Postgres" if url else "file"
    for what, flags in (("nothing", []), ("whole", ["--force"])):
        for workers in range(1, args.workers + 1):
            rates = [jobs_a_second(program, args, project, workers, flags) for _ in range(args.rounds)]
            print(f"| {where} | {what} | {workers} | {statistics.median(rates):.1f} |", flush=True)


def jobs_a_second(program, args, project, workers, flags):
    for at in range(args.models):
        unseat(program, project, "--model", f"m{at:02}", "jobs", "submit", *flags)
    began = time.perf_counter()
    command = [program, "-C", project, "--quiet", "worker", "--once"]
    started = [subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) for _ in range(workers)]
    for worker in started:
        _, said = worker.communicate()
        if worker.returncode:
            sys.exit(said.decode())
    took = time.perf_counter() - began
    jobs = json.loads(unseat(program, project, "--json", "jobs", "list", "-n", str(args.models)))
    ended = [job for job in jobs if job["state"] == "done"]
    if len(ended) != args.models:
        sys.exit(f"{len(ended)} of {args.models} jobs are done: {jobs}")
    return args.models / took


@contextlib.contextmanager
def postgres(bin_folder, folder):
    """A server on a socket of its own; gives the URL of its database, or None where there is no initdb."""
    initdb = bin_folder / "initdb" if bin_folder else shutil.which("initdb")
    if not initdb or not Path(initdb).exists():
        yield None
        return
    tools = Path(initdb).resolve().parent
    home = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    user = []
    if os.geteuid() == 0:
        # It refuses to run as root.
        shutil.chown(home, "nobody")
        user = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
    data = home / "data"
    settings = f"-c listen_addresses='' -c unix_socket_directories='{home}' -c max_connections=200"

    def run(*command):
        subprocess.run([*user, *map(str, command)], check=True, stdout=subprocess.DEVNULL, cwd="/tmp")

    run(tools / "initdb", "-D", data, "-U", "unseat", "-A", "trust", "-E", "UTF8", "--locale=C")
    run(tools / "pg_ctl", "-D", data, "-l", home / "log", "-o", settings, "-w", "start")
    try:
        yield f"postgres://unseat@localhost/postgres?host={home}"
    finally:
        run(tools / "pg_ctl", "-D", data, "-m", "immediate", "stop")
        shutil.rmtree(home, ignore_errors=True)


def store(program, args, folder):
    """Prints a run in folders beside one in a store."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [args.moto, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )
    lines = []
    try:
        until_open(port)
        keys = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "us-east-1",
                "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}"}
        bucket = subprocess.run(
            [args.moto, "-c", "import boto3; boto3.client('s3').create_bucket(Bucket='bucket')"],
            env={**os.environ, **keys, "AWS_DEFAULT_REGION": "us-east-1"}, capture_output=True, text=True,
        )
        if bucket.returncode:
            sys.exit(bucket.stderr)
        took = {"folders": [], "store": []}
        for name in took:
            project = folder / name
            unseat(program, ".", "init", str(project))
            if name == "store":
                config = json.loads((project / "config.json").read_text())
                config["artifact_url"] = "s3://bucket/kept"
                (project / "config.json").write_text(json.dumps(config))
            unseat(program, project, "run", **keys)
        for _ in range(max(args.rounds, 5)):
            for name, times in took.items():
                began = time.perf_counter()
                unseat(program, folder / name, "run", "--force", **keys)
                times.append(time.perf_counter() - began)
    finally:
        server.send_signal(signal.SIGINT)
        lines = server.communicate()[1].splitlines()
    requests = sum('" 2' in line or '" 4' in line for line in lines)
    runs = len(took["store"]) + 1
    print("\n| a run, its files in | median | quickest |\n|---|---:|---:|")
    for name, times in took.items():
        print(f"| {name} | {1000 * statistics.median(times):.0f} ms | {1000 * min(times):.0f} ms |")
    print(f"requests a run: about {requests / runs:.0f}")


def until_open(port):
    end = time.monotonic() + PORT_SECONDS
    while time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    sys.exit(f"no server listens on port {port}")


if __name__ == "__main__":
    main()
