"""The registry's webhooks in the scripted day: day.py calls it with DAY_WEBHOOK, the
address of a receiver. What arrives there is the other half of the result."""
import os
import time

import mlflow

EVENTS = ["registered_model.created", "model_version.created", "model_version_tag.set", "model_version_tag.deleted",
          "model_version_alias.created", "model_version_alias.deleted", "prompt.created", "prompt_version.created",
          "prompt_tag.set", "prompt_tag.deleted", "prompt_version_tag.set", "prompt_alias.created", "prompt_alias.deleted"]


def shown(w):
    return [w.name, w.description, w.url.rsplit("/", 1)[-1], sorted(str(e) for e in w.events), str(w.status), w.secret]


def day(client, step, show):
    url = os.environ["DAY_WEBHOOK"]
    made = {}

    def create():
        made["w"] = client.create_webhook("hub", url, EVENTS, description="to hub", secret="s3cr3t")
        return shown(made["w"])

    step("create_webhook", create)
    key = made["w"].webhook_id
    step("get_webhook", lambda: shown(client.get_webhook(key)))
    step("list_webhooks", lambda: [shown(w) for w in client.list_webhooks()])
    step("test_webhook", lambda: [client.test_webhook(key).success, client.test_webhook(key).response_status])
    step("test another event", lambda: client.test_webhook(key, "model_version_alias.created").success)
    step("bad name", lambda: client.create_webhook("-x-", url, ["model_version.created"]))
    step("no events", lambda: client.create_webhook("x", url, []))
    registry(client)
    arrived(15)
    step("update_webhook", lambda: shown(client.update_webhook(key, name="hub2", status="DISABLED")))
    step("delete_webhook", lambda: client.delete_webhook(key))
    step("deleted webhook", lambda: code(lambda: client.get_webhook(key)))
    return []


def code(do):
    try:
        do()
    except mlflow.MlflowException as e:
        return e.error_code
    return "there"


def registry(client):
    client.create_registered_model("hooked", {"a": "b"}, "d")
    with mlflow.start_run() as run:
        mlflow.log_text("w", "model/w.txt")
    client.create_model_version("hooked", f"runs:/{run.info.run_id}/model", run.info.run_id, tags={"k": "v"}, description="first")
    client.set_model_version_tag("hooked", "1", "x", "y")
    client.delete_model_version_tag("hooked", "1", "x")
    client.set_registered_model_tag("hooked", "no", "event")
    client.set_registered_model_alias("hooked", "champion", "1")
    client.delete_registered_model_alias("hooked", "champion")
    client.create_registered_model("late")
    mlflow.genai.register_prompt("hello", "Hello {{name}}", commit_message="m", tags={"p": "q"})
    mlflow.genai.set_prompt_alias("hello", "prod", 1)
    client.set_prompt_tag("hello", "team", "risk")


def arrived(seconds):
    """arrived waits until nothing has come for a while: the servers send later."""
    path, last, still = os.environ["DAY_RECEIVED"], -1, 0
    for _ in range(seconds * 5):
        now = os.path.getsize(path)
        still = still + 1 if now == last else 0
        last = now
        if still > 12 and now > 0:
            return
        time.sleep(0.2)
