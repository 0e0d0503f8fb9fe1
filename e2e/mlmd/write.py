"""Writes into a store of ML Metadata what a run of TFX writes, with the real package.

write.py FILE: a SQLite file. The run "run-1" of the pipeline "taxi" reads examples, trains a
model, blesses and pushes it; "run-2" takes the examples from the cache, and its model is not
blessed. The shapes are those of tfx/orchestration/portable/mlmd and tfx/types.
"""
import sys

from ml_metadata.metadata_store import metadata_store
from ml_metadata.proto import metadata_store_pb2 as pb

config = pb.ConnectionConfig()
config.sqlite.filename_uri = sys.argv[1]
config.sqlite.connection_mode = 3  # READWRITE_OPENCREATE
store = metadata_store.MetadataStore(config)


def type_of(make, put, name):
    kind = make()
    kind.name = name
    return put(kind)


def value(v):
    return pb.Value(int_value=v) if isinstance(v, int) else pb.Value(string_value=v)


def context(kind, name, **properties):
    known = store.get_context_by_type_and_name(kind, name)
    if known:
        return known
    c = pb.Context(type_id=type_of(pb.ContextType, store.put_context_type, kind), name=name)
    for key, v in properties.items():
        c.custom_properties[key].CopyFrom(value(v))
    c.id = store.put_contexts([c])[0]
    return c


def artifact(kind, uri, **properties):
    a = pb.Artifact(type_id=type_of(pb.ArtifactType, store.put_artifact_type, kind), uri=uri, state=pb.Artifact.LIVE)
    for key, v in properties.items():
        a.custom_properties[key].CopyFrom(value(v))
    return a


def run(name, node, component, state, inputs=(), outputs=(), **properties):
    e = pb.Execution(type_id=type_of(pb.ExecutionType, store.put_execution_type, component), last_known_state=state)
    for key, v in properties.items():
        e.custom_properties[key].CopyFrom(value(v))

    def event(kind, key):
        return pb.Event(type=kind, path=pb.Event.Path(steps=[pb.Event.Path.Step(key=key), pb.Event.Path.Step(index=0)]))

    pairs = [(a, event(pb.Event.INPUT, key)) for key, a in inputs] + [(a, event(pb.Event.OUTPUT, key)) for key, a in outputs]
    contexts = [context("pipeline", "taxi"), context("pipeline_run", name, git_commit="github.com/acme/taxi@3f786850e387550fdab836ed7e6dc881de23001b"), context("node", "taxi." + node)]
    _, artifacts, _ = store.put_execution(e, pairs, contexts)
    for (a, _), made in zip(pairs, artifacts):
        a.id = made


def train(name, blessed, examples=None):
    done = pb.Execution.COMPLETE
    if examples:
        run(name, "CsvExampleGen", "tfx.components.CsvExampleGen", pb.Execution.CACHED, outputs=[("examples", examples)])
    else:
        examples = artifact("Examples", "/pipelines/taxi/CsvExampleGen/examples/1", split_names='["train","eval"]', input_fingerprint="split:single,num_files:1,total_bytes:1922812")
        run(name, "CsvExampleGen", "tfx.components.CsvExampleGen", done, outputs=[("examples", examples)])
    model = artifact("Model", "/pipelines/taxi/Trainer/model/" + name)
    run(name, "Trainer", "tfx.components.trainer.component.Trainer", done, inputs=[("examples", examples)], outputs=[("model", model)], train_args='{"num_steps": 1000}')
    blessing = artifact("ModelBlessing", "/pipelines/taxi/Evaluator/blessing/" + name, blessed=blessed, current_model=model.uri, current_model_id=model.id)
    run(name, "Evaluator", "tfx.components.evaluator.component.Evaluator", done, inputs=[("examples", examples), ("model", model)], outputs=[("blessing", blessing)])
    if blessed:
        pushed = artifact("PushedModel", "/pipelines/taxi/Pusher/pushed_model/" + name, pushed=1, pushed_destination="/serving/taxi/1", pushed_version="1")
        run(name, "Pusher", "tfx.components.pusher.component.Pusher", done, inputs=[("model", model), ("model_blessing", blessing)], outputs=[("pushed_model", pushed)])
    return examples, model


examples, first = train("run-1", 1)
_, second = train("run-2", 0, examples)
print(first.id, second.id)
