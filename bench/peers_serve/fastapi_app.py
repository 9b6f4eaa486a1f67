"""A scikit-learn model behind FastAPI, as one would write it by hand.

MODEL names the file that train.py made. HANDLER is `thread` or `inline`: FastAPI calls a plain function on a thread of
its own, so that other requests are taken meanwhile, and an `async` one where it stands. Neither is always the faster.
"""

import os

import joblib
import numpy as np
import pandas as pd
from fastapi import FastAPI
from fastapi.responses import ORJSONResponse
from pydantic import BaseModel

served = joblib.load(os.environ["MODEL"])
model, columns, classes = served["model"], served["columns"], served["classes"]
app = FastAPI()


class Request(BaseModel):
    rows: list[dict[str, float | str | None]]


@app.get("/readyz")
async def ready():
    return {}


def on_a_thread(request: Request):
    probabilities = model.predict_proba(features(request.rows))[:, 1].tolist()
    predictions = [
        {"prediction": classes[probability >= 0.5], "probability": probability} for probability in probabilities
    ]
    return ORJSONResponse({"model": "served", "version": 1, "predictions": predictions})


async def inline(request: Request):
    return on_a_thread(request)


app.post("/prediction")({"thread": on_a_thread, "inline": inline}[os.environ["HANDLER"]])


def features(rows):
    if served["frame"]:
        return pd.DataFrame.from_records(rows, columns=columns)
    return np.array([[row[column] for column in columns] for row in rows], dtype=float)
