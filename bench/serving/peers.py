"""The servers that are compared: how each is started, in the modes that its documents recommend for production."""

import json
import subprocess
import sys
from pathlib import Path

from . import project
from .protocols import MLFLOW, NATIVE, V2
from .server import Recipe, free_port

CODE = Path(__file__).resolve().parent.parent / "peers_serve"
SIDES = ["unseat", "echo", "fastapi", "mlserver", "mlflow"]
PEERS = ["fastapi", "mlserver", "mlflow"]


def train(workload, python, folder):
    """Trains the peers' model on the rows that the program learned from, and lays it out for each of them."""
    folder.mkdir(parents=True)
    project.write_rows(workload, folder / "train.csv", project.learned_rows(workload), 0)
    about = {
        "columns": workload.columns,
        "texts": [column for column in workload.columns if column not in workload.numeric],
        "target": workload.target,
        "positive": workload.positive,
        "learner": workload.learner,
    }
    (folder / "about.json").write_text(json.dumps(about))
    done = subprocess.run([python, CODE / "train.py", "about.json"], cwd=folder, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"error: training the peers' model failed:\n{done.stdout}{done.stderr}")


def recipes(side, workload, folders, programs):
    """Returns the ways to start a side, by name. The better one of a first trial is the one that counts.

    Access logs are off everywhere; connections are kept. `programs` has `unseat`, `echo` and `bin`, the folder of the
    peers' programs; `folders` has the `project` and the `peers`' models of this workload.
    """
    if side == "unseat":
        return {"": unseat(folders["project"], programs["unseat"])}
    if side == "echo":
        return {"": Recipe(lambda port: [programs["echo"], port], lambda port: {}, NATIVE, folders["peers"])}
    return {"fastapi": fastapi, "mlserver": mlserver, "mlflow": mlflow}[side](folders["peers"], programs["bin"])


def unseat(project_folder, program):
    def command(port):
        return [program, "serve", "-C", ".", "--listen", f"127.0.0.1:{port}"]

    return Recipe(command, lambda port: {}, NATIVE, project_folder)


def fastapi(models, programs):
    def recipe(workers, handler):
        app = ["--app-dir", CODE, "fastapi_app:app"]
        environment = {"MODEL": str(models / "fastapi.joblib"), "HANDLER": handler}
        return Recipe(lambda port: uvicorn(programs, port, workers, *app), lambda port: environment, NATIVE, models)

    return {
        f"{workers} worker{'s'[: workers - 1]}, {handler}": recipe(workers, handler)
        for workers in (1, 2)
        for handler in ("thread", "inline")
    }


def mlflow(models, programs):
    """What `mlflow models serve --env-manager local` runs, but for the access log, which it has no flag to turn off."""

    def recipe(workers):
        app = "mlflow.pyfunc.scoring_server.app:app"
        environment = {"__pyfunc_model_path__": str(models / "mlflow"), "MLFLOW_DISABLE_TELEMETRY": "true"}
        return Recipe(lambda port: uvicorn(programs, port, workers, app), lambda port: environment, MLFLOW, models)

    return {"1 worker": recipe(1), "2 workers": recipe(2)}


def uvicorn(programs, port, workers, *app):
    return [programs / "uvicorn", "--no-access-log", "--port", port, "--workers", workers, *app]


def mlserver(models, programs):
    """0 parallel workers compute in the server's own process; batching joins requests that come together into one."""

    def recipe(workers, **more):
        def environment(port):
            return {
                "MLSERVER_HOST": "127.0.0.1",
                "MLSERVER_HTTP_PORT": str(port),
                "MLSERVER_GRPC_PORT": str(free_port()),
                "MLSERVER_METRICS_PORT": str(free_port()),
                "MLSERVER_PARALLEL_WORKERS": str(workers),
                # On by default, and with it the access log.
                "MLSERVER_DEBUG": "false",
                **more,
            }

        return Recipe(lambda port: [programs / "mlserver", "start", "."], environment, V2, models / "mlserver")

    batches = {"MLSERVER_MODEL_MAX_BATCH_SIZE": "32", "MLSERVER_MODEL_MAX_BATCH_TIME": "0.002"}
    return {
        "0 workers": recipe(0),
        "1 worker": recipe(1),
        "2 workers": recipe(2),
        "1 worker, batching": recipe(1, **batches),
        "2 workers, batching": recipe(2, **batches),
    }
