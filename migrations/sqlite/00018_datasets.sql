-- +goose Up
-- How often a new version of a dataset is promised; what was promised before stays.
CREATE TABLE freshness (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  subject_id INTEGER NOT NULL REFERENCES subjects(id),
  every INTEGER NOT NULL,                    -- ms; 0: nothing is promised any more
  actor TEXT NOT NULL,
  by_name TEXT NOT NULL DEFAULT '',       -- of a bot; people stand here by their id alone
  since_at INTEGER NOT NULL,
  until_at INTEGER NOT NULL DEFAULT 0,
  late_at INTEGER NOT NULL DEFAULT 0         -- since when the record says that it is late
);
CREATE UNIQUE INDEX freshness_subject ON freshness(subject_id) WHERE until_at = 0;

-- Changes of datasets that were announced.
CREATE TABLE data_changes (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  subject_id INTEGER NOT NULL REFERENCES subjects(id),
  kind TEXT NOT NULL,
  columns TEXT NOT NULL DEFAULT '[]',     -- names, JSON
  happens_at INTEGER NOT NULL,
  body TEXT NOT NULL DEFAULT '',
  actor TEXT NOT NULL,
  by_name TEXT NOT NULL DEFAULT '',
  created_at INTEGER NOT NULL,
  state TEXT NOT NULL DEFAULT 'planned',  -- planned, withdrawn, happened
  ended_at INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX data_changes_subject ON data_changes(subject_id, id);
CREATE INDEX data_changes_open ON data_changes(happens_at) WHERE state = 'planned';

-- What owners of affected live models answered; the newest of each counts.
CREATE TABLE data_change_answers (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  change_id INTEGER NOT NULL REFERENCES data_changes(id),
  model_id INTEGER NOT NULL REFERENCES subjects(id),
  actor TEXT NOT NULL,
  by_name TEXT NOT NULL DEFAULT '',
  verdict TEXT NOT NULL,
  body TEXT NOT NULL DEFAULT '',
  answered_at INTEGER NOT NULL
);
CREATE INDEX data_change_answers_change ON data_change_answers(change_id, id);

-- +goose Down
DROP TABLE data_change_answers;
DROP TABLE data_changes;
DROP TABLE freshness;
