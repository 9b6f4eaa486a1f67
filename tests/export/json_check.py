#!/usr/bin/env python3
"""Computes predictions by hand from an exported JSON model, and holds them against `unseat predict`.

    json_check.py MODEL.json PREDICTED.csv

Reads as docs/export.md: nothing but Python's own library, and nothing of the model but the JSON. Same labels,
probabilities and numbers within 1e-9.
"""

import collections
import csv
import json
import math
import re
import struct
import sys

TOLERANCE = 1e-9


def number(cell):
    """A cell as a column of numbers reads it; NaN where there is none."""
    cell = cell.strip()
    if cell.lower() in ("true", "false"):
        return float(cell.lower() == "true")
    try:
        value = float(cell)
    except ValueError:
        return math.nan
    return value if math.isfinite(value) else math.nan


def single(value):
    """The nearest 32-bit number."""
    try:
        return struct.unpack("f", struct.pack("f", value))[0]
    except OverflowError:
        return math.copysign(math.inf, value)


def spelled(cell):
    """A cell of a column of numbers as a category: 1 for 1.0."""
    value = number(cell)
    if math.isnan(value):
        return ""
    return str(int(value)) if value == int(value) else repr(value)


def scale(step, cell):
    value = number(cell)
    return [0.0 if math.isnan(value) else (value - step["mean"]) / step["scale"]]


def one_hot(step, cell):
    categories = step["categories"]
    place = len(categories) if cell == "" else len(categories) + 1
    if cell in categories:
        place = categories.index(cell)
    return [float(at == place) for at in range(len(categories) + 2)]


def plain_number(step, cell):
    value = number(cell)
    is_missing = math.isnan(value)
    if is_missing:
        value = math.nan if step["fill"] is None else step["fill"]
    features = [(value - step["centre"]) / step["scale"]]
    return features + [float(is_missing)] if step["indicator"] else features


def ordinal(step, cell):
    if cell in step["categories"]:
        return [float(step["categories"].index(cell))]
    missing = math.nan if step["missing"] is None else step["missing"]
    return [missing if cell == "" else -1.0]


def target_mean(step, cell):
    width, categories = len(step["prior"]), step["categories"]
    if cell in categories or cell == "":
        place = categories.index(cell) if cell in categories else len(categories)
        return step["means"][place * width : (place + 1) * width]
    return step["prior"]


def grams(text, of, low, high):
    """The n-grams of a text, as often as they stand in it."""
    text = text.lower()
    if of == "words":
        words = re.findall(r"\w\w+", text)
        for n in range(low, high + 1):
            yield from (" ".join(words[at : at + n]) for at in range(len(words) - n + 1))
        return
    for word in text.split():
        word = f" {word} "
        for n in range(low, high + 1):
            if n >= len(word):
                yield word
                break
            yield from (word[at : at + n] for at in range(len(word) - n + 1))


def places_of(block):
    """The feature of each n-gram of a block, found once."""
    if "places" not in block:
        block["places"] = {term: place for place, term in enumerate(block["terms"])}
    return block["places"]


def text_of(step, cell):
    features = []
    for block in step["blocks"]:
        assert block["buckets"] == 0, "hashed n-grams need XXH3"
        counts = collections.Counter(grams(cell, block["of"], *block["range"]))
        places = places_of(block)
        values = {}
        for gram, n in counts.items():
            if gram in places:
                value = 1 + math.log(n) if block["sublinear"] else float(n)
                idf = single(block["idf"][places[gram]]) if block["idf"] else 1.0
                values[places[gram]] = value * idf
        length = math.sqrt(sum(value * value for value in values.values()))
        here = [0.0] * len(places)
        for place, value in values.items():
            here[place] = single(value / length) if length > 0 else 0.0
        features += here
    return features


STEPS = {
    "scale": scale,
    "one_hot": one_hot,
    "number": plain_number,
    "ordinal": ordinal,
    "target_mean": target_mean,
    "text": text_of,
}


def features_of(model, row):
    """The features of a row, in order."""
    features = []
    for column in model["columns"]:
        ((kind, step),) = column["step"].items()
        cell = row[column["name"]]
        if column["kind"] != "text" and kind not in ("scale", "number"):
            cell = spelled(cell)
        found = STEPS[kind](step, cell)
        assert len(features) == column["first_feature"] and len(found) == column["n_features"]
        features += found
    assert len(features) == len(model["features"])
    return features


def linear(predictor, features):
    there = [(at, feature) for at, feature in enumerate(features) if feature]
    return [
        bias + sum(weights[at] * feature for at, feature in there)
        for bias, weights in zip(predictor["bias"], predictor["weights"])
    ]


def trees(predictor, features):
    margins = list(predictor["base"])
    features = [single(feature) for feature in features]
    for tree, node in enumerate(predictor["roots"]):
        while predictor["feature"][node] >= 0:
            value = features[predictor["feature"][node]]
            left = predictor["missing_left"][node] if math.isnan(value) else value < predictor["threshold"][node]
            node = predictor["left"][node] + (0 if left else 1)
        values = predictor["values"][predictor["left"][node]]
        if predictor["output"]:
            margins[predictor["output"][tree]] += values[0]
        else:
            margins = [margin + value for margin, value in zip(margins, values)]
    return margins


def logistic(margin):
    return 1 / (1 + math.exp(-margin)) if margin > -700 else 0.0


def linked(link, margins):
    if link == "logistic":
        return [logistic(margin) for margin in margins]
    if link == "softmax":
        powers = [math.exp(margin - max(margins)) for margin in margins]
        return [power / sum(powers) for power in powers]
    if link == "one_vs_rest":
        shares = [logistic(margin) for margin in margins]
        return [share / sum(shares) if sum(shares) > 0 else 1 / len(shares) for share in shares]
    assert link == "identity", link
    return margins


def calibrated(model, p):
    calibrator = (model.get("calibration") or {}).get("calibrator")
    if not calibrator:
        return p
    if calibrator["method"] == "platt":
        logs = model["predictor"]["link"] == "logistic"
        return p if logs else logistic(calibrator["slope"] * p + calibrator["intercept"])
    at, value = calibrator["at"], calibrator["value"]
    if p <= at[0]:
        return value[0]
    for left in range(len(at) - 1):
        if p < at[left + 1]:
            return value[left] + (value[left + 1] - value[left]) * (p - at[left]) / (at[left + 1] - at[left])
    return value[-1]


def predict(model, row):
    """The answers of a row: `(prediction, probabilities)`."""
    predictor = model["predictor"]
    kind = {"linear": linear, "trees": trees}[predictor["kind"]]
    answers = linked(predictor["link"], kind(predictor, features_of(model, row)))
    classes = model["classes"]
    if not classes:
        return answers[0], []
    if len(classes) == 2:
        answers = [calibrated(model, answers[0])]
        return classes[int(answers[0] >= model["threshold"])], [1 - answers[0], answers[0]]
    return classes[answers.index(max(answers))], answers


def main(model_path, predicted_path):
    with open(model_path, encoding="utf-8") as file:
        model = json.load(file)
    assert (model["format"], model["format_version"]) == ("unseat model", 1)
    with open(predicted_path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    classes, worst = model["classes"], 0.0
    for at, row in enumerate(rows):
        prediction, probabilities = predict(model, row)
        if not classes:
            expected = float(row["prediction"])
            worst = max(worst, abs(prediction - expected) / max(1.0, abs(expected)))
            continue
        assert prediction == row["prediction"], f"the label of row {at} differs"
        if len(classes) == 2:
            expected = [1 - float(row["probability"]), float(row["probability"])]
        else:
            expected = [float(row[f"probability_{name}"]) for name in classes]
        worst = max(worst, *(abs(a - b) for a, b in zip(probabilities, expected)))
    assert worst <= TOLERANCE, f"off by {worst}"
    print(f"{len(rows)} rows agree, largest difference {worst:.1e}")


if __name__ == "__main__":
    main(*sys.argv[1:])
