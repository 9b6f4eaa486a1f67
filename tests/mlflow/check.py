#!/usr/bin/env python3
"""Asks a real MLflow server, by its own client, what unseat has sent: run by tests/mlflow.rs, or by hand.

    check.py TRACKING_URI MODEL ROWS.csv

Prints one JSON object: the aliases, each version's run with its metrics, tags and files, and what the model under the alias
`champion` answers for ROWS.csv. Needs bench/clients-requirements.txt.
"""

import json
import sys

import mlflow
import pandas
from mlflow import MlflowClient


def files(client, run, path=""):
    found = []
    for item in client.list_artifacts(run, path or None):
        found += files(client, run, item.path) if item.is_dir else [item.path]
    return found


def main(uri, model, rows):
    mlflow.set_tracking_uri(uri)
    client = MlflowClient()
    registered = client.get_registered_model(model)
    versions = []
    for version in sorted(client.search_model_versions(f"name='{model}'"), key=lambda it: int(it.version)):
        run = client.get_run(version.run_id)
        versions.append({
            "version": version.version, "tags": version.tags, "status": run.info.status,
            "metrics": run.data.metrics, "params": run.data.params, "files": sorted(files(client, version.run_id)),
            "inputs": [item.dataset.digest for item in run.inputs.dataset_inputs],
        })
    champion = mlflow.pyfunc.load_model(f"models:/{model}@champion")
    frame = pandas.read_csv(rows)
    inputs = champion.metadata.get_input_schema().input_names()
    answers = champion.predict(frame[inputs])
    native = mlflow.onnx.load_model(f"models:/{model}@champion")
    experiment = client.get_experiment_by_name(f"unseat/{model}")
    runs = client.search_runs([experiment.experiment_id])
    print(json.dumps({
        "aliases": registered.aliases, "versions": versions, "inputs": inputs,
        "onnx_inputs": [value.name for value in native.graph.input],
        "answers": answers.to_dict(orient="list"),
        "failed": [run.data.tags.get("unseat.error") for run in runs if run.info.status == "FAILED"],
    }))


if __name__ == "__main__":
    main(*sys.argv[1:])
