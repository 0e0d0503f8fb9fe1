"""The registry's part of the scripted day: registered models, versions, aliases,
tags, stages, copies, searches, logged models and prompts. day.py calls it."""
import json

import mlflow
from mlflow.entities import Metric

new = int(mlflow.__version__.split(".")[0]) >= 3


def day(client, step, show):
    experiment = mlflow.set_experiment("registry")
    with mlflow.start_run(run_name="train") as run:
        rid = run.info.run_id
        mlflow.log_params({"lr": "0.01", "depth": "6"})
        mlflow.log_metric("auc", 0.9)
        mlflow.log_text("weights", "model/weights.txt")
    models(client, step)
    if new:
        logged = logged_models(client, step, experiment.experiment_id, rid)
        versions(client, step, rid, logged)
    searches(client, step)
    copies(client, step)
    stages(client, step)
    refusals(client, step, rid)
    if new:
        prompts(client, step)
    leaving(client, step)
    return []


def latest(model):
    return sorted([v.version, v.current_stage, v.description, v.source] for v in model.latest_versions or [])


def models(client, step):
    step("create_registered_model", lambda: client.create_registered_model("fraud", {"team": "risk", "a b": "c"}, "finds fraud"))
    step("again", lambda: client.create_registered_model("fraud"))
    step("plain", lambda: client.create_registered_model("plain"))
    step("get", lambda: client.get_registered_model("fraud"))
    step("get missing", lambda: client.get_registered_model("nobody"))
    step("update", lambda: client.update_registered_model("fraud", "finds more fraud"))
    step("set tag", lambda: client.set_registered_model_tag("fraud", "k", "v"))
    step("set tag again", lambda: client.set_registered_model_tag("fraud", "k", "w"))
    step("delete tag", lambda: client.delete_registered_model_tag("fraud", "a b"))
    step("delete missing tag", lambda: client.delete_registered_model_tag("fraud", "none"))
    step("tag of missing", lambda: client.set_registered_model_tag("nobody", "k", "v"))
    step("rename", lambda: client.rename_registered_model("plain", "plainer"))
    step("rename onto", lambda: client.rename_registered_model("plainer", "fraud"))
    step("renamed", lambda: client.get_registered_model("plainer").name)
    step("old name", lambda: client.get_registered_model("plain"))
    for name in ["a/b", "a:b", " ", ".."]:
        step(f"bad name {name!r}", lambda: client.create_registered_model(name))


def logged_models(client, step, experiment, rid):
    made = {}

    def create():
        made["model"] = client.create_logged_model(experiment, name="net", source_run_id=rid, tags={"t": "1"}, params={"lr": "0.01"}, model_type="Agent")
        return made["model"]

    step("create_logged_model", create)
    mid = made["model"].model_id
    step("log_outputs", lambda: client.log_outputs(rid, [mlflow.entities.LoggedModelOutput(mid, step=3)]))
    step("outputs", lambda: [[o.model_id, o.step] for o in client.get_run(rid).outputs.model_outputs])
    with mlflow.start_run(run_id=rid):
        step("metric of it", lambda: mlflow.log_metric("val", 0.7, step=1, model_id=mid))
        step("metrics of it", lambda: client.log_batch(rid, [Metric("loss", 0.1, 1000, 0, model_id=mid, dataset_name="d", dataset_digest="x1"), Metric("loss", 0.2, 2000, 1, model_id=mid)]))
    step("log_model_params", lambda: client.log_model_params(mid, {"p": "1"}))
    step("set_logged_model_tags", lambda: client.set_logged_model_tags(mid, {"u": "2", "t": "3"}))
    step("delete_logged_model_tag", lambda: client.delete_logged_model_tag(mid, "u"))
    step("delete missing tag", lambda: client.delete_logged_model_tag(mid, "none"))
    step("finalize", lambda: client.finalize_logged_model(mid, "READY").status)
    step("get_logged_model", lambda: sorted([m.key, m.value, m.step, m.dataset_name, m.dataset_digest] for m in client.get_logged_model(mid).metrics))
    step("its params", lambda: client.get_logged_model(mid).params)
    step("its tags", lambda: client.get_logged_model(mid).tags)
    step("missing", lambda: client.get_logged_model("m-00000000000000000000000000000000"))
    step("bad name", lambda: client.create_logged_model(experiment, name="a/b"))
    other = client.create_logged_model(experiment, name="other", source_run_id=rid)
    step("failed", lambda: client.finalize_logged_model(other.model_id, "FAILED").status)

    def found(**kw):
        return [m.name for m in client.search_logged_models(experiment_ids=[experiment], **kw)]

    for f in ["", "name = 'net'", "name LIKE 'o%'", "metrics.val > 0.5", "metrics.val > 0.9", "params.lr = '0.01'", "tags.t = '3'", "source_run_id = '%s'" % rid,
              "metrics.loss < 0.15 AND name ILIKE 'N%'", "params.none != 'x'", "name IN ('net','x')", "creation_timestamp > 5", "tag.a = 'x'", "name = 'a' OR name = 'b'"]:
        step("search " + f.replace(rid, "RUN"), lambda: found(filter_string=f))
    step("order", lambda: found(order_by=[{"field_name": "metrics.val", "ascending": False}]))
    step("order by name", lambda: found(order_by=[{"field_name": "name", "ascending": True}]))
    step("on data", lambda: found(datasets=[{"dataset_name": "d", "dataset_digest": "x1"}]))
    step("on no data", lambda: found(filter_string="metrics.loss > 0", datasets=[{"dataset_name": "e"}]))
    step("pages", lambda: [m.name for m in client.search_logged_models(experiment_ids=[experiment], max_results=1)])
    step("delete_logged_model", lambda: client.delete_logged_model(other.model_id))
    step("deleted", lambda: client.get_logged_model(other.model_id))
    step("not found any more", lambda: found())
    return mid


def versions(client, step, rid, logged):
    step("create_model_version", lambda: client.create_model_version("fraud", f"models:/{logged}", model_id=logged, tags={"rel": "1"}, description="first"))
    step("from run", lambda: client.create_model_version("fraud", f"runs:/{rid}/model", rid, run_link="https://example.test/run"))
    uri = client.get_run(rid).info.artifact_uri
    step("from artifacts", lambda: client.create_model_version("fraud", uri + "/model", rid))
    step("register_model", lambda: mlflow.register_model(f"models:/{logged}", "fresh", tags={"x": "y"}).version)
    step("modelVersions", lambda: json.loads(client.get_logged_model(logged).tags["mlflow.modelVersions"])[:1])
    step("get", lambda: client.get_model_version("fraud", "1"))
    step("get missing", lambda: client.get_model_version("fraud", "99"))
    step("no number", lambda: client.get_model_version("fraud", "x"))
    step("update", lambda: client.update_model_version("fraud", "1", "better"))
    step("set tag", lambda: client.set_model_version_tag("fraud", "1", "k", "v"))
    step("delete tag", lambda: client.delete_model_version_tag("fraud", "1", "rel"))
    step("uri of 1", lambda: client.get_model_version_download_uri("fraud", "1"))
    step("uri of 3", lambda: client.get_model_version_download_uri("fraud", "3"))
    step("alias", lambda: client.set_registered_model_alias("fraud", "champion", "1"))
    step("another", lambda: client.set_registered_model_alias("fraud", "best-1", "1"))
    step("by alias", lambda: client.get_model_version_by_alias("fraud", "champion"))
    step("moved", lambda: client.set_registered_model_alias("fraud", "champion", "2"))
    step("by moved alias", lambda: client.get_model_version_by_alias("fraud", "champion").version)
    step("latest", lambda: client.get_model_version_by_alias("fraud", "latest").version)
    step("aliases", lambda: client.get_registered_model("fraud").aliases)
    step("aliases of 1", lambda: client.get_model_version("fraud", "1").aliases)
    for alias in ["latest", "v1", "a b", "", "ü-1"]:
        step(f"bad alias {alias!r}", lambda: client.set_registered_model_alias("fraud", alias, "1"))
    step("alias of missing", lambda: client.set_registered_model_alias("fraud", "x", "99"))
    step("missing alias", lambda: client.get_model_version_by_alias("fraud", "nobody"))
    step("delete alias", lambda: client.delete_registered_model_alias("fraud", "best-1"))
    step("delete missing alias", lambda: client.delete_registered_model_alias("fraud", "best-1"))


def searches(client, step):
    def names(**kw):
        return [m.name for m in client.search_registered_models(**kw)]

    for f in [None, "name = 'fraud'", "name LIKE 'fr%'", "name ILIKE 'FR%'", "tags.k = 'w'", "tags.none != 'x'", "run_id = 'x'", "name = fraud", "name > 'a'"]:
        step(f"models {f}", lambda: names(filter_string=f))
    step("models by name", lambda: names(order_by=["name DESC"]))
    step("models by wrong key", lambda: names(order_by=["colour"]))
    step("page of models", lambda: [names(max_results=1), bool(client.search_registered_models(max_results=1).token)])
    step("next page", lambda: names(max_results=1, page_token=client.search_registered_models(max_results=1).token))
    step("too many", lambda: names(max_results=100000))
    step("latest versions", lambda: latest(client.search_registered_models("name = 'fraud'")[0]))

    def found(f="", **kw):
        return [[v.name, v.version] for v in client.search_model_versions(f, **kw)]

    for f in ["", "name = 'fraud'", "name = 'fraud' AND version_number > 1", "version_number = '2'", "tags.k = 'v'", "source_path LIKE 'models:/%'", "run_id IN ('a','b')", "current_stage = 'x'", "version_number > 'x'"]:
        step(f"versions {f}", lambda: found(f))
    step("versions in order", lambda: found(order_by=["version_number ASC", "name DESC"]))
    step("page of versions", lambda: found(max_results=2))


def copies(client, step):
    step("copy", lambda: client.copy_model_version("models:/fraud/1", "fraud-prod"))
    step("copy by alias", lambda: client.copy_model_version("models:/fraud@champion", "fraud-prod").version)
    step("uri of copy", lambda: client.get_model_version_download_uri("fraud-prod", "1"))
    step("copy of missing", lambda: client.copy_model_version("models:/fraud/99", "fraud-prod"))


def stages(client, step):
    step("stage", lambda: client.transition_model_version_stage("fraud", "1", "production").current_stage)
    step("archiving", lambda: client.transition_model_version_stage("fraud", "2", "Production", archive_existing_versions=True).current_stage)
    step("archived", lambda: client.get_model_version("fraud", "1").current_stage)
    step("wrong stage", lambda: client.transition_model_version_stage("fraud", "2", "Nowhere"))
    step("get_latest_versions", lambda: sorted([v.version, v.current_stage] for v in client.get_latest_versions("fraud")))
    step("of one stage", lambda: [[v.version, v.current_stage, v.aliases] for v in client.get_latest_versions("fraud", ["production"])])
    step("of a wrong stage", lambda: client.get_latest_versions("fraud", ["nowhere"]))
    step("model with stages", lambda: latest(client.get_registered_model("fraud")))


def refusals(client, step, rid):
    def code(do):
        try:
            do()
        except mlflow.MlflowException as e:
            return e.error_code
        return "taken"

    for source in ["file:///tmp", "/tmp", "runs:/../x", "mlflow-artifacts:/../../", f"runs:/{rid}/%2e%2e/%2e%2e"]:
        step("source " + source.replace(rid, "RUN"), lambda: code(lambda: client.create_model_version("fraud", source, rid)))


def prompts(client, step):
    register = getattr(mlflow, "register_prompt", None) or mlflow.genai.register_prompt
    step("register_prompt", lambda: register("greeting", "Hello {{name}}", commit_message="m").version)
    step("again", lambda: register("greeting", "Hi {{name}}").version)
    step("load_prompt", lambda: mlflow.genai.load_prompt("prompts:/greeting/1").template)
    step("models only", lambda: "greeting" in [m.name for m in client.search_registered_models()])
    step("prompts only", lambda: [p.name for p in mlflow.genai.search_prompts()])
    step("prompt alias", lambda: mlflow.genai.set_prompt_alias("greeting", "prod", 2))
    step("by alias", lambda: mlflow.genai.load_prompt("prompts:/greeting@prod").version)
    step("name of a prompt", lambda: client.create_registered_model("greeting"))


def leaving(client, step):
    step("delete version", lambda: client.delete_model_version("fraud", "2"))
    step("deleted version", lambda: client.get_model_version("fraud", "2"))
    step("alias of deleted", lambda: client.get_model_version_by_alias("fraud", "champion"))
    step("next number", lambda: client.create_model_version("fraud", "models:/fraud/1").version)
    step("delete model", lambda: client.delete_registered_model("fraud-prod"))
    step("deleted model", lambda: client.get_registered_model("fraud-prod"))
    step("delete missing", lambda: client.delete_registered_model("fraud-prod"))
