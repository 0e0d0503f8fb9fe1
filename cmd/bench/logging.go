package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync"
)

const (
	scripts     = 4    // training scripts that log at a time
	batchPoints = 1000 // metrics of one call: the most that MLflow takes
)

// shape is how a call's points spread over metrics.
type shape struct {
	name string
	keys int
}

var shapes = []shape{{"10 metrics × 100 steps", 10}, {"1,000 metrics × 1 step", 1000}}

// logging measures MLflow's hot call against MLflow's own tables without a server
// around them, and against an MLflow server, if the flags name one.
func logging(ctx context.Context, o options) (rows []row, err error) {
	for _, s := range shapes {
		more, err := s.measure(ctx, o)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.name, err)
		}
		rows = append(rows, more...)
	}
	return rows, nil
}

func (s shape) measure(ctx context.Context, o options) (rows []row, err error) {
	h, err := openHub(ctx, o)
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(h.dir) }()
	raw, err := openTracked(ctx, o.dir)
	if err != nil {
		return nil, err
	}
	defer raw.close()
	ours := s.logger(h.client, "http://"+h.address+"/p/BENCH", h.token)
	theirs := s.logger(h.client, o.mlflow, "")
	var limit, peer pairs
	for round := range o.rounds {
		calls := []func(w, n int) error{ours.round(round), func(w, n int) error { return raw.batch(s, round, w, n) }}
		if o.mlflow != "" {
			calls = append(calls, theirs.round(round))
		}
		perSecond := make([]float64, len(calls))
		for i, do := range calls {
			if perSecond[i], err = rate(o.window, scripts, do); err != nil {
				return nil, err
			}
		}
		limit.add(perSecond[0], perSecond[1])
		if o.mlflow != "" {
			peer.add(perSecond[0], perSecond[2])
		}
	}
	rows = append(rows, limit.row("A3 log-batch, "+s.name+" ÷ a transaction on MLflow's tables", 3, true, perSecond))
	if o.mlflow == "" {
		rows = append(rows, absentRow("A3 the same ÷ an MLflow server", 10))
	} else {
		rows = append(rows, peer.row("A3 the same ÷ an MLflow server", 10, true, perSecond))
	}
	bytes, err := bytesOf(h, ours, raw)
	return append(rows, bytes), err
}

// packedSize is a database's size without what is free in it.
func packedSize(file string) (int64, error) {
	db, err := sql.Open("sqlite", "file:"+file)
	if err != nil {
		return 0, err
	}
	defer func() { _ = db.Close() }()
	if _, err := db.Exec(`VACUUM`); err != nil {
		return 0, err
	}
	if _, err := db.Exec(`PRAGMA wal_checkpoint(TRUNCATE)`); err != nil {
		return 0, err
	}
	at, err := os.Stat(file)
	if err != nil {
		return 0, err
	}
	return at.Size(), nil
}

// end ends all runs, as scripts do.
func (l *logger) end() error {
	for _, id := range l.runs {
		if err := l.call("runs/update", []byte(`{"run_id":"`+id+`","status":"FINISHED","end_time":1800000000000}`), nil); err != nil {
			return err
		}
	}
	return nil
}

// bytesOf compares what a metric takes on disk.
func bytesOf(h *hub, ours *logger, raw *tracked) (row, error) {
	if err := ours.end(); err != nil {
		return row{}, err
	}
	h.stop()
	mine, err := packedSize(filepath.Join(h.dir, "throughline.db"))
	if err != nil {
		return row{}, err
	}
	_ = raw.db.Close()
	theirs, err := packedSize(filepath.Join(raw.dir, "mlflow.db"))
	if err != nil {
		return row{}, err
	}
	var p pairs
	p.add(float64(mine)/float64(ours.sent()), float64(theirs)/float64(raw.sent()))
	return p.row("A3 bytes of a metric ÷ MLflow's tables", 0.25, false, func(v float64) string { return fmt.Sprintf("%.1f B", v) }), nil
}

// logger logs to one tracking server as scripts do: each to a run of its own.
type logger struct {
	shape
	client         *http.Client
	address, token string

	mu      sync.Mutex
	runs    map[string]string // by round and script
	batches int
}

func (s shape) logger(client *http.Client, address, token string) *logger {
	return &logger{shape: s, client: client, address: address, token: token, runs: map[string]string{}}
}

func (l *logger) sent() int { return l.batches * batchPoints }

// round is the work of one round.
func (l *logger) round(round int) func(w, n int) error {
	return func(w, n int) error {
		run, err := l.run(fmt.Sprintf("%d-%d", round, w))
		if err != nil {
			return err
		}
		l.mu.Lock()
		l.batches++
		l.mu.Unlock()
		return l.call("runs/log-batch", l.body(run, n), nil)
	}
}

func (l *logger) run(name string) (string, error) {
	l.mu.Lock()
	id := l.runs[name]
	l.mu.Unlock()
	if id != "" {
		return id, nil
	}
	var made struct {
		Run struct {
			Info struct {
				ID string `json:"run_id"`
			} `json:"info"`
		} `json:"run"`
	}
	err := l.call("runs/create", []byte(`{"experiment_id":"0","run_name":"`+name+`","start_time":`+strconv.Itoa(1700000000000+len(name))+`}`), &made)
	if err == nil && made.Run.Info.ID == "" {
		err = errors.New("a run without an id")
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.runs[name] = made.Run.Info.ID
	return made.Run.Info.ID, err
}

// body is the nth call of a run.
func (l *logger) body(run string, n int) []byte {
	b := append(make([]byte, 0, 100<<10), `{"run_id":"`+run+`","metrics":[`...)
	for i := range batchPoints {
		if i > 0 {
			b = append(b, ',')
		}
		key, step := i%l.keys, n*batchPoints/l.keys+i/l.keys
		b = append(b, `{"key":"metric_`...)
		b = strconv.AppendInt(b, int64(key), 10)
		b = append(b, `","value":`...)
		b = strconv.AppendFloat(b, value(key, step), 'g', -1, 64)
		b = append(b, `,"timestamp":`...)
		b = strconv.AppendInt(b, int64(1700000000000+step*1000), 10)
		b = append(b, `,"step":`...)
		b = append(strconv.AppendInt(b, int64(step), 10), '}')
	}
	return append(b, `]}`...)
}

// value looks like a loss: no two points are alike.
func value(key, step int) float64 {
	return 1/float64(step+1) + float64(key)*0.001 + float64(step%7)*1e-5
}

func (l *logger) call(path string, body []byte, into any) error {
	request, err := http.NewRequest(http.MethodPost, l.address+"/api/2.0/mlflow/"+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	if l.token != "" {
		request.Header.Set("Authorization", "Bearer "+l.token)
	}
	if into == nil {
		return do(l.client, request, http.StatusOK)
	}
	answer, err := l.client.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", path, answer.Status)
	}
	return json.NewDecoder(answer.Body).Decode(into)
}
