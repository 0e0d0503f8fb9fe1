-- +goose Up
-- The head of the chain of activity, SEQ:HASH, kept up to date by each commit: rows
-- cut off the end are missed.
INSERT INTO hub (name, value) SELECT 'activity.head', COALESCE((SELECT seq || ':' || hash FROM activity ORDER BY seq DESC LIMIT 1), '0:');

-- Auditors ask who did something, and who did what.
CREATE INDEX activity_actor ON activity(actor, seq);
CREATE INDEX activity_action ON activity(action, seq);

-- +goose Down
DROP INDEX activity_action;
DROP INDEX activity_actor;
DELETE FROM hub WHERE name = 'activity.head';
