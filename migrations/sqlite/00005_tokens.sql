-- +goose Up
-- While a token is rotated its old value works on, until old_until_at.
ALTER TABLE tokens ADD COLUMN old_hash TEXT NOT NULL DEFAULT '';
ALTER TABLE tokens ADD COLUMN old_last4 TEXT NOT NULL DEFAULT '';
ALTER TABLE tokens ADD COLUMN old_until_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tokens ADD COLUMN old_used_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tokens ADD COLUMN rotated_at INTEGER NOT NULL DEFAULT 0;
CREATE INDEX tokens_old ON tokens(old_hash);

-- +goose Down
DROP INDEX tokens_old;
ALTER TABLE tokens DROP COLUMN rotated_at;
ALTER TABLE tokens DROP COLUMN old_used_at;
ALTER TABLE tokens DROP COLUMN old_until_at;
ALTER TABLE tokens DROP COLUMN old_last4;
ALTER TABLE tokens DROP COLUMN old_hash;
