-- +goose Up
-- What upstreams are told, and what became of it.
CREATE TABLE reports (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  integration_id INTEGER NOT NULL REFERENCES integrations(id),
  subject_id INTEGER NOT NULL REFERENCES subjects(id), -- a pull request, or a deployed commit
  kind TEXT NOT NULL,                     -- check_run, comment, status
  target TEXT NOT NULL,                   -- what of the subject: a sha, a number, an environment
  sent TEXT NOT NULL DEFAULT '',          -- digest of what the upstream knows
  upstream_id TEXT NOT NULL DEFAULT '',
  url TEXT NOT NULL DEFAULT '',           -- of its page upstream
  error TEXT NOT NULL DEFAULT '',         -- of the last attempt
  attempts INTEGER NOT NULL DEFAULT 0,    -- failed in a row
  tried_at INTEGER NOT NULL DEFAULT 0,
  next_at INTEGER NOT NULL DEFAULT 0,     -- not before
  sent_at INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX reports_target ON reports(integration_id, subject_id, kind, target);
CREATE INDEX reports_tried ON reports(integration_id, tried_at);

-- What is in force now is little among all that ever was.
CREATE INDEX subjects_live ON subjects(kind, state) WHERE state = 'live';
CREATE INDEX subjects_open ON subjects(integration_id, kind) WHERE kind = 'pull_request' AND state IN ('open', 'draft');

-- +goose Down
DROP INDEX subjects_open;
DROP INDEX subjects_live;
DROP TABLE reports;
