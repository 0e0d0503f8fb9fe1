-- +goose Up
-- A sign-in has a name that may be shown, unlike its hash, and says how it came about.
ALTER TABLE sessions ADD COLUMN public_id TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN via TEXT NOT NULL DEFAULT 'password'; -- password, passkey, oidc, github, reset
ALTER TABLE sessions ADD COLUMN strong INTEGER NOT NULL DEFAULT 0;    -- two factors were shown
ALTER TABLE sessions ADD COLUMN proved_at INTEGER NOT NULL DEFAULT 0; -- when the person last proved who they are
UPDATE sessions SET public_id = lower(hex(randomblob(12)));
CREATE UNIQUE INDEX sessions_public ON sessions(public_id);

ALTER TABLE people ADD COLUMN passkey_handle TEXT NOT NULL DEFAULT ''; -- random; by it a passkey names its person

CREATE TABLE totp_secrets (
  person_id INTEGER PRIMARY KEY REFERENCES people(id),
  secret TEXT NOT NULL,                   -- sealed
  last_step INTEGER NOT NULL,             -- of the newest code that was used: none works twice
  created_at INTEGER NOT NULL
);

CREATE TABLE recovery_codes (
  hash TEXT PRIMARY KEY,                  -- sha256 of 120 random bits
  person_id INTEGER NOT NULL REFERENCES people(id),
  created_at INTEGER NOT NULL,
  used_at INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX recovery_codes_person ON recovery_codes(person_id);

CREATE TABLE passkeys (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  person_id INTEGER NOT NULL REFERENCES people(id),
  name TEXT NOT NULL,
  credential TEXT NOT NULL UNIQUE,        -- the authenticator's id of it, base64url
  record TEXT NOT NULL,                   -- public key, flags and counter, JSON
  created_at INTEGER NOT NULL,
  used_at INTEGER NOT NULL DEFAULT 0,
  warned_at INTEGER NOT NULL DEFAULT 0    -- its counter went back: it may be a copy
);
CREATE INDEX passkeys_person ON passkeys(person_id);

CREATE TABLE challenges (
  hash TEXT PRIMARY KEY,                  -- sha256 of the challenge
  purpose TEXT NOT NULL,                  -- register, sign in, second, prove
  bound TEXT NOT NULL DEFAULT '',         -- the session or sign-in it belongs to
  data TEXT NOT NULL,
  expires_at INTEGER NOT NULL
);

CREATE TABLE sign_ins (
  hash TEXT PRIMARY KEY,                  -- sha256 of the cookie's value; awaits the second factor
  person_id INTEGER NOT NULL REFERENCES people(id),
  via TEXT NOT NULL,
  next TEXT NOT NULL,
  tries INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
);

CREATE TABLE reset_links (
  hash TEXT PRIMARY KEY,                  -- sha256 of the code in the link
  person_id INTEGER NOT NULL REFERENCES people(id),
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  used_at INTEGER NOT NULL DEFAULT 0
);

-- +goose Down
DELETE FROM hub WHERE name = 'second_factor';
DROP TABLE reset_links;
DROP TABLE sign_ins;
DROP TABLE challenges;
DROP TABLE passkeys;
DROP TABLE recovery_codes;
DROP TABLE totp_secrets;
ALTER TABLE people DROP COLUMN passkey_handle;
DROP INDEX sessions_public;
ALTER TABLE sessions DROP COLUMN proved_at;
ALTER TABLE sessions DROP COLUMN strong;
ALTER TABLE sessions DROP COLUMN via;
ALTER TABLE sessions DROP COLUMN public_id;
