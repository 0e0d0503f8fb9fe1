-- +goose Up
CREATE TABLE teams (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  key TEXT NOT NULL UNIQUE,               -- a slug: fraud-data
  name TEXT NOT NULL,
  created_at INTEGER NOT NULL
);

CREATE TABLE team_members (
  team_id INTEGER NOT NULL REFERENCES teams(id),
  person_id INTEGER NOT NULL REFERENCES people(id),
  craft TEXT NOT NULL DEFAULT '',         -- models.Function
  lead INTEGER NOT NULL DEFAULT 0,        -- may change the members
  created_at INTEGER NOT NULL,
  PRIMARY KEY (team_id, person_id)
);
CREATE INDEX team_members_person ON team_members(person_id);

CREATE TABLE team_roles (
  project_id INTEGER NOT NULL REFERENCES projects(id),
  team_id INTEGER NOT NULL REFERENCES teams(id),
  role TEXT NOT NULL,
  craft TEXT NOT NULL DEFAULT '',
  created_at INTEGER NOT NULL,
  PRIMARY KEY (project_id, team_id)
);
CREATE INDEX team_roles_team ON team_roles(team_id);

ALTER TABLE memberships ADD COLUMN craft TEXT NOT NULL DEFAULT '';
CREATE INDEX memberships_person ON memberships(person_id);
ALTER TABLE tokens ADD COLUMN maker_id INTEGER NOT NULL DEFAULT 0; -- the person who made it

-- Every role that a person holds in a project, of their own or through a team.
-- A role in the whole hub is people.hub_role.
CREATE VIEW project_access AS
  SELECT person_id, project_id, role FROM memberships
  UNION ALL
  SELECT m.person_id, r.project_id, r.role FROM team_members m JOIN team_roles r ON r.team_id = m.team_id;

-- When somebody's, or a team's, last access to a project was taken. Who has
-- access again is no leaver, whatever stands here.
CREATE TABLE departures (
  project_id INTEGER NOT NULL REFERENCES projects(id),
  person_id INTEGER NOT NULL DEFAULT 0,
  team_id INTEGER NOT NULL DEFAULT 0,
  left_at INTEGER NOT NULL,
  PRIMARY KEY (project_id, person_id, team_id)
);
CREATE INDEX departures_person ON departures(person_id);

CREATE TABLE invitations (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  hash TEXT NOT NULL UNIQUE,              -- sha256 of the code in the link
  email TEXT NOT NULL DEFAULT '',         -- for this address only
  project_id INTEGER NOT NULL DEFAULT 0,
  role TEXT NOT NULL DEFAULT '',          -- in the project
  team_id INTEGER NOT NULL DEFAULT 0,
  hub_role TEXT NOT NULL DEFAULT '',
  craft TEXT NOT NULL DEFAULT '',
  actor TEXT NOT NULL,                    -- who invited: person:3, token:7
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  used_at INTEGER NOT NULL DEFAULT 0,
  used_by INTEGER NOT NULL DEFAULT 0,     -- the person
  revoked_at INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX invitations_open ON invitations(expires_at) WHERE used_at = 0 AND revoked_at = 0;

-- +goose Down
DROP TABLE invitations;
DROP TABLE departures;
DROP VIEW project_access;
ALTER TABLE tokens DROP COLUMN maker_id;
DROP INDEX memberships_person;
ALTER TABLE memberships DROP COLUMN craft;
DROP TABLE team_roles;
DROP TABLE team_members;
DROP TABLE teams;
