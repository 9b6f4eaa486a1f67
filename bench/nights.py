"""Many nights in a row on the same test rows, and on rows that rotate: `bench/judgement.py --what nights`.

Every night a twentieth of the 1,500 training rows is replaced by new ones and the program runs once in each of six projects: three
rules, each with the same 800 test rows every night (`same`) or with a twentieth of them replaced, so that a row is asked 20 times
(`rotating`). Up to 5,000 logged requests. The truth is F1 on rows that no run was given (at most 20,000). `apparent` is what the
program itself says of the version that is live, on the test rows of that night.
"""

import json
import os
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

import numpy as np
from sklearn.metrics import f1_score

NIGHTS, TRAIN, TEST, SHARE, UNLABELLED, TRUTH = 30, 1500, 800, 20, 5000, 20000
CASES = [f"{name}/{learner}" for name in ("noaa_weather", "flights_nyc") for learner in ("logistic", "boosted_trees")]
ROWS = ("same", "rotating")


def work(arguments, rules):
    """Plays the repeats that are not there yet, and tells what there is."""
    wanted = [case for case in CASES if any(case.startswith(name) for name in arguments.case.split(","))] or CASES
    done = {}
    if arguments.output.exists():
        for line in arguments.output.read_text().splitlines():
            try:
                one = json.loads(line)
            except json.JSONDecodeError:
                continue
            done[one["case"], one["seed"]] = one
    seeds = range(arguments.first, arguments.first + arguments.pairs)
    todo = [] if arguments.report else [(case, seed) for seed in seeds for case in wanted if (case, seed) not in done]
    program = str(arguments.program.resolve())
    with ProcessPoolExecutor(arguments.processes) as pool, arguments.output.open("a") as out:
        running = {pool.submit(play, program, arguments.data.resolve(), case, seed): (case, seed) for case, seed in todo}
        for at, future in enumerate(as_completed(running), 1):
            one = future.result()
            done[one["case"], one["seed"]] = one
            out.write(json.dumps(one) + "\n")
            out.flush()
            print(f"\r{at} of {len(todo)} repeats", end="", file=sys.stderr, flush=True)
    tell([one for (case, _), one in sorted(done.items()) if case in wanted], rules)


def play(program, data, case, seed):
    """Plays all nights of one repeat: per rule and kind of test rows, true and apparent score of what is live each night."""
    import judgement as tools

    name, learner = case.split("/")
    began = os.times().elapsed
    meta, frame = tools.load(data / name)
    order = np.random.default_rng(seed).permutation(len(frame))
    fresh, asked = TRAIN // SHARE, TEST // SHARE
    learned = order[: TRAIN + NIGHTS * fresh]
    rest = order[len(learned) :]
    tested, rest = rest[: TEST + NIGHTS * asked], rest[TEST + NIGHTS * asked :]
    unlabelled, truth = rest[:UNLABELLED], rest[UNLABELLED : UNLABELLED + TRUTH]
    classes = (frame.iloc[truth][meta["target"]].astype(str) == str(meta["positive_class"])).to_numpy()
    lives = {}
    for rows in ROWS:
        for rule, policy in tools.RULES.items():
            with tempfile.TemporaryDirectory(prefix="unseat-nights-") as work:
                project = Path(work)
                for folder in ("practicedata", "testdata", "predictionlog"):
                    (project / folder).mkdir()
                tools.write_config(
                    project,
                    name="model",
                    target=meta["target"],
                    positive_class=meta["positive_class"],
                    drop=[column for column in meta.get("id_columns") or [] if column in frame],
                    learner={"kind": learner},
                    gate={**policy, "first": "promote"},
                )
                tools.log_requests(project, meta, frame.iloc[unlabelled])
                frame.iloc[truth].drop(columns=meta["target"]).to_csv(project / "truth.csv", index=False)
                true, apparent, live, known = [], [], [], {}
                for night in range(NIGHTS + 1):
                    train = learned[night * fresh : night * fresh + TRAIN]
                    shift = night * asked if rows == "rotating" else 0
                    frame.iloc[train].to_csv(project / "practicedata/rows.csv", index=False)
                    frame.iloc[tested[shift : shift + TEST]].to_csv(project / "testdata/test.csv", index=False)
                    ran = json.loads(tools.run(program, project, "run", "--json"))
                    side = "challenger" if ran["outcome"] == "promote" else "champion"
                    version = ran["version"] if side == "challenger" else live[-1]
                    if version not in known:
                        said = tools.predicted(program, project, meta, version)
                        known[version] = float(f1_score(classes, said))
                    live.append(version)
                    true.append(known[version])
                    apparent.append(ran["scores"][side]["f1"])
                lives[f"{rows}/{rule}"] = {"true": true, "apparent": apparent, "live": live}
    return {"case": case, "seed": seed, "lives": lives, "seconds": round(os.times().elapsed - began, 1)}


def tell(repeats, rules):
    """Prints what became of the champion under each rule, means over the repeats with one standard error."""
    if not repeats:
        return
    print(f"{len(repeats)} repeats of {NIGHTS} nights: {', '.join(sorted({one['case'] for one in repeats}))}")
    print(f"{'test rows':10}{'rule':10}{'promoted':>12}{'worse':>12}{'true gain':>18}{'apparent gain':>18}{'apparent - true':>18}")
    for rows in ROWS:
        for rule in rules:
            lives = [one["lives"][f"{rows}/{rule}"] for one in repeats]
            steps = [np.diff(it["true"])[np.diff(it["live"]) != 0] for it in lives]
            promoted = [len(step) for step in steps]
            worse = np.concatenate(steps) < 0
            true = [it["true"][-1] - it["true"][0] for it in lives]
            apparent = [it["apparent"][-1] - it["apparent"][0] for it in lives]
            gap = [it["apparent"][-1] - it["true"][-1] for it in lives]
            share = f"{worse.mean():.0%} of {len(worse)}" if len(worse) else "-"
            print(f"{rows:10}{rule:10}{mean(promoted, 1):>12}{share:>12}{mean(true):>18}{mean(apparent):>18}{mean(gap):>18}")
    print("\ntrue and apparent score by night")
    shown = range(0, NIGHTS + 1, 5)
    print(f"{'test rows':10}{'rule':10}{'score':10}" + "".join(f"{night:>8}" for night in shown))
    for rows in ROWS:
        for rule in rules:
            for which in ("true", "apparent"):
                values = np.mean([one["lives"][f"{rows}/{rule}"][which] for one in repeats], axis=0)
                print(f"{rows:10}{rule:10}{which:10}" + "".join(f"{values[night]:>8.4f}" for night in shown))
    print(f"{np.mean([one['seconds'] for one in repeats]):.0f} s a repeat")


def mean(values, decimals=4):
    """A mean with its standard error."""
    error = np.std(values) / np.sqrt(len(values))
    sign = "+" if decimals > 1 else ""
    return f"{np.mean(values):{sign}.{decimals}f} ± {error:.{decimals}f}"
