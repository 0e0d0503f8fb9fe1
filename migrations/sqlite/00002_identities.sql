-- +goose Up
CREATE TABLE identities (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  person_id INTEGER NOT NULL REFERENCES people(id),
  issuer TEXT NOT NULL,                   -- the provider: https://login.example.com, https://github.com
  subject TEXT NOT NULL,                  -- the person there, for good
  label TEXT NOT NULL,                    -- what the person recognises it by
  created_at INTEGER NOT NULL,
  UNIQUE (issuer, subject)
);
CREATE INDEX identities_person ON identities(person_id);

-- +goose Down
DROP TABLE identities;
