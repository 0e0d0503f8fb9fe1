-- +goose Up
-- What clients log beside numbers: files of runs and of logged models. The bytes are
-- in the storage of artifacts, under object; what a client calls them is only told.
CREATE TABLE artifacts (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  integration_id INTEGER NOT NULL REFERENCES integrations(id),
  holder TEXT NOT NULL,                   -- key of the run, logged model or trace
  folder TEXT NOT NULL,           -- below the holder: plots/train; empty for its top
  name TEXT NOT NULL,
  object TEXT NOT NULL UNIQUE,            -- opaque
  media_type TEXT NOT NULL,               -- decided from the bytes
  width INTEGER NOT NULL DEFAULT 0,       -- of a picture that pages show
  height INTEGER NOT NULL DEFAULT 0,
  size INTEGER NOT NULL,
  sha256 TEXT NOT NULL,
  actor TEXT NOT NULL,
  by_name TEXT NOT NULL DEFAULT '',       -- of a token or integration; empty for people
  created_at INTEGER NOT NULL
);
CREATE UNIQUE INDEX artifacts_place ON artifacts(integration_id, holder, folder, name);

-- +goose Down
DROP TABLE artifacts;
