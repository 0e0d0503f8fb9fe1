"""Logs through a line that loses answers; prints what the server holds then."""
import json

import mlflow
from mlflow.entities import Metric, Param, RunTag

client = mlflow.MlflowClient()
experiment = client.create_experiment("retried")
run = client.create_run(experiment, run_name="once")
rid = run.info.run_id
for i in range(20):
    client.log_metric(rid, "loss", 1 / (i + 1), step=i)
client.log_batch(rid, [Metric("m", float(i), 1000 + i, i) for i in range(1000)], [Param("lr", "0.1")], [RunTag("t", "1")])
client.log_param(rid, "depth", 3)
client.set_terminated(rid)
second = client.create_run(experiment, run_name="twice")
print(json.dumps({
    "experiment": experiment, "run": rid, "second": second.info.run_id,
    "loss": len(client.get_metric_history(rid, "loss")), "m": len(client.get_metric_history(rid, "m")),
    "status": client.get_run(rid).info.status, "params": client.get_run(rid).data.params,
}))
