-- +goose Up
-- The registry of a space: registered models and their versions, the models that
-- runs logged, and webhooks that tell other programs of the registry.

CREATE TABLE registered_models (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  integration_id INTEGER NOT NULL REFERENCES integrations(id),
  name TEXT NOT NULL,
  description TEXT NOT NULL DEFAULT '',
  prompt INTEGER NOT NULL DEFAULT 0,        -- 1: MLflow keeps prompts as models; no subject stands for them
  last_version INTEGER NOT NULL DEFAULT 0,  -- the greatest number ever given: none is given twice
  created_at INTEGER NOT NULL DEFAULT 0,
  updated_at INTEGER NOT NULL DEFAULT 0,
  told_at INTEGER NOT NULL DEFAULT 0,       -- when its subject was described last
  deleted_at INTEGER NOT NULL DEFAULT 0     -- the row stays for its last_version
);
CREATE UNIQUE INDEX registered_models_name ON registered_models(integration_id, name);

CREATE TABLE registered_model_tags (
  model_id INTEGER NOT NULL REFERENCES registered_models(id),
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (model_id, key)
) WITHOUT ROWID;

CREATE TABLE registered_model_aliases (
  model_id INTEGER NOT NULL REFERENCES registered_models(id),
  alias TEXT NOT NULL,
  version INTEGER NOT NULL,
  PRIMARY KEY (model_id, alias)
) WITHOUT ROWID;

CREATE TABLE model_versions (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  model_id INTEGER NOT NULL REFERENCES registered_models(id),
  version INTEGER NOT NULL,
  description TEXT NOT NULL DEFAULT '',
  source TEXT NOT NULL,                     -- as the client named it
  storage TEXT NOT NULL,                    -- where its files are
  run_key TEXT NOT NULL DEFAULT '',
  run_link TEXT NOT NULL DEFAULT '',
  logged_model TEXT NOT NULL DEFAULT '',    -- its key
  copied_from TEXT NOT NULL DEFAULT '',     -- NAME/VERSION
  stage TEXT NOT NULL DEFAULT 'None',       -- None, Staging, Production, Archived
  actor TEXT NOT NULL DEFAULT '',           -- who registered it, proved
  by_name TEXT NOT NULL DEFAULT '',         -- and the name of that token or integration; empty for people
  created_at INTEGER NOT NULL DEFAULT 0,
  updated_at INTEGER NOT NULL DEFAULT 0,
  told_at INTEGER NOT NULL DEFAULT 0,
  deleted_at INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX model_versions_version ON model_versions(model_id, version);
CREATE INDEX model_versions_run ON model_versions(run_key) WHERE run_key <> '';

CREATE TABLE model_version_tags (
  version_id INTEGER NOT NULL REFERENCES model_versions(id),
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (version_id, key)
) WITHOUT ROWID;

CREATE TABLE logged_models (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  integration_id INTEGER NOT NULL REFERENCES integrations(id),
  key TEXT NOT NULL,                        -- m- and 32 hexadecimal digits
  experiment_id INTEGER NOT NULL REFERENCES experiments(id),
  name TEXT NOT NULL,
  model_type TEXT NOT NULL DEFAULT '',
  source_run TEXT NOT NULL DEFAULT '',      -- its key
  status TEXT NOT NULL DEFAULT 'LOGGED_MODEL_PENDING',
  status_message TEXT NOT NULL DEFAULT '',
  artifact_uri TEXT NOT NULL,
  lifecycle TEXT NOT NULL DEFAULT 'active', -- active, deleted
  created_at INTEGER NOT NULL DEFAULT 0,
  updated_at INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX logged_models_key ON logged_models(integration_id, key);
CREATE INDEX logged_models_experiment ON logged_models(experiment_id, created_at);
CREATE INDEX logged_models_run ON logged_models(integration_id, source_run) WHERE source_run <> '';

CREATE TABLE logged_model_params (
  model_id INTEGER NOT NULL REFERENCES logged_models(id),
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (model_id, key)
) WITHOUT ROWID;

CREATE TABLE logged_model_tags (
  model_id INTEGER NOT NULL REFERENCES logged_models(id),
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (model_id, key)
) WITHOUT ROWID;

CREATE TABLE logged_model_metrics (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  model_id INTEGER NOT NULL REFERENCES logged_models(id),
  run_key TEXT NOT NULL DEFAULT '',         -- of the run that logged it
  key TEXT NOT NULL,
  value REAL NOT NULL,
  nan INTEGER NOT NULL DEFAULT 0,
  step INTEGER NOT NULL DEFAULT 0,
  logged_at INTEGER NOT NULL DEFAULT 0,     -- the client's timestamp
  dataset_name TEXT NOT NULL DEFAULT '',
  dataset_digest TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX logged_model_metrics_point ON logged_model_metrics(model_id, key, logged_at, step, run_key);

CREATE TABLE run_models (                   -- the logged models that a run made or read
  run_id INTEGER NOT NULL REFERENCES runs(id),
  model TEXT NOT NULL,                      -- its key
  input INTEGER NOT NULL DEFAULT 0,         -- 1: the run read it
  step INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (run_id, input, model)
) WITHOUT ROWID;

CREATE TABLE registry_webhooks (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  integration_id INTEGER NOT NULL REFERENCES integrations(id),
  key TEXT NOT NULL,                        -- MLflow's webhook_id
  name TEXT NOT NULL,
  description TEXT NOT NULL DEFAULT '',
  url TEXT NOT NULL,
  events TEXT NOT NULL,                     -- ["model_version.created", …]
  secret TEXT NOT NULL DEFAULT '',          -- sealed
  status TEXT NOT NULL DEFAULT 'ACTIVE',    -- ACTIVE, DISABLED
  created_at INTEGER NOT NULL DEFAULT 0,
  updated_at INTEGER NOT NULL DEFAULT 0,
  deleted_at INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX registry_webhooks_key ON registry_webhooks(integration_id, key);

CREATE TABLE webhook_sendings (             -- what is still to be sent
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  webhook_id INTEGER NOT NULL REFERENCES registry_webhooks(id),
  key TEXT NOT NULL,                        -- of the delivery: the same in each attempt
  body TEXT NOT NULL,
  signed_at INTEGER NOT NULL,               -- its timestamp, the same in each attempt
  attempts INTEGER NOT NULL DEFAULT 0,
  next_at INTEGER NOT NULL
);
CREATE INDEX webhook_sendings_next ON webhook_sendings(next_at);

-- +goose Down
DROP TABLE webhook_sendings;
DROP TABLE registry_webhooks;
DROP TABLE run_models;
DROP TABLE logged_model_metrics;
DROP TABLE logged_model_tags;
DROP TABLE logged_model_params;
DROP TABLE logged_models;
DROP TABLE model_version_tags;
DROP TABLE model_versions;
DROP TABLE registered_model_aliases;
DROP TABLE registered_model_tags;
DROP TABLE registered_models;
