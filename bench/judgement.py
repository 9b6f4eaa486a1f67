#!/usr/bin/env python3
"""Measures the gate: of what it promotes, how much is truly worse; of the truly better, how much it lets in.

    venv/bin/python bench/judgement.py --unseat target/release/unseat --data DIR [--pairs 300] [--cases telco_churn/window/logistic]

Each pair is two runs of the program in a project of its own: a champion on 1,500 training rows, then a challenger, both
scored on the same 800 test rows, with up to 5,000 logged requests. The truth is F1 on all rows that neither run was given.
The same pair is judged by three rules (`gate replay`): `naive`, `labels` and `two_keys`. Modes: `window` (the challenger's rows
are half new), `accumulate` (the champion's rows and 750 more) and `spoiled` (a third of the new positives are turned
negative). `later` tests on the rows after those trained on. Deterministic: pair k draws from seed k.
Needs pandas, pyarrow and scikit-learn. `worse` counts a true difference below 0, `let in` those of at least 0.01.
"""

import argparse
import json
import math
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from sklearn.metrics import f1_score

from measuring import write_config

TRAIN, SHIFT, TEST, UNLABELLED = 1500, 750, 800, 5000
RULES = {
    "naive": {"require": "naive"},
    "labels": {"evidence": "labels"},
    "two_keys": {"evidence": "two_keys"},
}
CASES = [
    f"{name}/{mode}/{learner}"
    for name in ("telco_churn", "noaa_weather", "flights_nyc")
    for mode in ("window", "accumulate")
    for learner in ("logistic", "boosted_trees")
] + ["noaa_weather/later/logistic", "flights_nyc/later/logistic", "telco_churn/spoiled/logistic", "flights_nyc/spoiled/logistic"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--unseat", required=True, type=Path, help="the program")
    parser.add_argument("--data", required=True, type=Path, help="folder of data sets")
    parser.add_argument("--pairs", type=int, default=300, help="pairs a case: %(default)s")
    parser.add_argument("--cases", default=",".join(CASES), help="by comma: set/mode/learner")
    parser.add_argument("--output", type=Path, help="where every pair is written as a line of JSON")
    arguments = parser.parse_args()
    arguments.unseat = arguments.unseat.resolve()
    everything, spoiled = [], []
    print(f"{'case':40}{'pairs':>6}  " + "".join(f"{rule + ': promoted worse let-in gain':>44}" for rule in RULES))
    for case in arguments.cases.split(","):
        pairs = [pair for seed in range(arguments.pairs) if (pair := judge(arguments, case, seed))]
        (spoiled if "/spoiled/" in case else everything).extend(pairs)
        print(row(case, pairs), flush=True)
        if arguments.output:
            with arguments.output.open("a") as out:
                out.writelines(json.dumps({"case": case, **pair}) + "\n" for pair in pairs)
    if everything:
        print(row("all but spoiled", everything))
    if spoiled:
        print(row("spoiled", spoiled))


def row(name, pairs):
    """One line: per rule the promoted, the truly worse among them, the let in among the better by 0.01, gain per night."""
    delta = np.array([pair["delta"] for pair in pairs])
    cells = []
    for rule in RULES:
        promoted = np.array([pair[rule] == "promote" for pair in pairs])
        worse = share(delta[promoted] < 0)
        let_in = share(promoted[delta >= 0.01])
        cells.append(f"{promoted.sum():>8} {worse} {let_in} {np.mean(np.where(promoted, delta, 0)):+.4f}")
    oracle = np.mean(np.maximum(delta, 0))
    return f"{name:40}{len(pairs):>6}  " + "".join(f"{cell:>44}" for cell in cells) + f"   oracle {oracle:+.4f}"


def share(flags):
    """A share with its standard error."""
    if len(flags) == 0:
        return "     -     "
    p = np.mean(flags)
    return f"{p:.3f}±{math.sqrt(p * (1 - p) / len(flags)):.3f}"


def judge(arguments, case, seed):
    """Runs one pair; returns its true difference and the verdict of each rule."""
    name, mode, learner = case.split("/")
    meta, frame = load(arguments.data / name)
    parts = draw(meta, frame, mode, np.random.default_rng(seed))
    with tempfile.TemporaryDirectory(prefix="unseat-judgement-") as work:
        project = Path(work)
        for folder in ("practicedata", "testdata", "predictionlog"):
            (project / folder).mkdir()
        write_config(
            project,
            name="model",
            target=meta["target"],
            positive_class=meta["positive_class"],
            drop=[column for column in meta.get("id_columns") or [] if column in frame],
            learner={"kind": learner},
            gate={"min_discordant": 6},
        )
        parts["test"].to_csv(project / "testdata/test.csv", index=False)
        parts["champion"].to_csv(project / "practicedata/rows.csv", index=False)
        run(arguments.unseat, project, "run")
        log_requests(project, meta, parts["unlabelled"])
        parts["challenger"].to_csv(project / "practicedata/rows.csv", index=False)
        run(arguments.unseat, project, "run", "--force")
        parts["truth"].drop(columns=meta["target"]).to_csv(project / "truth.csv", index=False)
        truth = parts["truth"][meta["target"]].astype(str) == str(meta["positive_class"])
        scores = [f1(arguments.unseat, project, meta, version, truth) for version in (1, 2)]
        pair = {"seed": seed, "delta": scores[1] - scores[0]}
        for rule, policy in RULES.items():
            (project / "policy.json").write_text(json.dumps(policy))
            answer = json.loads(run(arguments.unseat, project, "gate", "replay", "--policy", "policy.json", "--json"))
            rows = answer["replayed"]
            pair[rule] = next(row["now"] for row in rows if row["version"] == 2)
        return pair


def load(folder, known={}):
    """Returns the meta data of a data set and all its rows in their order of time, without duplicates."""
    if folder not in known:
        meta = json.loads((folder / "meta.json").read_text())
        files = [file for part in ("sourcedata", "testdata", "laterdata") for file in sorted((folder / part).glob("*.csv"))]
        frame = pd.concat([pd.read_csv(file, dtype=str, keep_default_na=False) for file in files]).drop_duplicates()
        if meta.get("time_column"):
            order = frame[meta["time_column"]]
            order = pd.to_numeric(order, errors="coerce").fillna(0) if order.str.isdigit().all() else order
            frame = frame.iloc[np.argsort(order.to_numpy(), kind="stable")]
        known[folder] = (meta, frame.reset_index(drop=True))
    return known[folder]


def draw(meta, frame, mode, rng):
    """Returns the rows of champion, challenger, test, requests and truth: disjoint, but for what both models learn from."""
    n = len(frame)
    learned = TRAIN + SHIFT
    if mode == "later":
        half = n // 2
        pool, rest = rng.permutation(half)[:learned], half + rng.permutation(n - half)
    else:
        order = rng.permutation(n)
        pool, rest = order[:learned], order[learned:]
    requests = min(UNLABELLED, (len(rest) - TEST) // 2)
    fresh = frame.iloc[pool[TRAIN:]].copy()
    if mode == "spoiled":
        positives = np.flatnonzero(fresh[meta["target"]] == str(meta["positive_class"]))
        negative = next(value for value in frame[meta["target"]].unique() if value != str(meta["positive_class"]))
        column = fresh.columns.get_loc(meta["target"])
        fresh.iloc[rng.permutation(positives)[: len(positives) // 3], column] = negative
    kept = pool[:TRAIN] if mode == "accumulate" else pool[SHIFT:TRAIN]
    return {
        "champion": frame.iloc[pool[:TRAIN]],
        "challenger": pd.concat([frame.iloc[kept], fresh]),
        "test": frame.iloc[rest[:TEST]],
        "unlabelled": frame.iloc[rest[TEST : TEST + requests]],
        "truth": frame.iloc[rest[TEST + requests :]],
    }


def log_requests(project, meta, rows):
    """Writes rows as the prediction log of a server would hold them."""
    numeric = set(meta["numeric_columns"])

    def cell(column, text):
        if text == "":
            return None
        number = float(text) if column in numeric else None
        return text if number is None else int(number) if number.is_integer() and "." not in text else number

    columns = [column for column in rows.columns if column != meta["target"]]
    lines = [
        json.dumps({"model": "model", "version": 1, "row": {c: cell(c, v) for c, v in zip(columns, values)}})
        for values in rows[columns].itertuples(index=False)
    ]
    compressed = pa.compress(("\n".join(lines) + "\n").encode(), codec="zstd", asbytes=True)
    (project / "predictionlog/model_20260101T000000Z_000001.ndjson.zst").write_bytes(compressed)


def f1(unseat, project, meta, version, truth):
    """F1 of a version on the rows of `truth.csv`."""
    run(unseat, project, "predict", "truth.csv", "--version", str(version), "-o", f"said{version}.csv")
    said = pd.read_csv(project / f"said{version}.csv", dtype=str)["prediction"]
    return f1_score(truth.to_numpy(), (said == str(meta["positive_class"])).to_numpy())


def run(unseat, project, *words):
    """Runs the program in a project; returns what it wrote."""
    done = subprocess.run([unseat, *words], cwd=project, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(words)} left with {done.returncode}:\n{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    main()
