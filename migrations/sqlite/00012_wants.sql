-- +goose Up
-- Commits that a source was asked about, so that it is not asked for ever.
CREATE TABLE commit_asks (
  integration_id INTEGER NOT NULL REFERENCES integrations(id),
  subject_id INTEGER NOT NULL REFERENCES subjects(id), -- a commit, or a run that only hints at one
  tries INTEGER NOT NULL,
  asked_at INTEGER NOT NULL,
  PRIMARY KEY (integration_id, subject_id)
);

-- +goose Down
DROP TABLE commit_asks;
