-- +goose Up
-- Experiments and runs as tables: each run subject has its row, whatever its source,
-- so that lists, filters and charts never read a subject's facts.

ALTER TABLE integrations ADD COLUMN here INTEGER NOT NULL DEFAULT 0; -- 1: MLflow clients log to Throughline itself
CREATE UNIQUE INDEX integrations_here ON integrations(project_id) WHERE here = 1 AND deleted_at = 0;

CREATE TABLE experiments (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  integration_id INTEGER NOT NULL REFERENCES integrations(id),
  key TEXT NOT NULL,                        -- MLflow's experiment_id
  name TEXT NOT NULL,
  artifact_location TEXT NOT NULL DEFAULT '',
  lifecycle TEXT NOT NULL DEFAULT 'active', -- active, deleted
  created_at INTEGER NOT NULL DEFAULT 0,
  updated_at INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX experiments_key ON experiments(integration_id, key);
CREATE INDEX experiments_name ON experiments(integration_id, name);

CREATE TABLE experiment_tags (
  experiment_id INTEGER NOT NULL REFERENCES experiments(id),
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (experiment_id, key)
) WITHOUT ROWID;

CREATE TABLE runs (
  id INTEGER PRIMARY KEY REFERENCES subjects(id),
  integration_id INTEGER NOT NULL REFERENCES integrations(id),
  key TEXT NOT NULL,                        -- MLflow's run_id
  experiment_id INTEGER NOT NULL REFERENCES experiments(id),
  name TEXT NOT NULL DEFAULT '',
  user_name TEXT NOT NULL DEFAULT '',       -- as the client claims
  actor TEXT NOT NULL DEFAULT '',           -- who logged it, proved: Principal.Actor
  by_name TEXT NOT NULL DEFAULT '',         -- and the name of that token or integration; empty for people
  status TEXT NOT NULL DEFAULT '',          -- MLflow's word: RUNNING, SCHEDULED, FINISHED, FAILED, KILLED
  lifecycle TEXT NOT NULL DEFAULT 'active', -- active, deleted
  started_at INTEGER NOT NULL DEFAULT 0,
  ended_at INTEGER NOT NULL DEFAULT 0,      -- of a resumed run still that of its first end
  artifact_uri TEXT NOT NULL DEFAULT '',
  logged_at INTEGER NOT NULL DEFAULT 0,     -- the last call that logged anything
  told_at INTEGER NOT NULL DEFAULT 0,       -- up to when the subject knows of it
  loose INTEGER NOT NULL DEFAULT 0          -- chunks of metrics that are not merged yet
);
CREATE UNIQUE INDEX runs_key ON runs(integration_id, key);
CREATE INDEX runs_experiment ON runs(experiment_id, started_at, id);
CREATE INDEX runs_untold ON runs(logged_at) WHERE logged_at > told_at;

CREATE TABLE run_params (
  run_id INTEGER NOT NULL REFERENCES runs(id),
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (run_id, key)
) WITHOUT ROWID;

CREATE TABLE run_tags (
  run_id INTEGER NOT NULL REFERENCES runs(id),
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (run_id, key)
) WITHOUT ROWID;
CREATE INDEX run_tags_parent ON run_tags(value) WHERE key = 'mlflow.parentRunId';

CREATE TABLE run_metrics (                  -- the latest value of each: greatest by (step, at, value)
  run_id INTEGER NOT NULL REFERENCES runs(id),
  key TEXT NOT NULL,
  value REAL NOT NULL,                      -- 0 where it is not a number
  nan INTEGER NOT NULL DEFAULT 0,
  step INTEGER NOT NULL DEFAULT 0,
  logged_at INTEGER NOT NULL DEFAULT 0,     -- the client's timestamp
  PRIMARY KEY (run_id, key)
) WITHOUT ROWID;

CREATE TABLE metric_chunks (                -- the history, packed (models.PackPoints)
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  run_id INTEGER NOT NULL REFERENCES runs(id),
  key TEXT NOT NULL,                        -- empty: points of several metrics
  points INTEGER NOT NULL,
  first_at INTEGER NOT NULL,                -- least and greatest timestamp in it
  last_at INTEGER NOT NULL,
  data BLOB NOT NULL
);
CREATE INDEX metric_chunks_run ON metric_chunks(run_id, key, first_at);

CREATE TABLE input_datasets (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  experiment_id INTEGER NOT NULL REFERENCES experiments(id),
  name TEXT NOT NULL,
  digest TEXT NOT NULL,
  source_type TEXT NOT NULL DEFAULT '',
  source TEXT NOT NULL DEFAULT '',
  schema TEXT NOT NULL DEFAULT '',
  profile TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX input_datasets_digest ON input_datasets(experiment_id, name, digest);

CREATE TABLE run_inputs (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  run_id INTEGER NOT NULL REFERENCES runs(id),
  dataset_id INTEGER NOT NULL REFERENCES input_datasets(id),
  tags TEXT NOT NULL DEFAULT '[]'           -- [{"key","value"}], mlflow.data.context among them
);
CREATE UNIQUE INDEX run_inputs_dataset ON run_inputs(run_id, dataset_id);

CREATE TABLE replies (                      -- answers of calls that clients repeat when the answer is lost
  hash TEXT PRIMARY KEY,                    -- of who called, what and with which body
  body BLOB NOT NULL,
  until_at INTEGER NOT NULL
);
CREATE INDEX replies_until ON replies(until_at);

-- +goose Down
DROP TABLE replies;
DROP TABLE run_inputs;
DROP TABLE input_datasets;
DROP TABLE metric_chunks;
DROP TABLE run_metrics;
DROP TABLE run_tags;
DROP TABLE run_params;
DROP TABLE runs;
DROP TABLE experiment_tags;
DROP TABLE experiments;
DROP INDEX integrations_here;
ALTER TABLE integrations DROP COLUMN here;
