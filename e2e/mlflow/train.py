"""What data scientists do, by MLflow's own client. Prints what the test compares as one line of JSON.

train.py first: experiments, runs in every state, datasets, a model with versions and an alias.
train.py later IDS: the running run ends, the alias moves, a stage changes, a run is deleted.
"""
import json
import sys

import mlflow
import numpy
import pandas
from mlflow import MlflowClient

SHA = "3f786850e387550fdab836ed7e6dc881de23001b"
client = MlflowClient()


def first():
    fraud = client.create_experiment("fraud-detector")
    churn = client.create_experiment("churn")
    finished = train(fraud)
    running = client.create_run(fraud, run_name="still going", tags={"mlflow.user": "grace"}).info.run_id
    client.log_metric(running, "loss", float("nan"))
    failed = client.create_run(churn, run_name="broken").info.run_id
    client.log_metric(failed, "loss", float("inf"))
    client.set_terminated(failed, "FAILED")
    killed = client.create_run(churn, run_name="stopped", tags={"kfp.pipeline_run_id": "kfp-7"}).info.run_id
    client.set_terminated(killed, "KILLED")
    register(finished)
    many = [client.create_run(churn, run_name=f"trial {i}").info.run_id for i in range(3)]
    for run in many:
        client.set_terminated(run)
    print(json.dumps({"fraud": fraud, "churn": churn, "finished": finished, "running": running,
                      "failed": failed, "killed": killed, "many": many}))


def train(experiment):
    tags = {"mlflow.source.git.commit": SHA, "mlflow.source.git.repoURL": "git@github.com:acme/fraud.git", "team": "risk"}
    with mlflow.start_run(experiment_id=experiment, run_name="train <b>\"", tags=tags) as run:
        mlflow.log_params({"lr": 0.01, "Tiefe": "sieben"})
        for step in range(3):
            mlflow.log_metric("auc", 0.9 + step / 100, step=step)
        rows = pandas.DataFrame({"x": [1.0, 2.0, 3.0], "y": [0, 1, 0]})
        mlflow.log_input(mlflow.data.from_pandas(rows, source="s3://bucket/train.csv", name="train-set"), context="training")
        mlflow.log_input(mlflow.data.from_numpy(numpy.arange(6), name="held-out"), context="evaluation")
        log_model(rows)
    return run.info.run_id


def log_model(rows):
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression().fit(rows[["x"]], rows["y"])
    mlflow.sklearn.log_model(model, name="model", registered_model_name="fraud", pip_requirements=["scikit-learn"])


def register(run):
    client.create_model_version("fraud", f"runs:/{run}/model", run, description="the second")
    client.set_registered_model_alias("fraud", "champion", "1")
    client.set_registered_model_tag("fraud", "domain", "payments")
    client.create_registered_model("churn", description="who leaves")
    mlflow.genai.register_prompt(name="greeting", template="Hello {{name}}")


def later(ids):
    client.log_metric(ids["running"], "loss", 0.25)
    client.set_terminated(ids["running"])
    client.set_registered_model_alias("fraud", "champion", "2")
    client.transition_model_version_stage("fraud", "1", "Archived")
    client.set_tag(ids["finished"], "reviewed", "yes")
    client.delete_run(ids["many"][0])
    print("{}")


if sys.argv[1] == "first":
    first()
else:
    later(json.loads(sys.argv[2]))
