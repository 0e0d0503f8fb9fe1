-- +goose Up
-- Pipeline runs as lists, bars and groups of failures ask for them; id is the subject's.
CREATE TABLE pipeline_runs (
  id INTEGER PRIMARY KEY REFERENCES subjects(id),
  integration_id INTEGER NOT NULL,
  system TEXT NOT NULL,                   -- jenkins, github, airflow, dbt, …
  pipeline TEXT NOT NULL,
  number TEXT NOT NULL DEFAULT '',
  branch TEXT NOT NULL DEFAULT '',
  actor_name TEXT NOT NULL DEFAULT '',
  state TEXT NOT NULL DEFAULT '',
  attempt INTEGER NOT NULL DEFAULT 0,
  started_at INTEGER NOT NULL DEFAULT 0,    -- or queued, where it has not started
  ended_at INTEGER NOT NULL DEFAULT 0,
  took INTEGER NOT NULL DEFAULT 0,          -- ms; 0: not known
  steps INTEGER NOT NULL DEFAULT 0,
  step TEXT NOT NULL DEFAULT '',          -- the first that failed
  error TEXT NOT NULL DEFAULT '',         -- why, as the upstream said it
  cause TEXT NOT NULL DEFAULT ''          -- what failures are grouped by
);
CREATE INDEX pipeline_runs_of ON pipeline_runs(integration_id, pipeline, started_at, id);
CREATE INDEX pipeline_runs_newest ON pipeline_runs(started_at, id);
CREATE INDEX pipeline_runs_cause ON pipeline_runs(cause, started_at) WHERE cause <> '';

-- Who looks at something that went wrong.
CREATE TABLE claims (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  subject_id INTEGER NOT NULL REFERENCES subjects(id),
  person_id INTEGER REFERENCES people(id),   -- null: a bot does
  actor TEXT NOT NULL,
  by_name TEXT NOT NULL DEFAULT '',       -- of a bot; people stand here by their id alone
  note TEXT NOT NULL DEFAULT '',
  since_at INTEGER NOT NULL,
  until_at INTEGER NOT NULL DEFAULT 0,      -- 0: still so
  ended_by TEXT NOT NULL DEFAULT ''       -- an actor, or what cleared it: rerun
);
CREATE UNIQUE INDEX claims_subject ON claims(subject_id) WHERE until_at = 0;
CREATE INDEX claims_person ON claims(person_id) WHERE until_at = 0;

-- Results of checks of data and models, each beside those before.
CREATE TABLE quality_results (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  subject_id INTEGER NOT NULL REFERENCES subjects(id),
  integration_id INTEGER NOT NULL DEFAULT 0,
  name TEXT NOT NULL,
  column_name TEXT NOT NULL DEFAULT '',
  state TEXT NOT NULL,
  value TEXT NOT NULL DEFAULT '',
  expected TEXT NOT NULL DEFAULT '',
  message TEXT NOT NULL DEFAULT '',
  run TEXT NOT NULL DEFAULT '',           -- key of the pipeline run that checked
  url TEXT NOT NULL DEFAULT '',
  checked_at INTEGER NOT NULL
);
CREATE UNIQUE INDEX quality_results_of ON quality_results(subject_id, integration_id, name, column_name, checked_at);

-- +goose Down
DROP TABLE quality_results;
DROP TABLE claims;
DROP TABLE pipeline_runs;
