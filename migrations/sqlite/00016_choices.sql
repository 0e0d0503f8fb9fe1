-- +goose Up
-- Why a run was chosen among others.
CREATE TABLE run_choices (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  run_id INTEGER NOT NULL REFERENCES runs(id),
  actor TEXT NOT NULL,
  by_name TEXT NOT NULL DEFAULT '',      -- of a token; people stand here by their id alone
  reason TEXT NOT NULL,
  compared TEXT NOT NULL DEFAULT '[]',   -- ids of the runs it was compared with, JSON
  chosen_at INTEGER NOT NULL,
  undone_at INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX run_choices_run ON run_choices(run_id) WHERE undone_at = 0;

-- Saved views of the list of runs.
CREATE TABLE run_views (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  query TEXT NOT NULL,                   -- the address behind the ?
  person_id INTEGER REFERENCES people(id),   -- whose own it is; null: its project's
  project_id INTEGER REFERENCES projects(id), -- who shares it; null: nobody
  actor TEXT NOT NULL,
  created_at INTEGER NOT NULL
);
CREATE INDEX run_views_person ON run_views(person_id);
CREATE INDEX run_views_project ON run_views(project_id);

-- +goose Down
DROP TABLE run_views;
DROP TABLE run_choices;
