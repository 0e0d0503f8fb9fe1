-- +goose Up
-- Times are Unix milliseconds in columns named …_at (0: never); JSON is text; flags are 0 or 1.

CREATE TABLE people (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  email TEXT NOT NULL UNIQUE,            -- lower case
  name TEXT NOT NULL,
  password_hash TEXT NOT NULL DEFAULT '', -- argon2id; empty: no password login
  hub_role TEXT NOT NULL DEFAULT '',      -- a role held in every project
  password_at INTEGER NOT NULL DEFAULT 0, -- sessions older than this are over
  disabled_at INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL
);

CREATE TABLE projects (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  key TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  description TEXT NOT NULL DEFAULT '',
  rules TEXT NOT NULL DEFAULT '[]',       -- placement rules, JSON
  tasks INTEGER NOT NULL DEFAULT 0,       -- the number of the last KEY-n
  created_at INTEGER NOT NULL
);

CREATE TABLE memberships (
  project_id INTEGER NOT NULL REFERENCES projects(id),
  person_id INTEGER NOT NULL REFERENCES people(id),
  role TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (project_id, person_id)
);

CREATE TABLE sessions (
  hash TEXT PRIMARY KEY,                  -- sha256 of the cookie's value
  person_id INTEGER NOT NULL REFERENCES people(id),
  csrf TEXT NOT NULL,
  agent TEXT NOT NULL DEFAULT '',
  created_at INTEGER NOT NULL,
  seen_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
);
CREATE INDEX sessions_person ON sessions(person_id);

CREATE TABLE tokens (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  hash TEXT NOT NULL UNIQUE,              -- sha256 of the value
  prefix TEXT NOT NULL,
  last4 TEXT NOT NULL,
  role TEXT NOT NULL,
  project_id INTEGER REFERENCES projects(id), -- null: hub-wide
  scopes TEXT NOT NULL DEFAULT '[]',
  created_by TEXT NOT NULL DEFAULT '',
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL DEFAULT 0,
  revoked_at INTEGER NOT NULL DEFAULT 0,
  last_used_at INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE setup_links (
  hash TEXT PRIMARY KEY,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  used_at INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE integrations (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  project_id INTEGER NOT NULL REFERENCES projects(id),
  source TEXT NOT NULL,
  name TEXT NOT NULL,
  settings TEXT NOT NULL DEFAULT '{}',
  secrets TEXT NOT NULL DEFAULT '{}',
  state TEXT NOT NULL DEFAULT 'waiting',  -- waiting, ok, failing, paused
  error TEXT NOT NULL DEFAULT '',
  cursor TEXT NOT NULL DEFAULT '',
  failures INTEGER NOT NULL DEFAULT 0,
  bad_signatures INTEGER NOT NULL DEFAULT 0,
  unmatched INTEGER NOT NULL DEFAULT 0,
  last_event_at INTEGER NOT NULL DEFAULT 0,
  last_upstream_at INTEGER NOT NULL DEFAULT 0, -- the newest event's own time
  polled_at INTEGER NOT NULL DEFAULT 0,
  paused_until_at INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  deleted_at INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX integrations_name ON integrations(source, name) WHERE deleted_at = 0;
CREATE INDEX integrations_project ON integrations(project_id);

CREATE TABLE deliveries (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  integration_id INTEGER NOT NULL REFERENCES integrations(id),
  event_id TEXT NOT NULL,
  name TEXT NOT NULL,
  state TEXT NOT NULL,                    -- applied, ignored, parked
  error TEXT NOT NULL DEFAULT '',
  header TEXT NOT NULL DEFAULT '{}',
  body BLOB NOT NULL,
  actor TEXT NOT NULL DEFAULT '',
  seq INTEGER NOT NULL DEFAULT 0,         -- the last activity it caused
  received_at INTEGER NOT NULL
);
CREATE UNIQUE INDEX deliveries_event ON deliveries(integration_id, event_id);
CREATE INDEX deliveries_parked ON deliveries(integration_id, id) WHERE state = 'parked';

CREATE TABLE subjects (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL,
  key TEXT NOT NULL,
  integration_id INTEGER NOT NULL DEFAULT 0, -- 0 for neutral kinds
  home_id INTEGER NOT NULL DEFAULT 0,     -- models and versions: the project that registered the model
  title TEXT NOT NULL DEFAULT '',
  url TEXT NOT NULL DEFAULT '',
  state TEXT NOT NULL DEFAULT '',         -- in force; what sources declared is in facts
  raw TEXT NOT NULL DEFAULT '',
  checks TEXT NOT NULL DEFAULT '',        -- pull requests: all checks of the head together
  described INTEGER NOT NULL DEFAULT 0,
  facts TEXT NOT NULL DEFAULT '{}',
  seq INTEGER NOT NULL DEFAULT 0,
  state_at INTEGER NOT NULL DEFAULT 0,
  upstream_at INTEGER NOT NULL DEFAULT 0, -- the newest time a source said of it
  updated_at INTEGER NOT NULL
);
CREATE UNIQUE INDEX subjects_key ON subjects(kind, key, integration_id);
CREATE INDEX subjects_newest ON subjects(kind, upstream_at, id);
CREATE INDEX subjects_url ON subjects(url) WHERE url <> '';

CREATE TABLE project_subjects (
  subject_id INTEGER NOT NULL REFERENCES subjects(id),
  project_id INTEGER NOT NULL REFERENCES projects(id),
  PRIMARY KEY (subject_id, project_id)
) WITHOUT ROWID;

CREATE TABLE links (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  from_id INTEGER NOT NULL REFERENCES subjects(id),
  to_id INTEGER NOT NULL REFERENCES subjects(id),
  relation TEXT NOT NULL,
  evidence TEXT NOT NULL,
  integration_id INTEGER NOT NULL DEFAULT 0, -- 0: a person's
  actor TEXT NOT NULL DEFAULT '',
  by_name TEXT NOT NULL DEFAULT '',
  delivery_id INTEGER NOT NULL DEFAULT 0,
  rank TEXT NOT NULL DEFAULT '',
  since_at INTEGER NOT NULL,
  until_at INTEGER NOT NULL DEFAULT 0     -- 0: still so
);
CREATE UNIQUE INDEX links_from ON links(from_id, relation, to_id, integration_id) WHERE until_at = 0;
CREATE INDEX links_to ON links(to_id, relation, from_id) WHERE until_at = 0;

CREATE TABLE owners (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  subject_id INTEGER NOT NULL REFERENCES subjects(id),
  person TEXT NOT NULL,
  answers_as TEXT NOT NULL DEFAULT 'owner',
  evidence TEXT NOT NULL,
  integration_id INTEGER NOT NULL DEFAULT 0,
  actor TEXT NOT NULL DEFAULT '',
  by_name TEXT NOT NULL DEFAULT '',
  rank TEXT NOT NULL DEFAULT '',
  since_at INTEGER NOT NULL,
  until_at INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX owners_subject ON owners(subject_id);
CREATE INDEX owners_person ON owners(person) WHERE until_at = 0;

CREATE TABLE deployments (
  subject_id INTEGER PRIMARY KEY REFERENCES subjects(id),
  project_id INTEGER NOT NULL DEFAULT 0,   -- the project whose source told of it
  environment TEXT NOT NULL,
  model TEXT NOT NULL DEFAULT '',         -- empty: a commit was deployed
  version TEXT NOT NULL DEFAULT '',
  declared TEXT NOT NULL,                 -- the state its source gave it
  share REAL NOT NULL DEFAULT 1,
  deployed_at INTEGER NOT NULL
);
CREATE INDEX deployments_line ON deployments(environment, model, deployed_at);
CREATE INDEX deployments_model ON deployments(model, version);

CREATE TABLE board_columns (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  project_id INTEGER NOT NULL REFERENCES projects(id),
  name TEXT NOT NULL,
  position INTEGER NOT NULL,
  card_limit INTEGER NOT NULL DEFAULT 0,
  cards INTEGER NOT NULL DEFAULT 0        -- counter
);
CREATE INDEX board_columns_project ON board_columns(project_id, position);

CREATE TABLE cards (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  project_id INTEGER NOT NULL REFERENCES projects(id),
  column_id INTEGER NOT NULL REFERENCES board_columns(id),
  subject_id INTEGER NOT NULL REFERENCES subjects(id),
  kind TEXT NOT NULL,
  position REAL NOT NULL,
  version INTEGER NOT NULL DEFAULT 1,
  placed TEXT NOT NULL DEFAULT '{}',      -- models.Placement
  moved_from INTEGER NOT NULL DEFAULT -1, -- a person's move: the place in the row of columns that the rules then meant; -1: none
  updated_at INTEGER NOT NULL
);
CREATE UNIQUE INDEX cards_subject ON cards(subject_id, project_id);
CREATE INDEX cards_column ON cards(column_id, position, id);

CREATE TABLE activity (
  seq INTEGER PRIMARY KEY,                -- strictly growing in the order of commits
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  by_name TEXT NOT NULL,
  action TEXT NOT NULL,
  project_id INTEGER NOT NULL DEFAULT 0,
  subject_id INTEGER NOT NULL DEFAULT 0,
  detail TEXT NOT NULL DEFAULT '{}',
  hash TEXT NOT NULL                      -- sha256 of the row before and this row
);
CREATE INDEX activity_project ON activity(project_id, seq);
CREATE INDEX activity_subject ON activity(subject_id, seq);

CREATE TABLE comments (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  subject_id INTEGER NOT NULL REFERENCES subjects(id),
  actor TEXT NOT NULL,
  author TEXT NOT NULL,
  body TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  edited_at INTEGER NOT NULL DEFAULT 0,
  deleted_at INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX comments_subject ON comments(subject_id, id);

CREATE TABLE model_card_revisions (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  subject_id INTEGER NOT NULL REFERENCES subjects(id), -- the model
  number INTEGER NOT NULL,
  version TEXT NOT NULL DEFAULT '',
  markdown TEXT NOT NULL,
  problems TEXT NOT NULL DEFAULT '[]',
  sections TEXT NOT NULL DEFAULT '[]',
  digest TEXT NOT NULL,                   -- sha256 of the text
  actor TEXT NOT NULL,
  by_name TEXT NOT NULL,
  written_at INTEGER NOT NULL,
  UNIQUE (subject_id, number)
);

CREATE TABLE hub (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
);

CREATE VIRTUAL TABLE search USING fts5(title, key, body, content='', contentless_delete=1, tokenize='unicode61 remove_diacritics 2');

-- +goose Down
DROP TABLE search;
DROP TABLE hub;
DROP TABLE model_card_revisions;
DROP TABLE comments;
DROP TABLE activity;
DROP TABLE cards;
DROP TABLE board_columns;
DROP TABLE deployments;
DROP TABLE owners;
DROP TABLE links;
DROP TABLE project_subjects;
DROP TABLE subjects;
DROP TABLE deliveries;
DROP TABLE integrations;
DROP TABLE setup_links;
DROP TABLE tokens;
DROP TABLE sessions;
DROP TABLE memberships;
DROP TABLE projects;
DROP TABLE people;
