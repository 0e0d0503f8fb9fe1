-- +goose Up
-- What people say of a dataset's data, with the time for which each was so.
CREATE TABLE governance (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  subject_id INTEGER NOT NULL REFERENCES subjects(id), -- the dataset
  classification TEXT NOT NULL DEFAULT '',
  legal_basis TEXT NOT NULL DEFAULT '',   -- GDPR Art. 6(1); empty: none given
  purpose TEXT NOT NULL DEFAULT '',
  retention TEXT NOT NULL DEFAULT '',     -- an ISO 8601 period, such as P2Y
  steward TEXT NOT NULL DEFAULT '',
  evidence TEXT NOT NULL,
  actor TEXT NOT NULL,
  reviewed_by TEXT NOT NULL DEFAULT '',   -- an actor, such as person:3
  reviewed_at INTEGER NOT NULL DEFAULT 0,
  since_at INTEGER NOT NULL,
  until_at INTEGER NOT NULL DEFAULT 0     -- 0: still so
);
CREATE INDEX governance_subject ON governance(subject_id);
CREATE UNIQUE INDEX governance_now ON governance(subject_id) WHERE until_at = 0;

-- The addresses, names and logins of anonymised people as keyed hashes, so that
-- what a source tells of them again is recognised without keeping it.
CREATE TABLE forgotten (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  hash TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,                     -- address, name, login
  words INTEGER NOT NULL DEFAULT 1,       -- of a name
  person_id INTEGER NOT NULL REFERENCES people(id),
  created_at INTEGER NOT NULL
);

ALTER TABLE people ADD COLUMN anonymised_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE deliveries ADD COLUMN purged_at INTEGER NOT NULL DEFAULT 0; -- the body is gone, for its age
CREATE INDEX deliveries_whole ON deliveries(received_at) WHERE purged_at = 0 AND state <> 'parked';

-- +goose Down
DROP INDEX deliveries_whole;
ALTER TABLE deliveries DROP COLUMN purged_at;
ALTER TABLE people DROP COLUMN anonymised_at;
DROP TABLE forgotten;
DROP TABLE governance;
