-- +goose Up
-- How far the first import of a source is, and what became of each repository.
ALTER TABLE integrations ADD COLUMN progress TEXT NOT NULL DEFAULT '{}'; -- models.Progress
ALTER TABLE integrations ADD COLUMN halted_at BIGINT NOT NULL DEFAULT 0; -- a person stopped the asking

CREATE TABLE repository_syncs (
  integration_id BIGINT NOT NULL REFERENCES integrations(id),
  repository TEXT NOT NULL,               -- its key: github.com/acme/fraud
  state TEXT NOT NULL,                    -- waiting, importing, ok, failing, gone
  error TEXT NOT NULL DEFAULT '',
  hook TEXT NOT NULL DEFAULT '',          -- of the webhook: ok, missing, failing; empty: unknown
  synced_at BIGINT NOT NULL DEFAULT 0,   -- last asked without fault
  PRIMARY KEY (integration_id, repository)
);

-- +goose Down
DROP TABLE repository_syncs;
ALTER TABLE integrations DROP COLUMN halted_at;
ALTER TABLE integrations DROP COLUMN progress;
