"""Loads a model that unseat exported as ONNX: what `mlflow.pyfunc.load_model` calls.

In: a data frame with the columns of the signature; a missing cell is a missing value. Out: the columns that `unseat predict`
adds to a file.
"""

import json

import numpy
import onnxruntime
import pandas


class Model:
    def __init__(self, path):
        self.session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        facts = self.session.get_modelmeta().custom_metadata_map
        self.outputs = json.loads(facts["unseat.outputs"])
        self.classes = json.loads(facts.get("unseat.classes", "[]"))

    def predict(self, data, params=None):
        frame = data if isinstance(data, pandas.DataFrame) else pandas.DataFrame(data)
        given = {}
        for value in self.session.get_inputs():
            column = frame[value.name]
            if value.type == "tensor(string)":
                cells = numpy.array(["" if pandas.isna(cell) else str(cell) for cell in column], dtype=object)
            else:
                cells = pandas.to_numeric(column).to_numpy(dtype=numpy.float64, na_value=numpy.nan)
            given[value.name] = cells.reshape(-1, 1)
        answers = self.session.run(self.outputs, given)
        answered = pandas.DataFrame(index=frame.index)
        answered["prediction"] = answers[0].reshape(-1)
        if self.classes:
            answered["prediction"] = [str(label) for label in answered["prediction"]]
            probabilities = answers[1]
            if len(self.classes) == 2:
                answered["probability"] = probabilities[:, 1]
            else:
                for at, name in enumerate(self.classes):
                    answered[f"probability_{name}"] = probabilities[:, at]
        return answered


def _load_pyfunc(path):
    return Model(path)
