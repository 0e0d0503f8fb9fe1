package main

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"sync"
)

// tracked are MLflow's own tables of metrics in SQLite (mlflow/store/tracking/
// dbmodels/models.py, SqlMetric and SqlLatestMetric), written without any server:
// a limit that MLflow itself can not reach.
type tracked struct {
	dir     string
	db      *sql.DB
	mu      sync.Mutex
	batches int
}

var trackedTables = []string{
	`CREATE TABLE metrics (key VARCHAR(250) NOT NULL, value FLOAT NOT NULL, timestamp BIGINT NOT NULL, run_uuid VARCHAR(32) NOT NULL, step BIGINT NOT NULL DEFAULT 0, is_nan BOOLEAN NOT NULL DEFAULT 0,
 CONSTRAINT metric_pk PRIMARY KEY (key, timestamp, step, run_uuid, value, is_nan))`,
	`CREATE INDEX index_metrics_run_uuid ON metrics (run_uuid)`,
	`CREATE INDEX index_metrics_run_uuid_key_step ON metrics (run_uuid, key, step)`,
	`CREATE TABLE latest_metrics (key VARCHAR(250) NOT NULL, value FLOAT NOT NULL, timestamp BIGINT, step BIGINT NOT NULL, is_nan BOOLEAN NOT NULL, run_uuid VARCHAR(32) NOT NULL,
 CONSTRAINT latest_metric_pk PRIMARY KEY (key, run_uuid))`,
	`CREATE INDEX index_latest_metrics_run_uuid ON latest_metrics (run_uuid)`,
}

func openTracked(ctx context.Context, dir string) (*tracked, error) {
	dir, err := os.MkdirTemp(dir, "throughline-tracked-")
	if err != nil {
		return nil, err
	}
	t := &tracked{dir: dir}
	t.db, err = sql.Open("sqlite", "file:"+filepath.Join(dir, "mlflow.db")+"?_txlock=immediate&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=cache_size(-65536)&_pragma=wal_autocheckpoint(4000)")
	if err != nil {
		return nil, err
	}
	t.db.SetMaxOpenConns(1)
	for _, text := range trackedTables {
		if _, err := t.db.ExecContext(ctx, text); err != nil {
			return nil, err
		}
	}
	return t, nil
}

func (t *tracked) sent() int { return t.batches * batchPoints }

// batch is one call's work in one transaction.
func (t *tracked) batch(s shape, round, w, n int) error {
	tx, err := t.db.Begin()
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // does nothing after the commit
	point, err := tx.Prepare(`INSERT INTO metrics (key, value, timestamp, run_uuid, step, is_nan) VALUES (?, ?, ?, ?, ?, 0)`)
	if err != nil {
		return err
	}
	latest, err := tx.Prepare(`INSERT INTO latest_metrics (key, value, timestamp, step, is_nan, run_uuid) VALUES (?, ?, ?, ?, 0, ?)
 ON CONFLICT (key, run_uuid) DO UPDATE SET value = excluded.value, timestamp = excluded.timestamp, step = excluded.step WHERE (excluded.step, excluded.timestamp, excluded.value) > (step, timestamp, value)`)
	if err != nil {
		return err
	}
	run := fmt.Sprintf("%032d", round*1000+w)
	for i := range batchPoints {
		key, step := i%s.keys, n*batchPoints/s.keys+i/s.keys
		name, at := fmt.Sprintf("metric_%d", key), int64(1700000000000+step*1000)
		if _, err := point.Exec(name, value(key, step), at, run, step); err != nil {
			return err
		}
		if i >= batchPoints-s.keys {
			if _, err := latest.Exec(name, value(key, step), at, step, run); err != nil {
				return err
			}
		}
	}
	t.mu.Lock()
	t.batches++
	t.mu.Unlock()
	return tx.Commit()
}

func (t *tracked) close() {
	_ = t.db.Close()
	_ = os.RemoveAll(t.dir)
}
