#!/usr/bin/env python3
"""Measures a run by this machine beside the same run by an engine, and what crosses the wire for it.

    python3 -m venv venv && venv/bin/pip install numpy pyarrow
    venv/bin/python bench/engine.py --unseat target/release/unseat --url sc://localhost:15002 --rows 100000 1000000

The data is generated: two classes, 16 numbers and 4 columns of 3 to 16 categories, Parquet of 8 files; 20,000 rows more are the test
data. Each learner runs once per size on either side, in a project of its own, one after the other, so that nothing else of the
script is under way. The engine stands behind a proxy of this script, which counts bytes; what each of them was for says `run -v`.

Both sides share this machine's cores where the server is on it. docs/scale.md has the figures and what follows from them.
"""

import argparse
import itertools
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

FILES = 8
NUMBERS = 16
CATEGORIES = [3, 6, 10, 16]
TEST_ROWS = 20_000
LEARNERS = {
    "logistic": {"kind": "logistic"},
    "boosted_trees": {"kind": "boosted_trees", "rounds": 10, "early_stopping": 0},
}


def main():
    if sys.argv[1:2] == ["--generate"]:
        # A process of its own: what starts a program must be smaller than it, or its peak is that of the starter.
        return generate(Path(sys.argv[2]), int(sys.argv[3]))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--unseat", required=True, type=Path, help="the program, a release build with the feature `spark`")
    parser.add_argument("--url", required=True, help="the engine, sc://HOST:PORT")
    parser.add_argument("--rows", nargs="+", type=int, default=[100_000, 1_000_000], help="sizes: %(default)s")
    parser.add_argument("--learners", nargs="+", choices=LEARNERS, default=list(LEARNERS), help="%(default)s")
    parser.add_argument("--sides", nargs="+", choices=["local", "engine"], default=["local", "engine"])
    parser.add_argument("--sample", type=int, default=50_000, help="engine.sample_rows: %(default)s")
    parser.add_argument("--folder", type=Path, help="where projects are made; both sides see it; default: a temporary one")
    args = parser.parse_args()
    print(f"cores: {os.cpu_count()}, load before: {os.getloadavg()[0]:.1f}, engine: {args.url}")
    print("\n| rows | learner | side | run s | ingest s | train s | peak MB | to the engine | from it | passes |")
    print("|---:|---|---|---:|---:|---:|---:|---:|---:|---:|", flush=True)
    details = []
    with tempfile.TemporaryDirectory(prefix="engine-", dir=args.folder) as folder:
        folder = Path(folder)
        for rows in args.rows:
            data = folder / f"rows-{rows}"
            subprocess.run([sys.executable, __file__, "--generate", data, str(rows)], check=True)
            for learner in args.learners:
                for side in args.sides:
                    details.append(one(args, data, rows, learner, side))
            shutil.rmtree(data)
    for title, counted in filter(None, details):
        print(f"\n{title}\n\n| what | times | s | to the engine, kB each | from it, kB each |\n|---|---:|---:|---:|---:|")
        for doing, (times, seconds, sent, received) in counted.items():
            print(f"| {doing} | {times} | {seconds:.1f} | {sent / times / 1e3:.1f} | {received / times / 1e3:.1f} |")


def generate(folder, rows):
    """Writes the source and the test data."""
    import numpy
    import pyarrow.parquet

    random = numpy.random.default_rng(17)
    weights = random.normal(size=NUMBERS)
    effects = [random.normal(size=n) for n in CATEGORIES]

    def write(path, n):
        x = random.normal(size=(n, NUMBERS)) * 3 + numpy.arange(NUMBERS)
        margin = (x - numpy.arange(NUMBERS)) @ weights / 6 - 0.5
        columns = {f"x{at}": numpy.round(x[:, at], 4) for at in range(NUMBERS)}
        for at, (n_categories, effect) in enumerate(zip(CATEGORIES, effects)):
            # Few categories have most of the rows.
            place = (n_categories * random.random(n) ** 2).astype(int)
            margin += effect[place] * 0.7
            columns[f"c{at}"] = numpy.char.add("v", place.astype(str))
        label = random.random(n) < 1 / (1 + numpy.exp(-margin))
        columns["y"] = numpy.where(label, "yes", "no")
        path.parent.mkdir(parents=True, exist_ok=True)
        pyarrow.parquet.write_table(pyarrow.table(columns), path)

    for at in range(FILES):
        write(folder / "data" / f"part-{at}.parquet", rows // FILES)
    write(folder / "test" / "rows.parquet", TEST_ROWS)


def one(args, data, rows, learner, side):
    """Runs one side once and prints its line; gives what the engine was asked for."""
    project = data / f"{side}-{learner}"
    project.mkdir()
    config = {
        "name": "measured", "target": "y", "input_folder_path": str(data / "data"), "test_data_path": str(data / "test"),
        "output_folder_path": "ingested", "output_model_path": "models", "prod_deployment_path": "production",
        "learner": LEARNERS[learner], "split": {"refit": True},
        "score": {"replicates": 100}, "gate": {"replicates": 200, "out_of_fold_rows": 0},
    }
    proxy = None
    if side == "engine":
        host, port = re.fullmatch(r"sc://([^:/]+):(\d+)/?", args.url).groups()
        proxy = Proxy(host, int(port))
        config["engine"] = {"kind": "spark", "url": f"sc://127.0.0.1:{proxy.port}", "sample_rows": args.sample}
    (project / "config.json").write_text(json.dumps(config))
    env = {key: value for key, value in os.environ.items() if not key.startswith("UNSEAT_")}
    start = time.perf_counter()
    command = [args.unseat.resolve(), "-C", project, "run", "-v", "--json"]
    with tempfile.TemporaryFile("w+") as out:
        child = subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.PIPE, text=True)
        lines, counted = follow(child.stderr, proxy)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - start
        out.seek(0)
        said = out.read()
    if child.returncode not in (0, 3):
        sys.exit(f"unseat run: {child.returncode}\n{said}{lines}")
    stages = {stage: int(ms) / 1e3 for stage, ms in re.findall(r'stage="(\w+)" duration_ms=(\d+)', lines)}
    passes = re.search(r"rows in (\d+) pass", said + lines)
    sent, received = (f"{n / 1e6:.1f} MB" for n in proxy.counts()) if proxy else ("", "")
    print(
        f"| {rows} | `{learner}` | {side} | {seconds:.1f} | {stages.get('ingest', 0):.1f} | {stages.get('train', 0):.1f} "
        f"| {usage.ru_maxrss / 1024:.0f} | {sent} | {received} | {passes.group(1) if passes else ''} |",
        flush=True,
    )
    shutil.rmtree(project)
    return (f"{rows} rows, `{learner}`", counted) if proxy else None


def follow(stderr, proxy):
    """Reads what a run says until its end; gives it, and times, seconds and bytes by what was being done."""
    counted, lines, doing = {}, [], None
    since, before = time.perf_counter(), (0, 0)
    for line in itertools.chain(stderr, [None]):
        said = re.sub(r"^.*?}: ", "", line or "").strip()
        if re.search(r": \d+ of \d+ tasks,", said):
            continue
        now, counts = time.perf_counter(), proxy.counts() if proxy else (0, 0)
        if doing and counts != before:
            entry = counted.setdefault(doing, [0, 0.0, 0, 0])
            for at, more in enumerate((1, now - since, counts[0] - before[0], counts[1] - before[1])):
                entry[at] += more
        since, before = now, counts
        lines.append(line or "")
        # Passes and rounds are one sort of thing, however many there are.
        doing = re.sub(r"\d[\d,.]*", "n", re.sub(r' \w+=("[^"]*"|\S+)', "", said))
    return "".join(lines), counted


class Proxy:
    """A way to the engine that counts bytes."""

    def __init__(self, host, port):
        self.server = (host, port)
        self.sums = [0, 0]
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def counts(self):
        with self.lock:
            return tuple(self.sums)

    def accept(self):
        while True:
            client, _ = self.listener.accept()
            server = socket.create_connection(self.server)
            for side, (source, sink) in enumerate([(client, server), (server, client)]):
                source.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=self.pass_on, args=(side, source, sink), daemon=True).start()

    def pass_on(self, side, source, sink):
        try:
            while block := source.recv(1 << 16):
                with self.lock:
                    self.sums[side] += len(block)
                sink.sendall(block)
        except OSError:
            pass
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


if __name__ == "__main__":
    main()
