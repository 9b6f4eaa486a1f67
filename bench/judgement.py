#!/usr/bin/env python3
"""Measures the gate: of what it promotes, how much is truly worse; of the truly better, how much it lets in.

    venv/bin/python bench/judgement.py --program target/release/unseat --data ../shared/data --pairs 300

Each pair is two runs of the program in a project of its own: a champion on 1,500 training rows, then a challenger, both
scored on the same 800 test rows, with up to 5,000 logged requests. The truth is F1 on every row whose label neither run was
given (at most 40,000): the requests and all that is left. The same pair is judged by three rules (`gate replay`): `naive`,
`labels` and `two_keys`. A case is `set/mode/learner`; modes: `window` (the challenger's rows are half new), `accumulate` (the
champion's rows and 750 more) and `spoiled` (as window, a third of the new positives are turned negative); `later` and
`later_accumulate` test on the second half of the time and train on the first.

Pair k of a case draws from seed k, whatever else is run. Every pair is a line of `--output` as soon as it is done; what is
there already is not run again, so a run that was broken off goes on where it was, and two machines may share a case by
`--from`. Needs pandas, pyarrow and scikit-learn.

`--what nights` plays thirty nights in a row instead, on the same test rows and on rotating ones: see `nights.py`. A repeat takes the
place of a pair, and `set/learner` that of a case.

`worse`: of the promoted, those with a true difference below 0 (`worse by .002`: below -0.002, which the noise of the truth
explains less easily). `let in`: of those truly better by 0.01, those promoted. `gain`: true gain a night. `oracle`: the same
for who knows the truth. Behind ± stands one standard error; pairs of one case share rows, so it is somewhat too small.
"""

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from sklearn.metrics import f1_score

import nights
from measuring import write_config

TRAIN, SHIFT, TEST, UNLABELLED, TRUTH = 1500, 750, 800, 5000, 40000
RULES = {
    "naive": {"require": "naive"},
    "labels": {"evidence": "labels"},
    "two_keys": {"evidence": "two_keys"},
}
FIRST_KEYS, SECOND_KEYS = (0.95, 0.9, 0.85, 0.8, 0.75), (0.85, 0.8, 0.75, 0.7, 0.65, 0.6, 0.5)
SETS = ("telco_churn", "noaa_weather", "flights_nyc")
CASES = [
    f"{name}/{mode}/{learner}" for name in SETS for mode in ("window", "accumulate") for learner in ("logistic", "boosted_trees")
] + [
    f"{name}/{mode}/{learner}"
    for name in ("noaa_weather", "flights_nyc")
    for mode, learner in (("later", "logistic"), ("later", "boosted_trees"), ("later_accumulate", "logistic"))
] + [f"{name}/spoiled/{learner}" for name in SETS for learner in ("logistic", "boosted_trees")]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True, type=Path, help="the program")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder of data sets: %(default)s")
    parser.add_argument("--what", choices=("pairs", "nights"), default="pairs", help="single decisions, or thirty nights in a row: %(default)s")
    parser.add_argument("--pairs", type=int, default=300, help="pairs a case: %(default)s")
    parser.add_argument("--from", type=int, default=0, dest="first", help="seed of the first pair: %(default)s")
    parser.add_argument("--case", default=",".join(CASES), help="set/mode/learner, several by comma, or a beginning like telco_churn")
    parser.add_argument("--output", type=Path, help="a line of JSON per pair: judgement.ndjson, or nights.ndjson")
    parser.add_argument("--processes", type=int, default=2, help="pairs at a time: %(default)s")
    parser.add_argument("--report", action="store_true", help="only tell what is there")
    parser.add_argument("--keys", action="store_true", help="also tell what other values of first_key and second_key would have let in")
    arguments = parser.parse_args()
    # A run uses all cores by itself; several at once are quicker on one each.
    os.environ.setdefault("RAYON_NUM_THREADS", "1")
    os.environ.setdefault("POLARS_MAX_THREADS", "1")
    if arguments.what == "nights":
        arguments.output = arguments.output or Path("nights.ndjson")
        nights.work(arguments, list(RULES))
        return
    arguments.output = arguments.output or Path("judgement.ndjson")
    wanted = [case for case in CASES if any(case.startswith(name) for name in arguments.case.split(","))]
    if not wanted:
        raise SystemExit(f"no case begins with {arguments.case}; there are {', '.join(CASES)}")
    done = known(arguments.output)
    if not arguments.report:
        seeds = range(arguments.first, arguments.first + arguments.pairs)
        # Seed by seed, so that whatever was done when it is broken off is spread over all cases.
        todo = [(case, seed) for seed in seeds for case in wanted if (case, seed) not in done]
        work(arguments, todo, done)
    tell(wanted, done)
    if arguments.keys:
        tell_keys(wanted, done)


def known(path):
    """Returns the pairs that were done before, by case and seed; a line that was cut off is passed over."""
    done = {}
    if path.exists():
        for line in path.read_text().splitlines():
            try:
                pair = json.loads(line)
            except json.JSONDecodeError:
                continue
            done[pair["case"], pair["seed"]] = pair
    return done


def work(arguments, todo, done):
    """Runs pairs on several processes and writes each as it comes."""
    program = str(arguments.program.resolve())
    with ProcessPoolExecutor(arguments.processes) as pool, arguments.output.open("a") as out:
        running = {pool.submit(judge, program, arguments.data.resolve(), *pair): pair for pair in todo}
        for at, future in enumerate(as_completed(running), 1):
            try:
                pair = future.result()
            except RuntimeError as error:
                print(f"\n{running[future]} is left out: {error}", file=sys.stderr)
                continue
            done[pair["case"], pair["seed"]] = pair
            out.write(json.dumps(pair) + "\n")
            out.flush()
            print(f"\r{at} of {len(todo)} pairs", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)


def tell(wanted, done):
    """Prints a line per case and rule, and all cases together."""
    print(f"{'case':36}{'rule':10}{'pairs':>6}{'promoted':>9}{'worse':>13}{'worse by .002':>15}{'let in':>13}{'gain':>16}{'of oracle':>10}")
    by_case = {case: [pair for (name, _), pair in sorted(done.items()) if name == case] for case in wanted}
    clean = [pair for case, pairs in by_case.items() if "/spoiled/" not in case for pair in pairs]
    spoiled = [pair for case, pairs in by_case.items() if "/spoiled/" in case for pair in pairs]
    for name, pairs in [*by_case.items(), ("all but spoiled", clean), ("spoiled", spoiled)]:
        for rule in RULES if pairs else ():
            print(row(name, rule, pairs))
    took = [pair["seconds"] for pair in done.values() if "seconds" in pair]
    if took:
        print(f"{np.mean(took):.1f} s a pair; standard error of one truth {np.mean([p['delta_se'] for p in done.values()]):.4f}")


def tell_keys(wanted, done):
    """Prints what two keys of other values would have let in: from the probabilities of each decision, so only where they decided it."""
    pairs = [pair for (case, _), pair in done.items() if case in wanted]
    print(f"\n{'first':>6}{'second':>8}{'promoted':>9}{'worse':>13}{'let in':>13}{'of oracle':>10}{'worst case':>11}{'fewest in':>10}   spoiled: promoted, worse")
    for first in FIRST_KEYS:
        for second in SECOND_KEYS:
            if second <= first:
                print(keys_row(first, second, pairs))


def keys_row(first, second, pairs):
    """One line: all pairs but the spoiled ones, the largest share of worse ones and the smallest share let in of a case, the spoiled ones."""
    clean = [pair for pair in pairs if "/spoiled/" not in pair["case"]]
    spoiled = [pair for pair in pairs if "/spoiled/" in pair["case"]]
    delta = np.array([pair["delta"] for pair in clean])
    promoted = np.array([turned(pair, first, second) for pair in clean])
    of_oracle = np.sum(delta[promoted]) / np.sum(np.maximum(delta, 0))
    worse, let_in = [], []
    for case in sorted({pair["case"] for pair in clean}):
        of_case = np.array([pair["case"] == case for pair in clean])
        worse.append(np.mean(delta[of_case & promoted] < 0) if (of_case & promoted).any() else 0)
        better = of_case & (delta >= 0.01)
        let_in.append(np.mean(promoted[better]) if better.any() else 1)
    bad = np.array([pair["delta"] for pair in spoiled if turned(pair, first, second)])
    cells = f"{promoted.sum():>9}{share(delta[promoted] < 0):>13}{share(promoted[delta >= 0.01]):>13}{of_oracle:>10.0%}{max(worse):>11.2f}{min(let_in):>10.2f}"
    return f"{first:>6}{second:>8}{cells}   {len(bad)} of {len(spoiled)}, {(bad < 0).sum()}"


def turned(pair, first, second):
    """Whether keys of these values would have promoted. Where the probabilities were not believed, the labels decided and still do."""
    judgement = pair.get("judgement")
    if not judgement or judgement.get("veto"):
        return pair["two_keys"] == "promote"
    return not pair.get("stopped_by") and judgement["all"]["probability"] >= first and judgement["trusted"]["probability"] >= second


def row(name, rule, pairs):
    """One line of the table."""
    delta = np.array([pair["delta"] for pair in pairs])
    promoted = np.array([pair[rule] == "promote" for pair in pairs])
    gains = np.where(promoted, delta, 0)
    oracle = np.mean(np.maximum(delta, 0))
    of_oracle = f"{np.mean(gains) / oracle:.0%}" if oracle > 0 else "-"
    gain = f"{np.mean(gains):+.4f}±{np.std(gains) / math.sqrt(len(gains)):.4f}"
    better = delta >= 0.01
    cells = f"{share(delta[promoted] < 0):>13}{share(delta[promoted] < -0.002):>15}{share(promoted[better]):>13}{gain:>16}{of_oracle:>10}"
    return f"{name:36}{rule:10}{len(pairs):>6}{promoted.sum():>9}{cells}"


def share(flags):
    """A share with its standard error."""
    if len(flags) == 0:
        return "-"
    p = np.mean(flags)
    return f"{p:.3f}±{math.sqrt(p * (1 - p) / len(flags)):.3f}"


def judge(program, data, case, seed):
    """Runs one pair; returns its true difference, the verdict of each rule and what the two keys saw."""
    name, mode, learner = case.split("/")
    began = os.times().elapsed
    meta, frame = load(data / name)
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
            # Evidence is gathered where two keys ask for it; which rule decides the runs themselves does not matter.
            gate={"evidence": "two_keys", "first": "promote"},
        )
        parts["test"].to_csv(project / "testdata/test.csv", index=False)
        parts["champion"].to_csv(project / "practicedata/rows.csv", index=False)
        run(program, project, "run")
        log_requests(project, meta, parts["unlabelled"])
        parts["challenger"].to_csv(project / "practicedata/rows.csv", index=False)
        run(program, project, "run", "--force")
        parts["truth"].drop(columns=meta["target"]).to_csv(project / "truth.csv", index=False)
        truth = (parts["truth"][meta["target"]].astype(str) == str(meta["positive_class"])).to_numpy()
        said = [predicted(program, project, meta, version) for version in (1, 2)]
        delta, delta_se = difference(truth, *said)
        pair = {"case": case, "seed": seed, "delta": delta, "delta_se": delta_se}
        for rule, policy in RULES.items():
            (project / "policy.json").write_text(json.dumps(policy))
            answer = json.loads(run(program, project, "gate", "replay", "--policy", "policy.json", "--json"))
            replayed = next(row for row in answer["replayed"] if row["version"] == 2)
            pair[rule] = replayed["now"]
            pair["judgement"] = replayed["decision"].get("judgement")
            rules = replayed["decision"]["rules"]
            pair["stopped_by"] = [it["name"] for it in rules if it["outcome"] in ("reject", "inconclusive") and it["name"] != "better"]
        pair["seconds"] = round(os.times().elapsed - began, 2)
        return pair


def difference(truth, old, new):
    """F1 of `new` less that of `old`, and its standard error by the influence function."""
    value, influence = 0.0, np.zeros(len(truth))
    for sign, said in ((-1, old), (1, new)):
        f1 = f1_score(truth, said)
        size = said.astype(float) + truth
        value += sign * f1
        influence += sign * (2.0 * (said & truth) - f1 * size) / size.mean()
    return value, float(np.std(influence) / math.sqrt(len(truth)))


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
    if mode.startswith("later"):
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
    kept = pool[:TRAIN] if mode.endswith("accumulate") else pool[SHIFT:TRAIN]
    return {
        "champion": frame.iloc[pool[:TRAIN]],
        "challenger": pd.concat([frame.iloc[kept], fresh]),
        "test": frame.iloc[rest[:TEST]],
        "unlabelled": frame.iloc[rest[TEST : TEST + requests]],
        "truth": frame.iloc[rest[TEST : TEST + TRUTH]],
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


def predicted(program, project, meta, version):
    """Whether a version calls each row of `truth.csv` positive."""
    run(program, project, "predict", "truth.csv", "--version", str(version), "-o", f"said{version}.csv")
    said = pd.read_csv(project / f"said{version}.csv", dtype=str)["prediction"]
    return (said == str(meta["positive_class"])).to_numpy()


def run(program, project, *words):
    """Runs the program in a project; returns what it wrote."""
    done = subprocess.run([program, *words], cwd=project, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(words)} left with {done.returncode}:\n{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    main()
