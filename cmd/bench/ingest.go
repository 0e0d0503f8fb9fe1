package main

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"time"

	_ "modernc.org/sqlite" // the driver named "sqlite"
)

// clients is how many post at a time, and how many writers the limits have.
const clients = 64

// ingest measures durable posts against what the disk and SQLite allow.
func ingest(ctx context.Context, o options) ([]row, error) {
	h, err := openHub(ctx, o)
	if err != nil {
		return nil, err
	}
	defer h.close()
	raw, err := openRaw(o.dir)
	if err != nil {
		return nil, err
	}
	defer raw.close()
	var grouped, alone, latency pairs
	for round := range o.rounds {
		if err := ingestRound(h, raw, round, &grouped, &alone, &latency); err != nil {
			return nil, err
		}
	}
	return []row{
		grouped.row("A1 durable posts, 64 clients ÷ raw group commit", 0.45, true, perSecond),
		alone.row("A2 durable posts, 64 clients ÷ a transaction each", 4, true, perSecond),
		latency.row("A4 one client's p50 ÷ fdatasync's p50", 2.5, false, duration),
	}, nil
}

func ingestRound(h *hub, raw *rawDisk, round int, grouped, alone, latency *pairs) error {
	posts, err := rate(clients, func(w, n int) error {
		return h.post(event(fmt.Sprintf("r%d-%d-%d", round, w, n), n), single)
	})
	if err != nil {
		return err
	}
	group, err := rate(clients, func(w, n int) error { return raw.grouped(fmt.Sprintf("g%d-%d-%d", round, w, n)) })
	if err != nil {
		return err
	}
	each, err := rate(clients, func(w, n int) error { return raw.insert(fmt.Sprintf("e%d-%d-%d", round, w, n)) })
	if err != nil {
		return err
	}
	one, err := p50(150, func(n int) error { return h.post(event(fmt.Sprintf("s%d-%d", round, n), n), single) })
	if err != nil {
		return err
	}
	flush, err := p50(150, func(int) error { return raw.flush() })
	grouped.add(posts, group)
	alone.add(posts, each)
	latency.add(float64(one), float64(flush))
	return err
}

// rawDisk is the limit: rows of the same size in plain SQLite, flushed at commit
// like ours, and a plain file.
type rawDisk struct {
	dir   string
	db    *sql.DB
	file  *os.File
	queue chan rawRow
}

type rawRow struct {
	id   string
	done chan error
}

func openRaw(dir string) (r *rawDisk, err error) {
	r = &rawDisk{queue: make(chan rawRow, 512)}
	if r.dir, err = os.MkdirTemp(dir, "throughline-raw-"); err != nil {
		return nil, err
	}
	r.db, err = sql.Open("sqlite", "file:"+filepath.Join(r.dir, "raw.db")+"?_txlock=immediate&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=busy_timeout(10000)")
	if err != nil {
		return nil, err
	}
	r.db.SetMaxOpenConns(1)
	if _, err = r.db.Exec(`CREATE TABLE events (id TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID`); err != nil {
		return nil, err
	}
	if r.file, err = os.Create(filepath.Join(r.dir, "flush")); err != nil {
		return nil, err
	}
	go r.write() // ends when close closes the queue
	return r, nil
}

func (r *rawDisk) close() {
	close(r.queue)
	_ = r.db.Close()
	_ = r.file.Close()
	_ = os.RemoveAll(r.dir)
}

// insert is a transaction of its own.
func (r *rawDisk) insert(id string) error {
	_, err := r.db.Exec(`INSERT INTO events VALUES (?, ?)`, id, event(id, 0))
	return err
}

func (r *rawDisk) grouped(id string) error {
	row := rawRow{id, make(chan error, 1)}
	r.queue <- row
	return <-row.done
}

// write commits whatever waits together.
func (r *rawDisk) write() {
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
	insert, err := tx.Prepare(`INSERT INTO events VALUES (?, ?)`)
	if err != nil {
		return err
	}
	for _, row := range group {
		if _, err := insert.Exec(row.id, event(row.id, 0)); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// flush writes a page and waits for the disk.
func (r *rawDisk) flush() error {
	if _, err := r.file.WriteAt(make([]byte, 4096), time.Now().UnixNano()%64*4096); err != nil {
		return err
	}
	return flushed(r.file)
}
