-- +goose Up
-- How far the connection of an integration has come.
CREATE TABLE integration_setups (
  integration_id BIGINT PRIMARY KEY REFERENCES integrations(id),
  findings TEXT NOT NULL DEFAULT '[]',    -- []models.Finding of the last check
  problem TEXT NOT NULL DEFAULT '',       -- why it could not be made
  checked_at BIGINT NOT NULL DEFAULT 0,
  hooks TEXT NOT NULL DEFAULT '[]',       -- []models.HookMade
  hooked_at BIGINT NOT NULL DEFAULT 0
);

-- +goose Down
DROP TABLE integration_setups;
