"""A scripted day of a data scientist, against whatever MLFLOW_TRACKING_URI names.

Every function of the client is called once; the last line printed is a JSON list
of [step, result]. What differs between two servers by its nature (ids, times, made
up names) is replaced by marks in the order of appearance, so that the days of two
servers can be compared value by value.
"""
import importlib.util
import json
import math
import os
import re
import sys
import tempfile

import mlflow
from mlflow.exceptions import MlflowException
from mlflow.entities import Metric, Param, RunTag, ViewType
from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

client = mlflow.MlflowClient()
new = int(mlflow.__version__.split(".")[0]) >= 3
marks, steps = {}, []


def mark(kind, text):
    return marks.setdefault(text, f"{kind}{sum(1 for m in marks.values() if m.startswith(kind)) + 1}")


def plain(text):
    text = text.replace(os.environ["MLFLOW_TRACKING_URI"], "BASE").replace(folder, "FOLDER")
    text = re.sub(r"\bm-[0-9a-f]{32}\b", lambda m: mark("MODEL", m.group()), text)
    text = re.sub(r"\b[0-9a-f]{32}\b", lambda m: mark("ID", m.group()), text)
    text = re.sub(r"\b1[5-9]\d{11}\b", "TIME", text)
    text = re.sub(r"\b20\d\d-\d\d-\d\d[T ][\d:.]+(\+00:00|Z)?", "TIME", text)
    return re.sub(r"^[a-z]+-[a-z]+-\d{1,4}$", "MADE-UP-NAME", text)


def show(v):
    """show turns whatever the client returned into JSON."""
    if isinstance(v, bool) or v is None:
        return v
    if isinstance(v, (int, float)):
        if isinstance(v, float) and not math.isfinite(v):
            return str(v)
        return "TIME" if v > 1_500_000_000_000 and v < 2_000_000_000_000 else v
    if isinstance(v, str):
        return plain(v)
    if isinstance(v, dict):
        return {plain(str(k)): show(w) for k, w in sorted(v.items())}
    if isinstance(v, (list, tuple)) or type(v).__name__.startswith("Repeated"):
        return [show(w) for w in v]
    if hasattr(v, "to_dictionary") and not hasattr(v, "to_proto"):
        return show(v.to_dictionary())
    try:
        fields = dict(v)
    except (TypeError, ValueError):
        fields = {k.lstrip("_"): w for k, w in vars(v).items()}
    return {k: show(w) for k, w in sorted(fields.items()) if not callable(w) and k not in ("token", "workspace", "latest_versions", "deployment_job_state", "trace_location", "effective_trace_archival_retention")}


def step(name, do):
    try:
        result = show(do())
    except MlflowException as e:
        message = re.split(r" Error: |\n", str(e))[0]
        result = {"error_code": e.error_code, "message": plain(message)[:300]}
    steps.append([name, result])
    if os.environ.get("DAY_TRACE"):
        print(name, json.dumps(result)[:200], file=sys.stderr)
    return result


def files(run, path=None):
    return sorted([f.path, f.is_dir, f.file_size] for f in client.list_artifacts(run, path))


def experiments():
    step("get default", lambda: client.get_experiment("0"))
    step("get missing by name", lambda: client.get_experiment_by_name("nobody"))
    step("set_experiment", lambda: mlflow.set_experiment("fraud-detector"))
    step("set_experiment again", lambda: mlflow.set_experiment("fraud-detector"))
    step("create", lambda: client.create_experiment("exp2", tags={"owner": "alice", "x": "ü"}))
    step("create twice", lambda: client.create_experiment("exp2"))
    step("create nameless", lambda: client.create_experiment(""))
    step("get created", lambda: client.get_experiment_by_name("exp2"))
    step("get missing", lambda: client.get_experiment("999999"))
    step("set tag", lambda: client.set_experiment_tag("2", "team", "risk"))
    step("rename", lambda: client.rename_experiment("2", "exp2-renamed"))
    step("rename to a taken name", lambda: client.rename_experiment("2", "fraud-detector"))
    step("delete", lambda: client.delete_experiment("2"))
    step("set deleted", lambda: mlflow.set_experiment("exp2-renamed"))
    step("create deleted name", lambda: client.create_experiment("exp2-renamed"))
    step("run in deleted", lambda: client.create_run("2"))
    step("tag deleted", lambda: client.set_experiment_tag("2", "a", "b"))
    step("restore", lambda: client.restore_experiment("2"))
    step("restored", lambda: client.get_experiment("2"))
    mlflow.set_experiment("fraud-detector")


def logging():
    run = mlflow.start_run(run_name="train-1", description="baseline", tags={"stage": "dev"})
    rid = run.info.run_id
    step("start_run", lambda: client.get_run(rid))
    step("log_param", lambda: mlflow.log_param("lr", 0.01))
    step("log_param same", lambda: mlflow.log_param("lr", 0.01))
    step("log_param other", lambda: client.log_param(rid, "lr", "0.02"))
    step("log_params", lambda: mlflow.log_params({"n": 100, "depth": "6", "opt/name": "adam"}))
    step("log_params one other", lambda: mlflow.log_params({"fresh": 1, "depth": "7"}))
    step("log_param long", lambda: client.log_param(rid, "long", "y" * 6001))
    step("log_param bad key", lambda: client.log_param(rid, "a#b", "1"))
    step("log_param path key", lambda: client.log_param(rid, "../x", "1"))
    for i in range(5):
        step(f"log_metric {i}", lambda: mlflow.log_metric("auc", 0.9 + i / 100, step=i))
    step("log_metric nan", lambda: mlflow.log_metric("loss", math.nan, step=1))
    step("log_metric inf", lambda: mlflow.log_metric("big", math.inf, step=1))
    step("log_metric -inf", lambda: mlflow.log_metric("small", -math.inf, step=1))
    step("log_metric late", lambda: client.log_metric(rid, "late", 2.0, timestamp=1000, step=1))
    step("log_metric later time", lambda: client.log_metric(rid, "late", 1.0, timestamp=2000, step=1))
    step("log_metric earlier step", lambda: client.log_metric(rid, "late", 9.0, timestamp=9000, step=0))
    step("log_metric negative time", lambda: client.log_metric(rid, "late", 9.0, timestamp=-1))
    step("log_metrics", lambda: mlflow.log_metrics({"f1": 0.7, "p": 0.8}, step=2))
    step("set_tag", lambda: mlflow.set_tag("k", "v"))
    step("set_tags", lambda: mlflow.set_tags({"k": "v2", "mlflow.note.content": "note", "n": 3}))
    step("delete_tag", lambda: client.delete_tag(rid, "n"))
    step("delete_tag missing", lambda: client.delete_tag(rid, "n"))
    step("long tag", lambda: client.set_tag(rid, "longtag", "z" * 8001))
    step("log_batch", lambda: client.log_batch(rid, metrics=[Metric("m", float(i), 1000 + i, i) for i in range(1000)]))
    step("log_batch repeated", lambda: client.log_batch(rid, metrics=[Metric("m", float(i), 1000 + i, i) for i in range(1000)]))
    step("log_batch params tags", lambda: client.log_batch(rid, params=[Param(f"p{i}", str(i)) for i in range(100)], tags=[RunTag(f"t{i}", str(i)) for i in range(100)]))
    step("log_batch duplicate params", lambda: client.log_batch(rid, params=[Param("same", "1"), Param("same", "2")]))
    if hasattr(mlflow, "flush_async_logging"):
        mlflow.log_metric("later", 1.5, step=3, synchronous=False)
        mlflow.log_params({"async": "yes"}, synchronous=False)
        mlflow.flush_async_logging()
    step("logged", lambda: client.get_run(rid))
    step("history", lambda: [[m.key, m.value, m.step] for m in client.get_metric_history(rid, "auc")])
    step("history of many", lambda: [sum(m.value for m in client.get_metric_history(rid, "m")), len(client.get_metric_history(rid, "m"))])
    step("history ordered by time", lambda: [[m.value, m.step, m.timestamp] for m in client.get_metric_history(rid, "late")])
    step("history of nan", lambda: [str(m.value) for m in client.get_metric_history(rid, "loss")])
    step("history of nothing", lambda: client.get_metric_history(rid, "nothing"))
    step("history of no run", lambda: client.get_metric_history("0" * 32, "auc"))
    datasets(rid)
    with mlflow.start_run(nested=True, run_name="child") as child:
        step("nested", lambda: client.get_run(child.info.run_id).data.tags["mlflow.parentRunId"])
    step("end_run", lambda: mlflow.end_run())
    step("ended", lambda: client.get_run(rid).info)
    return rid


def datasets(rid):
    import pandas

    data = mlflow.data.from_pandas(pandas.DataFrame({"x": [1.0, 2.0, 3.0], "y": [0.1, 0.2, 0.3]}), source="s3://bucket/train.csv", name="train-set")
    step("log_input", lambda: mlflow.log_input(data, context="training"))
    step("log_input again", lambda: mlflow.log_input(data, context="training"))
    step("log_input other", lambda: mlflow.log_input(mlflow.data.from_pandas(pandas.DataFrame({"x": [1.0]}), source="https://example.com/eval.csv", name="eval-set"), context="eval"))
    step("inputs", lambda: [[i.dataset.name, i.dataset.digest, i.dataset.source_type, i.dataset.source, i.dataset.schema, i.dataset.profile, [[t.key, t.value] for t in i.tags]]
                            for i in client.get_run(rid).inputs.dataset_inputs])


def lives(rid):
    step("get missing run", lambda: client.get_run("0" * 32))
    with mlflow.start_run(run_id=rid):
        step("resumed", lambda: client.get_run(rid).info)
        mlflow.log_metric("auc", 0.99, step=9)
    step("resumed and ended", lambda: client.get_run(rid).info)
    step("set_terminated failed", lambda: client.set_terminated(rid, "FAILED", end_time=1700000000000))
    step("failed", lambda: client.get_run(rid).info)
    step("update_run", lambda: client.update_run(rid, status="FINISHED", name="renamed"))
    step("renamed", lambda: [client.get_run(rid).info.run_name, client.get_run(rid).data.tags["mlflow.runName"]])
    step("renamed by tag", lambda: client.set_tag(rid, "mlflow.runName", "by-tag"))
    step("is renamed by tag", lambda: client.get_run(rid).info.run_name)
    step("delete_run", lambda: client.delete_run(rid))
    step("deleted", lambda: client.get_run(rid).info.lifecycle_stage)
    step("log to deleted", lambda: client.log_metric(rid, "auc", 1))
    step("param to deleted", lambda: client.log_param(rid, "x", 1))
    step("tag deleted run", lambda: client.set_tag(rid, "x", 1))
    step("end deleted run", lambda: client.set_terminated(rid))
    step("delete missing run", lambda: client.delete_run("0" * 32))
    step("restore_run", lambda: client.restore_run(rid))
    step("restored run", lambda: client.get_run(rid).info)


def found(run):
    return [run.info.run_name if not re.match(r"^[a-z]+-[a-z]+-\d+$", run.info.run_name) else "MADE-UP-NAME", run.info.status]


SEARCHES = ["", "metrics.auc > 0.5", "metrics.auc > 0.5 and params.lr = '0.01'", "params.lr != '0.01'", "params.missing != 'x'", "tags.stage = 'dev'",
            "tags.`mlflow.runName` LIKE 'by%'", "attributes.status = 'FINISHED'", "status = 'KILLED'", "run_name ILIKE 'S%'", "run_name LIKE 'S%'",
            "metrics.score <= 2", "metrics.score = 2", "metrics.score != 2", "params.kind IN ('a', 'b')", "attributes.run_id IN ('x')", "dataset.name = 'train-set'",
            "dataset.context = 'eval'", "dataset.digest != 'x'", "start_time > 0", "end_time > 0", "tags.stage IS NULL", "tags.stage IS NOT NULL", "user_id = 'root'",
            "foo.bar > 1", "metrics.auc > 'x'", "params.lr = 1", "metrics.auc >", "status = 'FINISHED' OR status = 'FAILED'", "params.lr > '0.1'", "attribute.nope = 'x'"]
ORDERS = [["metrics.score ASC"], ["metrics.score DESC"], ["params.kind"], ["attributes.start_time ASC"], ["run_name DESC"], ["tags.stage ASC"], ["metrics.odd DESC"], ["nope"]]


def searches():
    for i, kind in enumerate("abcab"):
        r = client.create_run("1", run_name=f"search-{i}", start_time=1_690_000_000_000 + i)
        client.log_param(r.info.run_id, "kind", kind)
        client.log_metric(r.info.run_id, "score", float(i), timestamp=5)
        client.log_metric(r.info.run_id, "odd", math.nan if i == 2 else float(-i), timestamp=5)
        client.set_terminated(r.info.run_id, "KILLED" if i == 4 else "FINISHED", end_time=1_690_000_100_000)
    for text in SEARCHES:
        step("search " + text, lambda: sorted(found(r) for r in client.search_runs(["1"], text)))
    for order in ORDERS:
        step(f"order {order}", lambda: [found(r) for r in client.search_runs(["1"], "params.kind != 'zzz'" if order != ["tags.stage ASC"] else "", order_by=order)])
    step("search in two", lambda: len(client.search_runs(["1", "2", "0"])))
    step("search deleted", lambda: len(client.search_runs(["1"], run_view_type=ViewType.DELETED_ONLY)))
    step("search too many", lambda: client.search_runs(["1"], max_results=50001))
    pages, token = [], None
    while True:
        page = client.search_runs(["1"], "params.kind != 'zzz'", max_results=2, order_by=["metrics.score"], page_token=token)
        pages.append([found(r)[0] for r in page])
        token = page.token
        if not token:
            break
    step("pages", lambda: pages)
    if importlib.util.find_spec("pandas"):
        step("data frame", lambda: sorted(mlflow.search_runs(search_all_experiments=True, filter_string="params.kind = 'a'")["metrics.score"]))
    for text in ["", "name LIKE 'fraud%'", "name = 'Default'", "tags.owner = 'alice'", "tags.owner IS NOT NULL", "name ILIKE 'FRAUD%'", "creation_time > 0", "nope = 'x'", "tags.owner > 'a'"]:
        step("search experiments " + text, lambda: sorted(e.name for e in client.search_experiments(filter_string=text)))
    for order in [["name"], ["name DESC"], ["experiment_id ASC"], ["creation_time"], ["nope"]]:
        step(f"order experiments {order}", lambda: [e.name for e in client.search_experiments(order_by=order)])
    step("search experiments paged", lambda: [e.name for e in client.search_experiments(max_results=1, order_by=["name"])])
    step("deleted experiments", lambda: [e.name for e in client.search_experiments(view_type=ViewType.DELETED_ONLY)])


def artifacts():
    with mlflow.start_run(run_name="files") as run:
        rid = run.info.run_id
        path = os.path.join(folder, "note.txt")
        with open(path, "w") as f:
            f.write("hello")
        os.makedirs(os.path.join(folder, "d", "sub"))
        for name in ["d/a.txt", "d/sub/b.json", "d/empty"]:
            with open(os.path.join(folder, name), "w") as f:
                f.write("{}" if name.endswith("json") else "" if name.endswith("empty") else "aaa")
        step("log_artifact", lambda: mlflow.log_artifact(path))
        step("log_artifact path", lambda: mlflow.log_artifact(path, "docs"))
        step("log_artifacts", lambda: mlflow.log_artifacts(os.path.join(folder, "d"), "d"))
        step("log_dict", lambda: mlflow.log_dict({"a": 1}, "cfg.json"))
        step("log_text", lambda: mlflow.log_text("text", "t ü.txt"))
        step("log_table", lambda: mlflow.log_table({"x": [1, 2]}, "tab.json"))
        step("log_table again", lambda: mlflow.log_table({"x": [3]}, "tab.json"))
    step("list", lambda: files(rid))
    step("list folder", lambda: files(rid, "d"))
    step("list below", lambda: files(rid, "d/sub"))
    step("list file", lambda: files(rid, "note.txt"))
    step("list nothing", lambda: files(rid, "nothing"))
    step("download", lambda: open(client.download_artifacts(rid, "note.txt", folder)).read())
    step("download empty", lambda: open(client.download_artifacts(rid, "d/empty", folder)).read())
    step("download folder", lambda: sorted(os.listdir(client.download_artifacts(rid, "d", tempfile.mkdtemp(dir=folder)))))
    step("load_text", lambda: mlflow.artifacts.load_text(f"runs:/{rid}/t ü.txt"))
    step("load_dict", lambda: mlflow.artifacts.load_dict(f"runs:/{rid}/cfg.json"))
    step("overwrite", lambda: client.log_text(rid, "second", "docs/note.txt"))
    step("overwritten", lambda: mlflow.artifacts.load_text(f"runs:/{rid}/docs/note.txt"))
    repo = get_artifact_repository(client.get_run(rid).info.artifact_uri)
    step("delete a file", lambda: repo.delete_artifacts("cfg.json"))
    step("delete a folder", lambda: repo.delete_artifacts("d/sub"))
    step("list after deleting", lambda: [files(rid), files(rid, "d")])

with tempfile.TemporaryDirectory() as folder:
    for part in sys.argv[1:] or ["tracking"]:
        if part == "tracking":
            experiments()
            lives(logging())
        elif part == "searches":
            searches()
        elif part == "artifacts":
            mlflow.set_experiment("fraud-detector")
            artifacts()
        else:
            registry = importlib.import_module(part)
            steps.extend(registry.day(client, step, show))
print(json.dumps(steps))
