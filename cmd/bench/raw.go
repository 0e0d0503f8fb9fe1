package main

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	_ "modernc.org/sqlite" // the driver named "sqlite"

	"throughline/models/store"
)

// oneRow is the strictest limit: an event is one row of a table without any
// further index.
var oneRow = []string{`INSERT INTO events VALUES (?2, ?3)`}

// sameRows are the rows that a new run's event leaves in the program's own
// tables, with their indexes: the delivery, the run, its place in the project, its
// card, the column's counter and the activity. The limit writes each once and
// already finished, checks no foreign key and reads nothing before it writes.
// The words of search are left out on both sides: they follow the answer.
var sameRows = []string{
	`INSERT INTO deliveries (id, integration_id, event_id, name, state, header, body, actor, received_at) VALUES (?1, 1, ?2, 'dev.throughline.run.started.v1', 'applied', '{"Content-Type":"application/cloudevents+json"}', ?3, 'token:1', ?1)`,
	`INSERT INTO subjects (id, kind, key, integration_id, title, state, described, facts, seq, upstream_at, updated_at) VALUES (?1, 'run', ?2, 1, ?2, 'running', 1, ?3, ?1, ?1, ?1)`,
	`INSERT INTO project_subjects (subject_id, project_id) VALUES (?1, 1)`,
	`INSERT INTO cards (id, project_id, column_id, subject_id, kind, position, placed, updated_at) VALUES (?1, 1, 1, ?1, 'run', -?1, '{"rule":"running run","event":"dev.throughline.run.started.v1","source":"cloudevents/bench"}', ?1)`,
	`UPDATE board_columns SET cards = cards + 1 WHERE id = 1`,
	`INSERT INTO activity (seq, at, actor, by_name, action, project_id, subject_id, detail, hash) VALUES (?1, ?1, 'token:1', 'bench', 'subject.changed', 1, ?1, '{"changed":["experiment","name","metric.auc","metric.loss","param.lr","param.depth","state","user"],"delivery":1,"event":"dev.throughline.run.started.v1"}', '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08')`,
}

// rawDisk is plain SQLite in a file of its own, flushed at every commit like ours
// (WAL with synchronous FULL), and a plain file.
type rawDisk struct {
	dir   string
	db    *sql.DB
	write []*sql.Stmt // of one event
	last  atomic.Int64
	file  *os.File
	queue chan rawRow
}

type rawRow struct {
	id   string
	done chan error
}

func openRaw(ctx context.Context, dir string, statements []string) (r *rawDisk, err error) {
	r = &rawDisk{queue: make(chan rawRow, 512)}
	r.last.Store(1000) // beyond the rows of a new database
	if r.dir, err = os.MkdirTemp(dir, "throughline-raw-"); err != nil {
		return nil, err
	}
	if err = r.prepare(ctx, statements); err != nil {
		return nil, err
	}
	if r.file, err = os.Create(filepath.Join(r.dir, "flush")); err != nil {
		return nil, err
	}
	go r.writer() // ends when close closes the queue
	return r, nil
}

// prepare makes the program's tables and one for the strictest limit.
func (r *rawDisk) prepare(ctx context.Context, statements []string) (err error) {
	if _, _, err = store.Migrate(ctx, store.Options{DataDir: r.dir}); err != nil {
		return err
	}
	file := filepath.Join(r.dir, "throughline.db")
	r.db, err = sql.Open("sqlite", "file:"+file+"?_txlock=immediate&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=cache_size(-65536)&_pragma=wal_autocheckpoint(4000)")
	if err != nil {
		return err
	}
	r.db.SetMaxOpenConns(1)
	if _, err = r.db.ExecContext(ctx, `CREATE TABLE events (id TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID`); err != nil {
		return err
	}
	for _, text := range statements {
		statement, err := r.db.PrepareContext(ctx, text)
		if err != nil {
			return fmt.Errorf("prepare %s: %w", text, err)
		}
		r.write = append(r.write, statement)
	}
	return nil
}

func (r *rawDisk) close() {
	close(r.queue)
	_ = r.db.Close()
	_ = r.file.Close()
	_ = os.RemoveAll(r.dir)
}

// insert is a transaction of its own.
func (r *rawDisk) insert(id string) error { return r.commit([]rawRow{{id: id}}) }

func (r *rawDisk) grouped(id string) error {
	row := rawRow{id, make(chan error, 1)}
	r.queue <- row
	return <-row.done
}

// writer commits whatever waits together.
func (r *rawDisk) writer() {
	for first := range r.queue {
		group := []rawRow{first}
		for len(r.queue) > 0 && len(group) < 512 {
			group = append(group, <-r.queue)
		}
		err := r.commit(group)
		for _, row := range group {
			row.done <- err
		}
	}
}

func (r *rawDisk) commit(group []rawRow) error {
	tx, err := r.db.Begin()
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // does nothing after the commit
	write := make([]*sql.Stmt, len(r.write))
	for i, statement := range r.write {
		write[i] = tx.Stmt(statement)
	}
	for _, row := range group {
		if err := r.put(write, row.id); err != nil {
			return err
		}
	}
	return tx.Commit()
}

func (r *rawDisk) put(write []*sql.Stmt, id string) error {
	n := r.last.Add(1)
	for _, statement := range write {
		if _, err := statement.Exec(n, id, event(id, 0)); err != nil {
			return err
		}
	}
	return nil
}

// flush writes a page and waits for the disk.
func (r *rawDisk) flush() error {
	if _, err := r.file.WriteAt(make([]byte, 4096), time.Now().UnixNano()%64*4096); err != nil {
		return err
	}
	return flushed(r.file)
}
