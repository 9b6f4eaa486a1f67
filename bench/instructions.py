#!/usr/bin/env python3
"""Counts the instructions of paths that must stay short, under callgrind, and holds them against those kept in the repo.

    python3 bench/instructions.py --unseat target/release/unseat            # leaves with 1 when a path took 5 % more
    python3 bench/instructions.py --unseat target/release/unseat --keep     # writes instructions.json anew

Counts need no quiet machine. Each path is done few times and many times, and what the further times took is divided by their
number, so that start and end cancel out:

- `single_row`: one row of 23 numbers, `POST /prediction`, in and out of the server, with everything around it.
- `hundred_rows`: the same of 100 rows in one body (one of more than 64 KiB is read on a thread whose clock callgrind cannot read).
- `parse`: a row of 23 numbers and a label through `unseat ingest`: read, checked for repetitions, written as Parquet.

Another compiler makes other code: with another `rustc` than that of the kept figures the difference is told and nothing fails.
"""

import argparse
import http.client
import json
import random
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from measuring import write_config

KEPT = Path(__file__).with_name("instructions.json")
MOST = 1.05
COLUMNS = 23


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--unseat", default="target/release/unseat", type=Path, help="built with --release")
    parser.add_argument("--keep", action="store_true", help="write the figures to instructions.json")
    parser.add_argument("--what", default=",".join(PATHS), help="by comma: %(default)s")
    arguments = parser.parse_args()
    found = {"rustc": compiler()}
    with tempfile.TemporaryDirectory(prefix="unseat-instructions-") as folder:
        counter = Counter(arguments.unseat.absolute(), Path(folder))
        for name in arguments.what.split(","):
            few, many = PATHS[name][1:]
            counts = [PATHS[name][0](counter, times) for times in (few, many)]
            found[name] = round((counts[1] - counts[0]) / (many - few))
    if arguments.keep:
        KEPT.write_text(json.dumps(found, indent=2) + "\n")
    sys.exit(held_against(found, json.loads(KEPT.read_text())))


def held_against(found, kept):
    """Prints each path beside what was kept; returns 1 when one takes too much more."""
    is_same = found["rustc"] == kept["rustc"]
    print(f"rustc {found['rustc']}" + ("" if is_same else f"; the kept figures are of {kept['rustc']}, so nothing fails"))
    failed = False
    for name, count in found.items():
        if name == "rustc" or name not in kept:
            continue
        ratio = count / kept[name]
        failed |= is_same and ratio > MOST
        print(f"{name:14} {count:12,} instructions, kept {kept[name]:12,}, {ratio - 1:+.1%}   {'ok' if ratio <= MOST else 'MORE THAN +5 %'}")
    return int(failed)


def compiler():
    return subprocess.run(["rustc", "--version"], capture_output=True, text=True, check=True).stdout.split()[1]


class Counter:
    """A project with a champion, and the program under callgrind in it."""

    def __init__(self, program, folder):
        self.program, self.folder = program, folder
        write_config(folder, target="left", score={"replicates": 100})
        write_rows(folder / "practicedata" / "rows.csv", 4000, 1)
        write_rows(folder / "testdata" / "rows.csv", 1000, 2)
        subprocess.run([program, "run", "--force", "--quiet"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        chance = random.Random(3)
        rows = [{f"x{at}": round(chance.gauss(0, 1), 4) for at in range(COLUMNS)} for _ in range(100)]
        self.bodies = {n: json.dumps({"rows": rows[:n]}) for n in (1, 100)}

    def command(self, *words):
        return ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", self.program, *words]

    def served(self, times, n_rows):
        """Instructions of a server that is asked so often."""
        with open(self.folder / "talk", "w+") as talk:
            words = ["serve", "--bundle", "production_deployment", "--listen", "127.0.0.1:0"]
            server = subprocess.Popen(self.command(*words), cwd=self.folder, stdout=subprocess.PIPE, stderr=talk, text=True)
            port = None
            for line in server.stdout:
                if match := re.search(r"listening on http://[^:]+:(\d+)", line):
                    port = int(match[1])
                    break
            if port is None:
                talk.seek(0)
                raise SystemExit(f"error: the server did not start: {talk.read()}")
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
            for _ in range(times):
                connection.request("POST", "/prediction", self.bodies[n_rows], {"content-type": "application/json"})
                answer = connection.getresponse()
                if answer.status != 200:
                    raise SystemExit(f"error: {answer.read()}")
                answer.read()
            connection.close()
            server.send_signal(signal.SIGTERM)
            server.wait(600)
            talk.seek(0)
            return collected(talk.read())

    def ingested(self, n_rows):
        """Instructions of an ingest of so many rows."""
        with tempfile.TemporaryDirectory(dir=self.folder) as there:
            folder = Path(there)
            write_config(folder, target="left")
            write_rows(folder / "practicedata" / "rows.csv", n_rows, 4)
            done = subprocess.run(self.command("ingest", "--quiet"), cwd=folder, capture_output=True, text=True)
            if done.returncode != 0:
                raise SystemExit(f"error: {done.stderr}")
            return collected(done.stderr)


def collected(talk):
    return int(re.search(r"Collected : (\d+)", talk)[1])


def write_rows(path, n, seed):
    """Writes a CSV file of rows of numbers with a label."""
    chance = random.Random(seed)
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w") as out:
        print(",".join([f"x{at}" for at in range(COLUMNS)] + ["left"]), file=out)
        for _ in range(n):
            cells = [chance.gauss(0, 1) for _ in range(COLUMNS)]
            print(",".join(f"{cell:.4f}" for cell in cells) + f",{int(cells[0] + chance.gauss(0, 1) > 0)}", file=out)


PATHS = {
    "single_row": (lambda counter, times: counter.served(times, 1), 200, 1200),
    "hundred_rows": (lambda counter, times: counter.served(times, 100), 20, 220),
    "parse": (Counter.ingested, 2000, 22_000),
}

if __name__ == "__main__":
    main()
