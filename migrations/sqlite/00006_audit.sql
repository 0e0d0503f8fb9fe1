-- +goose Up
-- The head of the chain of activity, SEQ:HASH, kept up to date by each commit: rows
-- cut off the end are missed.
INSERT INTO hub (name, value) SELECT 'activity.head', COALESCE((SELECT seq || ':' || hash FROM activity ORDER BY seq DESC LIMIT 1), '0:');

-- +goose Down
DELETE FROM hub WHERE name = 'activity.head';
