"""Times the pages: while a training runs and predictions are requested, and on a long history.

Three parts. `busy`: p99 of `/` and `/diagnostics` while `unseat stress` asks for predictions and runs follow one another; goal
10 ms. `/livez`, which does nothing, stands beside them: what it takes is what waiting for a processor takes. `counting`: p99 of predictions with
drift and labels beside the same without; goal 1.3 times as long. `history`: 3 models, 1,000 runs each, 50 columns, 720 windows of requests each; goal 50 ms a page, database 200 MB. The
history is made of what the program recorded itself, once, with other times and ids.
"""

import argparse
import http.client
import json
import os
import random
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from measuring import write_config

COLUMNS = 50
HOUR_MS = 3_600_000


def rows(n, seed):
    """Makes `n` rows of numbers with a label, as lists of cells."""
    chance = random.Random(seed)
    for _ in range(n):
        cells = [chance.gauss(0, 1) for _ in range(COLUMNS)]
        label = int(cells[0] + cells[1] + chance.gauss(0, 1) > 0)
        yield cells, label


def write_csv(path, n, seed):
    """Writes a CSV file of rows."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w") as out:
        print(",".join([f"x{at}" for at in range(COLUMNS)] + ["left"]), file=out)
        for cells, label in rows(n, seed):
            print(",".join(f"{cell:.4f}" for cell in cells) + f",{label}", file=out)


def make_project(folder, models, n_rows):
    """Makes a project whose models have a champion each."""
    names = {name: {} for name in models}
    write_config(folder, target="left", models=names, drift={"window": "hour"}, score={"replicates": 200})
    config = json.loads((folder / "config.json").read_text())
    for name in models:
        config["models"][name] = {key: f"{name}/{config[key]}" for key in list(config) if key.endswith("_path")}
        write_csv(folder / name / "practicedata" / "rows.csv", n_rows, 1)
        write_csv(folder / name / "testdata" / "rows.csv", 1000, 2)
    (folder / "config.json").write_text(json.dumps(config, indent=2))


class Server:
    """A server of a project; `with` starts and stops it."""

    def __init__(self, unseat, folder):
        self.command = [unseat, "serve", "--json", "--listen", "127.0.0.1:0"]
        self.folder = folder

    def __enter__(self):
        self.log = open(self.folder / "serve.log", "w")
        self.process = subprocess.Popen(self.command, cwd=self.folder, stdout=subprocess.PIPE, stderr=self.log, text=True)
        self.url = json.loads(self.process.stdout.readline())["listening"]
        self.address = self.url.removeprefix("http://")
        self.connection = http.client.HTTPConnection(self.address, timeout=60)
        return self

    def __exit__(self, *_):
        self.connection.close()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)
        self.log.close()

    def ask(self, path, body=None):
        """Asks once; returns milliseconds and the body."""
        headers = {"accept": "text/html"}
        if body is not None:
            headers = {"content-type": "application/json"}
        start = time.perf_counter()
        self.connection.request("GET" if body is None else "POST", path, body, headers)
        answer = self.connection.getresponse()
        text = answer.read()
        taken = (time.perf_counter() - start) * 1000
        if answer.status != 200:
            raise SystemExit(f"{path} answered {answer.status}: {text[:300]}")
        return taken, text


def percentile(values, share):
    """The value below which a share of the others lie."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def figures(name, values, goal):
    """Prints a line about some times."""
    p99 = percentile(values, 0.99)
    verdict = "ok" if p99 <= goal else "MISSED"
    print(f"{name:42} p50 {statistics.median(values):7.2f} ms   p99 {p99:7.2f} ms   goal {goal} ms   {verdict}", flush=True)
    return {"name": name, "p50_ms": statistics.median(values), "p99_ms": p99, "goal_ms": goal}


def busy(unseat, seconds):
    """Pages while runs follow one another and predictions are requested."""
    found = []
    with tempfile.TemporaryDirectory() as there:
        folder = Path(there)
        make_project(folder, ["one"], 200_000)
        run = [unseat, "run", "--force", "--quiet"]
        subprocess.run(run, cwd=folder, check=True, stdout=subprocess.DEVNULL)
        ask_one_row(folder)
        with Server(unseat, folder) as server:
            for page in ["/livez", "/", "/diagnostics"]:
                found.append(figures(f"{page} idle", [server.ask(page)[0] for _ in range(200)], 10))
            load = [unseat, "stress", "--url", server.url, "--users", "4", "--seconds", str(seconds), "--rows", "ask.ndjson", "--json"]
            stress = subprocess.Popen(load, cwd=folder, stdout=subprocess.PIPE, text=True)
            training = subprocess.Popen(run, cwd=folder, stdout=subprocess.DEVNULL)
            times, runs = {"/livez": [], "/": [], "/diagnostics": []}, 0
            while stress.poll() is None:
                if training.poll() is not None:
                    runs += 1
                    training = subprocess.Popen(run, cwd=folder, stdout=subprocess.DEVNULL)
                for page, taken in times.items():
                    taken.append(server.ask(page)[0])
                time.sleep(0.01)
            training.wait()
            report = json.loads(stress.stdout.read())
            print(f"{runs} runs ended meanwhile; the load: {json.dumps(report)[:300]}")
            for page, taken in times.items():
                found.append(figures(f"{page} under load ({len(taken)} times)", taken, 10))
    return found


def counting(unseat, seconds, rounds=5):
    """Predictions with drift counted and answers kept, and without, in turns.

    The champion is a second version, trained on other rows, so that a request is counted in the bins of the slow reference, too.
    """
    p99, p50 = {"with": [], "without": []}, {"with": [], "without": []}
    with tempfile.TemporaryDirectory() as there:
        folder = Path(there)
        make_project(folder, ["one"], 20_000)
        subprocess.run([unseat, "run", "--force", "--quiet"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        write_csv(folder / "one" / "practicedata" / "rows.csv", 20_000, 3)
        subprocess.run([unseat, "run", "--force", "--quiet"], cwd=folder, stdout=subprocess.DEVNULL)
        subprocess.run([unseat, "promote", "2", "--quiet"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        ask_one_row(folder)
        settings = json.loads((folder / "config.json").read_text())
        for _ in range(rounds):
            for kind, taken in p99.items():
                is_on = kind == "with"
                changed = {**settings, "drift": {**settings["drift"], "enabled": is_on}, "labels": {"enabled": is_on}}
                (folder / "config.json").write_text(json.dumps(changed))
                with Server(unseat, folder) as server:
                    load = [unseat, "stress", "--url", server.url, "--users", "1", "--seconds", str(seconds), "--rows", "ask.ndjson", "--json"]
                    report = json.loads(subprocess.run(load, cwd=folder, capture_output=True, text=True, check=True).stdout)
                taken.append(report["times_ms"]["p99"])
                p50[kind].append(report["times_ms"]["p50"])
    ratio = statistics.median(p99["with"]) / statistics.median(p99["without"])
    verdict = "ok" if ratio <= 1.3 else "MISSED"
    for kind, taken in p99.items():
        print(f"predictions {kind:8} drift and labels     p50 {statistics.median(p50[kind]):7.3f} ms   p99 {statistics.median(taken):7.3f} ms   {taken}")
    print(f"p99 with drift and labels is {ratio:.2f} times as long as without, goal 1.3   {verdict}", flush=True)
    return [{"name": "predictions with drift and labels", "p99_ms": p99, "ratio": ratio, "goal": 1.3}]


def ask_one_row(folder):
    """Writes a file of one row to ask for."""
    cells, _ = next(rows(1, 3))
    (folder / "ask.ndjson").write_text(json.dumps({f"x{at}": cell for at, cell in enumerate(cells)}) + "\n")


def history(unseat, n_runs, n_windows):
    """Pages over a long history."""
    models = ["one", "two", "three"]
    found = []
    with tempfile.TemporaryDirectory() as there:
        folder = Path(there)
        make_project(folder, models, 5_000)
        subprocess.run([unseat, "run", "--quiet", "--model", models[0]], cwd=folder, stdout=subprocess.DEVNULL)
        for name in models:
            subprocess.run([unseat, "run", "--quiet", "--force", "--model", name], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        with Server(unseat, folder) as server:
            for name in models:
                body = {"model": name, "rows": [{f"x{at}": cell for at, cell in enumerate(cells)} for cells, _ in rows(1000, 4)]}
                server.ask("/prediction", json.dumps(body))
        database = folder / "unseat.db"
        for name in models:
            answer = subprocess.run(
                [unseat, "drift", "--against", "24h", "--json", "--model", name], cwd=folder, check=True, capture_output=True, text=True
            )
            check = json.loads(answer.stdout)
            for key in ("history", "histograms"):
                check.pop(key, None)
            fill(database, name, check, n_runs, n_windows)
        with sqlite3.connect(database) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        size = os.path.getsize(database) / 1e6
        print(f"database of {len(models)} models x {n_runs} runs x {COLUMNS} columns x {n_windows} windows: {size:.1f} MB, goal 200 MB")
        found.append({"name": "database", "mb": size, "goal_mb": 200})
        with Server(unseat, folder) as server:
            pages = ["/", "/ui/runs", "/diagnostics?model=one", "/metrics", "/ui/models/one", "/ui/models/one/data",
                     "/ui/models/one/drift?of=requests", "/ui/models/one/live", "/ui/changes", "/ui/queue"]
            for page in pages:
                taken = [server.ask(page) for _ in range(60)]
                line = figures(f"{page} ({len(taken[-1][1]) / 1000:.0f} kB)", [ms for ms, _ in taken[5:]], 50)
                found.append(line)
    return found


def fill(database, model, check, n_runs, n_windows):
    """Adds windows and runs like those that are there, each at a time of its own."""
    with sqlite3.connect(database) as connection:
        connection.row_factory = sqlite3.Row
        window = dict(connection.execute("SELECT * FROM drift_windows WHERE model = ? LIMIT 1", [model]).fetchone())
        now = window["from_ms"]
        for at in range(1, n_windows + 1):
            span = {"from_ms": now - at * HOUR_MS, "to_ms": now - (at - 1) * HOUR_MS}
            insert(connection, "drift_windows", {**window, **span})
            record = {**check, **span}
            kept = {key: check[key] for key in ("model", "version", "kind", "source", "verdict")}
            row = {**kept, **span, "at_ms": span["to_ms"], "n_rows": check["rows"], "record": json.dumps(record)}
            row["line"] = json.dumps(line_of(check))
            insert(connection, "drift_checks", row)
        for table, key in [("runs", "model"), ("datasets", "model"), ("versions", "model"), ("scores", "model")]:
            row = connection.execute(f"SELECT * FROM {table} WHERE {key} = ? LIMIT 1", [model]).fetchone()
            for at in range(1, n_runs + 1):
                insert(connection, table, earlier(dict(row), table, at))


def line_of(check):
    """What a line of the history shows of a comparison."""
    def column(whole):
        return {key: whole[key] for key in ("name", "kind", "effect", "verdict")}

    prediction = check["prediction"]
    return {
        "reason": check["reason"],
        "features": [column(whole) for whole in check["features"]],
        "prediction": prediction and column(prediction),
    }


def earlier(row, table, at):
    """A row of the same kind, `at` hours before."""
    for key in row:
        if key.endswith("_ms") and row[key] is not None:
            row[key] -= at * HOUR_MS
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(time.time() - at * 3600))
    run = f"{stamp}-{at:09x}"
    for key in ("id", "run"):
        if key in row:
            row[key] = run
    if table == "versions":
        row.update(number=100_000 + at, state="removed", folder=f"v{100_000 + at}", verdict="reject")
    if table == "scores":
        row.update(version=100_000 + at)
    return row


def insert(connection, table, row):
    """Adds a row, unless one of its key is there."""
    names, marks = ", ".join(row), ", ".join("?" * len(row))
    connection.execute(f"INSERT OR IGNORE INTO {table} ({names}) VALUES ({marks})", list(row.values()))


def main():
    """Measures what is requested."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--unseat", required=True, type=lambda text: str(Path(text).resolve()))
    parser.add_argument("--what", default="busy,counting,history")
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--windows", type=int, default=720)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    found = []
    if "busy" in options.what:
        found += busy(options.unseat, options.seconds)
    if "counting" in options.what:
        found += counting(options.unseat, max(2, options.seconds // 5))
    if "history" in options.what:
        found += history(options.unseat, options.runs, options.windows)
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    sys.exit(main())
