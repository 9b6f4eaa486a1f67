#!/usr/bin/env python3
"""Holds an exported ONNX model against `unseat predict`: the same labels, probabilities within 1e-5.

    onnx_check.py MODEL.onnx PREDICTED.csv

PREDICTED.csv is what `unseat predict FILE` prints: the file's columns, then `prediction` and the probabilities. Every
column is given to onnxruntime as text or number, as the model's inputs say; an empty cell is the empty text or NaN.
Needs bench/onnx-requirements.txt.
"""

import csv
import json
import sys

import numpy
import onnx
import onnxruntime

TOLERANCE = 1e-5


def number(cell):
    """A cell as a column of numbers reads it."""
    cell = cell.strip()
    if cell.lower() in ("true", "false"):
        return float(cell.lower() == "true")
    try:
        return float(cell)
    except ValueError:
        return float("nan")


def feed(session, rows):
    """The model's inputs out of the rows, each `(rows, 1)`."""
    given = {}
    for value in session.get_inputs():
        cells = [row[value.name] for row in rows]
        if value.type == "tensor(string)":
            column = numpy.array(cells, dtype=object)
        else:
            assert value.type == "tensor(double)", value.type
            column = numpy.array([number(cell) for cell in cells], dtype=numpy.float64)
        given[value.name] = column.reshape(-1, 1)
    return given


def main(model_path, predicted_path):
    model = onnx.load(model_path)
    onnx.checker.check_model(model)
    facts = {entry.key: entry.value for entry in model.metadata_props}
    outputs = json.loads(facts["unseat.outputs"])
    with open(predicted_path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    session = onnxruntime.InferenceSession(model_path, providers=["CPUExecutionProvider"])
    given = feed(session, rows)
    answered = dict(zip(outputs, session.run(outputs, given)))
    alone = {name: column[:1] for name, column in given.items()}
    first = dict(zip(outputs, session.run(outputs, alone)))

    worst = 0.0
    if outputs[0].startswith("prediction"):
        expected = numpy.array([float(row["prediction"]) for row in rows])
        found = answered[outputs[0]]
        scale = numpy.maximum(1.0, numpy.abs(expected))
        worst = float(numpy.max(numpy.abs(found - expected) / scale))
    else:
        label, probabilities = (answered[name] for name in outputs)
        classes = json.loads(facts["unseat.classes"])
        wrong = sum(str(a) != row["prediction"] for a, row in zip(label, rows))
        assert wrong == 0, f"{wrong} of {len(rows)} labels differ"
        assert probabilities.shape == (len(rows), len(classes)), probabilities.shape
        if len(classes) == 2:
            positive = numpy.array([float(row["probability"]) for row in rows])
            expected = numpy.column_stack([1 - positive, positive])
        else:
            names = [f"probability_{name}" for name in classes]
            expected = numpy.array([[float(row[name]) for name in names] for row in rows])
        worst = float(numpy.max(numpy.abs(probabilities - expected)))
        assert numpy.max(numpy.abs(first[outputs[1]][0] - expected[0])) <= TOLERANCE
    assert worst <= TOLERANCE, f"off by {worst}"
    print(f"{len(rows)} rows agree, largest difference {worst:.1e}")


if __name__ == "__main__":
    main(*sys.argv[1:])
