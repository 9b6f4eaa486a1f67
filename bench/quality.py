#!/usr/bin/env python3
"""How good each learner is on real data, beside scikit-learn's reference scores on the same rows.

    venv/bin/python bench/quality.py --unseat target/release/unseat --data DIR [--sets wine,diabetes] [--learners auto,logistic]

Each folder of DIR is a data set: `sourcedata`, `testdata` and `meta.json`; DIR/reference.json has the scores to be held
against. `--digits` adds scikit-learn's bundled digits (64 numeric columns, 10 classes) and breast cancer sets, with references
made on the spot. Leaves with 1 when `auto` is more than 0.01 below the best reference of a set, or another learner more
than 0.02 below its own counterpart.
Needs the packages of bench/requirements.txt.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

from measuring import ProgramFailed, make_project, measure

COUNTERPART = {
    "logistic": ["logreg", "logreg_balanced"],
    "ridge": ["ridge"],
    "linear": ["ridge"],
    "boosted_trees": ["hist_gb", "hist_gb_balanced"],
    "extra_trees": ["extra_trees"],
    "random_forest": ["extra_trees"],
    "text": ["tfidf_logreg"],
    "baseline": ["dummy"],
}
LEARNERS = {
    "binary": ["logistic", "boosted_trees", "extra_trees", "random_forest", "baseline", "auto"],
    "multiclass": ["logistic", "boosted_trees", "extra_trees", "random_forest", "baseline", "auto"],
    "regression": ["linear", "ridge", "elastic_net", "boosted_trees", "extra_trees", "random_forest", "baseline", "auto"],
    "text": ["text", "baseline", "auto"],
}


def main():
    arguments = parse_arguments()
    reference = json.loads((arguments.data / "reference.json").read_text())
    held, figures = True, []
    print(f"{'set':14}{'learner':15}{'ours':>8}{'counterpart':>13}{'best':>8}{'fit s':>8}{'run s':>8}{'MB':>7}  note")
    for folder in sorted(arguments.data.iterdir()):
        meta = folder / "meta.json"
        if not meta.exists() or (arguments.sets and folder.name not in arguments.sets):
            continue
        held &= run_set(arguments, folder, json.loads(meta.read_text()), reference[folder.name], figures)
    if arguments.digits:
        with tempfile.TemporaryDirectory(prefix="unseat-quality-") as work:
            for name in ("digits", "breast_cancer"):
                folder, meta, scores = bundled(name, Path(work))
                held &= run_set(arguments, folder, meta, scores, figures)
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=1) + "\n")
    sys.exit(0 if held else 1)


def run_set(arguments, folder, meta, reference, figures):
    metric = {"regression": "r2", "binary": "f1_binary"}.get(meta["task"], "f1_macro")
    scores = {name: model[metric] for name, model in reference["scores"].items()}
    best = max(scores.values())
    held = True
    for learner in arguments.learners or LEARNERS[meta["task"]]:
        if learner not in LEARNERS[meta["task"]]:
            continue
        ours, fit, seconds, megabytes, note = train(arguments, folder, meta, learner)
        theirs = max((scores[name] for name in COUNTERPART.get(learner, []) if name in scores), default=None)
        bound = best - 0.01 if learner == "auto" else None if theirs is None else theirs - 0.02
        is_held = ours is not None and (bound is None or learner == "baseline" or ours >= bound)
        held &= is_held
        figures.append({"set": folder.name, "learner": learner, "ours": ours, "counterpart": theirs, "best": best})
        number = lambda value, width: f"{'-':>{width}}" if value is None else f"{value:>{width}.3f}"
        print(
            f"{folder.name:14}{learner:15}{number(ours, 8)}{number(theirs, 13)}{number(best, 8)}{number(fit, 8)}"
            f"{seconds:>8.2f}{megabytes:>7.0f}  {'' if is_held else 'BELOW '}{note}",
            flush=True,
        )
    return held


def train(arguments, folder, meta, learner):
    """Score, seconds of the fit, seconds and peak megabytes of the run."""
    with tempfile.TemporaryDirectory(prefix="unseat-quality-") as work:
        project = Path(work, "project")
        project.mkdir()
        more = dict(arguments.set)
        if meta.get("time_column"):
            dropped = [name for name in meta.get("id_columns") or [] if name != meta["time_column"]]
            more = {"time_column": meta["time_column"], "drop": dropped, **more}
        make_project(folder, project, learner, **more)
        try:
            taken, stdout = measure([arguments.unseat, "run", "--json", "--quiet"], project)
        except ProgramFailed as failed:
            return None, None, 0.0, 0.0, " ".join(str(failed).split())[-300:]
        report = json.loads(stdout)
        challenger = report["scores"]["challenger"]
        value = challenger[report["scores"]["metric"]]
        fit = report["timings_ms"].get("fit", 0) / 1000
        return value, fit, taken.wall_s, taken.peak_mb, chosen(project) if learner == "auto" else ""


def chosen(project):
    """What `auto` chose, out of the version's model."""
    model = next(project.glob("models/**/trainedmodel.json"), None)
    if model is None:
        return ""
    board = json.loads(model.read_text())["bundle"].get("leaderboard", [])
    return "; ".join(f"{entry['name']} {entry['score']:.3f}" for entry in board if entry["score"] is not None)


def bundled(name, work):
    """A data set that scikit-learn ships, split 75 : 25, and reference scores of the usual models."""
    from sklearn import datasets, ensemble, linear_model, metrics, model_selection, pipeline, preprocessing

    loaded = getattr(datasets, f"load_{name}")(as_frame=True)
    frame = loaded.data.assign(target=loaded.target)
    frame.columns = [column.replace(" ", "_") for column in frame.columns]
    train, test = model_selection.train_test_split(
        frame, test_size=0.25, random_state=20240607, stratify=frame["target"]
    )
    folder = work / name
    for part, rows in (("sourcedata", train), ("testdata", test)):
        (folder / part).mkdir(parents=True)
        rows.to_csv(folder / part / "data.csv", index=False)
    is_binary = loaded.target.nunique() == 2
    models = {
        "logreg": pipeline.make_pipeline(preprocessing.StandardScaler(), linear_model.LogisticRegression(max_iter=2000)),
        "hist_gb": ensemble.HistGradientBoostingClassifier(random_state=0),
        "extra_trees": ensemble.ExtraTreesClassifier(random_state=0),
    }
    metric, average = ("f1_binary", "binary") if is_binary else ("f1_macro", "macro")
    features = [column for column in frame.columns if column != "target"]
    scores = {}
    for model_name, model in models.items():
        predicted = model.fit(train[features], train["target"]).predict(test[features])
        scores[model_name] = {metric: metrics.f1_score(test["target"], predicted, average=average)}
    meta = {"task": "binary" if is_binary else "multiclass", "target": "target", "positive_class": "1" if is_binary else None}
    (folder / "meta.json").write_text(json.dumps(meta))
    return folder, meta, {"scores": scores}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = lambda text: text.split(",")
    parser.add_argument("--unseat", type=lambda path: str(Path(path).resolve()), required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--sets", type=names)
    parser.add_argument("--learners", type=names)
    parser.add_argument("--digits", action="store_true")
    parser.add_argument("--json", type=lambda text: Path(text).absolute(), help="write all scores to this file")
    parser.add_argument("--set", type=json.loads, default={}, help="settings that go over the others, as JSON")
    return parser.parse_args()


if __name__ == "__main__":
    main()
