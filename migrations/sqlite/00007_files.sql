-- +goose Up
-- What was uploaded to subjects. The bytes are in the folder of files, under blob.
CREATE TABLE files (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  blob TEXT NOT NULL UNIQUE,              -- opaque; the file's address is /files/BLOB
  subject_id INTEGER NOT NULL REFERENCES subjects(id),
  project_id INTEGER NOT NULL REFERENCES projects(id), -- whose room it takes
  name TEXT NOT NULL,                     -- shown, never a path
  media_type TEXT NOT NULL,
  width INTEGER NOT NULL DEFAULT 0,       -- of a picture that pages show
  height INTEGER NOT NULL DEFAULT 0,
  size INTEGER NOT NULL,
  sha256 TEXT NOT NULL,
  actor TEXT NOT NULL,
  author TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  deleted_at INTEGER NOT NULL DEFAULT 0   -- the row stays, the bytes are gone
);
CREATE INDEX files_subject ON files(subject_id, id) WHERE deleted_at = 0;
CREATE INDEX files_project ON files(project_id) WHERE deleted_at = 0;

-- +goose Down
DROP TABLE files;
