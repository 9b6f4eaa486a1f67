"""What both peers share: the stages of `unseat run` with scikit-learn and matplotlib, in the order in which they happen.

The tables are the business of `pandas_stages.py` and `polars_stages.py`. Two classes; the larger label is positive.
"""

import argparse
import base64
import hashlib
import json
import shutil
from datetime import datetime, timezone
from pathlib import Path

import joblib
import matplotlib
import numpy as np
from matplotlib.figure import Figure
from sklearn import metrics
from sklearn.calibration import calibration_curve
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

matplotlib.use("Agg")

SEED = 42
RESAMPLES = 2000
MAX_CATEGORIES = 50


def helps_as_categories(distinct, rows):
    """Whether a text column is worth one-hot columns: few values, and not a name for nearly every row."""
    return 1 < distinct <= MAX_CATEGORIES and distinct < 0.5 * rows


def parser():
    """Returns the parser of a peer's command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--solver", default="lbfgs", choices=["lbfgs", "newton-cholesky"])
    return parser


def main(frames, solver):
    """Runs all stages in the current folder and prints one JSON object."""
    config = json.loads(Path("config.json").read_text())
    stamp = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    production = Path(config["prod_deployment_path"])

    files = hashed_files(Path(config["input_folder_path"]))
    if files == ingested_before(production):
        print(json.dumps({"verdict": "nothing new"}))
        return
    frame = ingest(frames, files, Path(config["output_folder_path"]), stamp)
    model = train(frames, frame, solver)
    del frame

    features, truth = read_test(frames, Path(config["test_data_path"]), model)
    probability = predict(frames, model, features)
    scores = score(truth, probability, model["threshold"])
    champion = load_champion(production)
    champion_scores, confidence = None, None
    if champion:
        champion_probability = predict(frames, champion, features)
        champion_scores = score(truth, champion_probability, champion["threshold"])
        confidence = paired_confidence(
            truth, champion_probability >= champion["threshold"], probability >= model["threshold"]
        )
    verdict = decide(scores, champion_scores, confidence, truth)

    models = Path(config["output_model_path"]) / stamp
    models.mkdir(parents=True)
    save(frames, models, model, scores, truth, probability)
    report(models, model, scores, truth, probability)
    if verdict == "promote":
        deploy(models, production, files)
    print(json.dumps({"verdict": verdict, "scores": {"challenger": scores, "champion": champion_scores}}))


# ingest


def hashed_files(folder):
    """Returns the hash of each CSV file below `folder`, by its path."""
    return {str(path): hash_of(path) for path in csv_files(folder)}


def ingest(frames, files, output, stamp):
    """Reads the files as one table, drops duplicate rows, writes the dated data set."""
    frame = frames.drop_duplicates(frames.read(files))
    output.mkdir(exist_ok=True)
    frames.write_parquet(frame, output / f"finaldata_{stamp}.parquet")
    lines = "".join(f"{digest}  {path}\n" for path, digest in files.items())
    (output / f"ingestedfiles_{stamp}.txt").write_text(lines)
    return frame


def csv_files(folder):
    return sorted(path for path in folder.rglob("*.csv") if path.is_file())


def hash_of(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def ingested_before(production):
    path = production / "ingestedfiles.json"
    return json.loads(path.read_text()) if path.exists() else None


# train


def train(frames, frame, solver):
    """Fits transformer and learner on 80 % of the rows and chooses the threshold on the others."""
    features, target = frames.split_target(frame)
    classes = np.unique(target)
    if len(classes) != 2:
        raise SystemExit(f"the target has {len(classes)} classes, not two")
    truth = target == classes[1]
    train_rows, validation_rows = split(truth)
    training = frames.take(features, train_rows)
    transformer = frames.fit_transformer(training)
    learner = LogisticRegression(C=1.0, solver=solver, max_iter=1000)
    learner.fit(transformer.transform(training), truth[train_rows])
    del training
    model = {"transformer": transformer, "learner": learner, "positive": classes[1]}
    validation = predict(frames, model, frames.take(features, validation_rows))
    model["threshold"] = best_threshold(truth[validation_rows], validation)
    return model


def split(truth):
    rows = np.arange(len(truth))
    stratify = truth if min(truth.sum(), (~truth).sum()) >= 2 else None
    return train_test_split(rows, test_size=0.2, random_state=SEED, stratify=stratify)


def predict(frames, model, features):
    return model["learner"].predict_proba(model["transformer"].transform(features))[:, 1]


def best_threshold(truth, probability):
    """Returns the threshold with the highest F1 on the validation part."""
    precision, recall, thresholds = metrics.precision_recall_curve(truth, probability)
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-12)
    return float(thresholds[np.argmax(f1[:-1])])


# score


def read_test(frames, folder, model):
    features, target = frames.split_target(frames.read(csv_files(folder)))
    return features, target == model["positive"]


def score(truth, probability, threshold):
    """Computes the metrics of one model on the test rows."""
    predicted = probability >= threshold
    (tn, fp), (fn, tp) = metrics.confusion_matrix(truth, predicted, labels=[False, True]).tolist()
    both = 0 < truth.sum() < len(truth)
    return {
        "accuracy": metrics.accuracy_score(truth, predicted),
        "precision": metrics.precision_score(truth, predicted, zero_division=0),
        "recall": metrics.recall_score(truth, predicted, zero_division=0),
        "f1": metrics.f1_score(truth, predicted, zero_division=0),
        "f1_interval": f1_interval(tp, fp, fn, tn),
        "roc_auc": metrics.roc_auc_score(truth, probability) if both else None,
        "pr_auc": metrics.average_precision_score(truth, probability) if both else None,
        "log_loss": metrics.log_loss(truth, probability, labels=[False, True]),
        "brier": metrics.brier_score_loss(truth, probability),
        "confusion": [[tn, fp], [fn, tp]],
    }


def f1_interval(tp, fp, fn, tn):
    """95 % interval by a bootstrap stratified by class; the four counts are all that F1 needs, so only they are drawn."""
    random = np.random.default_rng(SEED)
    true_positives = random.binomial(tp + fn, tp / max(tp + fn, 1), RESAMPLES)
    false_positives = random.binomial(fp + tn, fp / max(fp + tn, 1), RESAMPLES)
    f1 = 2 * true_positives / np.maximum(true_positives + false_positives + tp + fn, 1)
    return np.quantile(f1, [0.025, 0.975]).tolist()


def paired_confidence(truth, old, new):
    """Share of paired bootstrap samples in which the new labels have the higher F1."""
    random = np.random.default_rng(SEED)
    kinds = np.bincount(truth * 4 + old * 2 + new, minlength=8)
    drawn = random.multinomial(len(truth), kinds / len(truth), RESAMPLES)
    positives = drawn[:, 4:].sum(axis=1)

    def f1(predicted_kinds):
        true_positives = drawn[:, [kind for kind in predicted_kinds if kind >= 4]].sum(axis=1)
        return 2 * true_positives / np.maximum(drawn[:, predicted_kinds].sum(axis=1) + positives, 1)

    return float(np.mean(f1([1, 3, 5, 7]) > f1([2, 3, 6, 7])))


# deploy


def decide(scores, champion_scores, confidence, truth):
    """Says whether the new model goes in: always the first; later ones when they beat baseline and champion."""
    if champion_scores is None:
        return "promote"
    always_positive = 2 * truth.sum() / (len(truth) + truth.sum())
    better = scores["f1"] > max(always_positive, champion_scores["f1"]) and confidence >= 0.95
    return "promote" if better else "reject"


def save(frames, folder, model, scores, truth, probability):
    """Writes the model, its scores and its predictions."""
    joblib.dump(model, folder / "trainedmodel.joblib")
    (folder / "latestscore.txt").write_text(f"{scores['f1']}\n")
    (folder / "score.json").write_text(json.dumps(scores, indent=2))
    predicted = probability >= model["threshold"]
    columns = {"target": truth, "prediction": predicted, "probability": probability}
    frames.write_parquet(frames.predictions(columns), folder / "predictions.parquet")


def load_champion(production):
    path = production / "trainedmodel.joblib"
    return joblib.load(path) if path.exists() else None


def deploy(folder, production, files):
    """Replaces what stands in production."""
    fresh = production.with_name(production.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    for name in ("trainedmodel.joblib", "latestscore.txt"):
        shutil.copyfile(folder / name, fresh / name)
    (fresh / "ingestedfiles.json").write_text(json.dumps(files, indent=2))
    shutil.rmtree(production, ignore_errors=True)
    fresh.rename(production)


# report


def report(folder, model, scores, truth, probability):
    """Draws the pictures and writes one page that holds them all."""
    pictures = {
        "confusion_matrix.png": lambda axes: draw_confusion(axes, scores["confusion"]),
        "roc.png": lambda axes: draw_roc(axes, truth, probability),
        "precision_recall.png": lambda axes: draw_precision_recall(axes, truth, probability),
        "calibration.png": lambda axes: draw_calibration(axes, truth, probability),
        "coefficients.png": lambda axes: draw_coefficients(axes, model),
    }
    for name, draw in pictures.items():
        figure = Figure(figsize=(6.4, 4.8), layout="constrained")
        draw(figure.subplots())
        figure.savefig(folder / name, dpi=100)
    (folder / "report.html").write_text(page(folder, list(pictures), scores))


def draw_confusion(axes, confusion):
    axes.imshow(confusion, cmap="Blues")
    for row, counts in enumerate(confusion):
        for column, count in enumerate(counts):
            colour = "white" if count > np.max(confusion) / 2 else "black"
            axes.text(column, row, f"{count:,}", color=colour, ha="center", va="center")
    axes.set(title="Confusion matrix", xlabel="predicted", ylabel="true", xticks=[0, 1], yticks=[0, 1])


def draw_roc(axes, truth, probability):
    false_positive_rate, true_positive_rate, _ = metrics.roc_curve(truth, probability)
    axes.plot(false_positive_rate, true_positive_rate)
    axes.plot([0, 1], [0, 1], linestyle=":", color="grey")
    axes.set(title="ROC", xlabel="false positive rate", ylabel="true positive rate")


def draw_precision_recall(axes, truth, probability):
    precision, recall, _ = metrics.precision_recall_curve(truth, probability, drop_intermediate=True)
    axes.plot(recall, precision)
    axes.set(title="Precision and recall", xlabel="recall", ylabel="precision", ylim=(0, 1.02))


def draw_calibration(axes, truth, probability):
    observed, predicted = calibration_curve(truth, probability, n_bins=10, strategy="quantile")
    axes.plot(predicted, observed, marker="o")
    axes.plot([0, 1], [0, 1], linestyle=":", color="grey")
    axes.set(title="Calibration", xlabel="mean predicted probability", ylabel="share of positives")


def draw_coefficients(axes, model):
    weights = model["learner"].coef_[0]
    order = np.argsort(np.abs(weights))[-20:]
    names = model["transformer"].get_feature_names_out()
    axes.barh([names[place] for place in order], weights[order])
    axes.set(title="Coefficients (scaled features)")


def page(folder, pictures, scores):
    rows = "".join(f"<tr><th>{name}</th><td>{value}</td></tr>" for name, value in scores.items())
    images = "".join(
        f'<img alt="{name}" src="data:image/png;base64,{base64.b64encode((folder / name).read_bytes()).decode()}">'
        for name in pictures
    )
    return f"<!doctype html><meta charset=utf-8><title>Report</title><table>{rows}</table>{images}"
