package tfx

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"throughline/integrations"
	"throughline/integrations/fetch"
)

// layout are the tables that are read, as ML Metadata lays them out in SQLite.
const layout = `CREATE TABLE Type (id INTEGER PRIMARY KEY, name VARCHAR(255) NOT NULL, type_kind INT NOT NULL);
CREATE TABLE Artifact (id INTEGER PRIMARY KEY, type_id INT NOT NULL, uri TEXT, state INT, name VARCHAR(255), create_time_since_epoch BIGINT NOT NULL, last_update_time_since_epoch BIGINT NOT NULL);
CREATE TABLE ArtifactProperty (artifact_id INT NOT NULL, name VARCHAR(255) NOT NULL, is_custom_property BOOLEAN NOT NULL, int_value INT, double_value DOUBLE PRECISION, string_value TEXT, bool_value BOOLEAN);
CREATE TABLE Execution (id INTEGER PRIMARY KEY, type_id INT NOT NULL, last_known_state INT, name VARCHAR(255), create_time_since_epoch BIGINT NOT NULL, last_update_time_since_epoch BIGINT NOT NULL);
CREATE TABLE ExecutionProperty (execution_id INT NOT NULL, name VARCHAR(255) NOT NULL, is_custom_property BOOLEAN NOT NULL, int_value INT, double_value DOUBLE PRECISION, string_value TEXT, bool_value BOOLEAN);
CREATE TABLE Context (id INTEGER PRIMARY KEY, type_id INT NOT NULL, name VARCHAR(255) NOT NULL, create_time_since_epoch BIGINT NOT NULL, last_update_time_since_epoch BIGINT NOT NULL);
CREATE TABLE ContextProperty (context_id INT NOT NULL, name VARCHAR(255) NOT NULL, is_custom_property BOOLEAN NOT NULL, int_value INT, double_value DOUBLE PRECISION, string_value TEXT, bool_value BOOLEAN);
CREATE TABLE Event (id INTEGER PRIMARY KEY, artifact_id INT NOT NULL, execution_id INT NOT NULL, type INT NOT NULL, milliseconds_since_epoch BIGINT);
CREATE TABLE EventPath (event_id INT NOT NULL, is_index_step BOOLEAN NOT NULL, step_index INT, step_key TEXT);
CREATE TABLE Association (context_id INT NOT NULL, execution_id INT NOT NULL);
CREATE TABLE MLMDEnv (schema_version INTEGER PRIMARY KEY);
INSERT INTO MLMDEnv VALUES (10)`

// written is a store that a test writes.
type written struct {
	t     *testing.T
	db    *sql.DB
	types map[string]int64
	next  map[string]int64
	clock int64
}

const noon = 1_778_000_000_000

func newStore(t *testing.T, db *sql.DB) *written {
	t.Helper()
	w := &written{t: t, db: db, types: map[string]int64{}, next: map[string]int64{}, clock: noon}
	for _, statement := range strings.Split(layout, ";\n") {
		w.exec(statement)
	}
	return w
}

// inFile is a store in a file of the folder that the source may read.
func inFile(t *testing.T) (*written, *Source, integrations.Account) {
	t.Helper()
	folder := t.TempDir()
	db, err := sql.Open("sqlite", filepath.Join(folder, "metadata.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return newStore(t, db), New(fetch.New(fetch.Options{}), folder), with("sqlite:metadata.db")
}

func with(store string, more ...string) integrations.Account {
	a := integrations.Account{ID: 1, Name: "ml", Settings: map[string]string{"store": store, "environment": "production"}}
	for i := 0; i+1 < len(more); i += 2 {
		a.Settings[more[i]] = more[i+1]
	}
	return a
}

func (w *written) exec(query string, args ...any) {
	w.t.Helper()
	for _, a := range args { // the same statement for each database: values stand in it
		text := fmt.Sprint(a)
		if s, ok := a.(string); ok {
			text = "'" + strings.ReplaceAll(s, "'", "''") + "'"
		}
		query = strings.Replace(query, "?", text, 1)
	}
	if _, err := w.db.Exec(query); err != nil {
		w.t.Fatalf("%s: %v", query, err)
	}
}

func (w *written) id(table string) int64 { w.next[table]++; return w.next[table] }

func (w *written) typeOf(name string) int64 {
	if w.types[name] == 0 {
		w.types[name] = w.id("Type")
		w.exec(`INSERT INTO Type (id, name, type_kind) VALUES (?, ?, 0)`, w.types[name], name)
	}
	return w.types[name]
}

func (w *written) context(kind, name string, properties ...any) int64 {
	id := w.id("Context")
	w.exec(`INSERT INTO Context VALUES (?, ?, ?, ?, ?)`, id, w.typeOf(kind), name, w.clock, w.clock)
	w.properties("Context", id, properties)
	return id
}

// execution is one of a node, a minute after the one before.
func (w *written) execution(class string, state int64, contexts []int64, properties ...any) int64 {
	id := w.id("Execution")
	w.clock += 60_000
	w.exec(`INSERT INTO Execution VALUES (?, ?, ?, NULL, ?, ?)`, id, w.typeOf(class), state, w.clock-30_000, w.clock)
	for _, c := range contexts {
		w.exec(`INSERT INTO Association VALUES (?, ?)`, c, id)
	}
	w.properties("Execution", id, properties)
	return id
}

func (w *written) artifact(kind, uri string, maker int64, properties ...any) int64 {
	id := w.id("Artifact")
	w.exec(`INSERT INTO Artifact VALUES (?, ?, ?, 2, NULL, ?, ?)`, id, w.typeOf(kind), uri, w.clock-1000, w.clock-1000)
	w.properties("Artifact", id, properties)
	w.event(maker, id, output)
	return id
}

func (w *written) event(execution, artifact, kind int64) {
	id := w.id("Event")
	w.exec(`INSERT INTO Event VALUES (?, ?, ?, ?, ?)`, id, artifact, execution, kind, w.clock)
	w.exec(`INSERT INTO EventPath (event_id, is_index_step, step_key) VALUES (?, false, 'key')`, id)
}

func (w *written) reads(execution int64, artifacts ...int64) int64 {
	for _, a := range artifacts {
		w.event(execution, a, input)
	}
	return execution
}

func (w *written) properties(table string, id int64, list []any) {
	for i := 0; i+1 < len(list); i += 2 {
		column := "string_value"
		switch list[i+1].(type) {
		case int:
			column = "int_value"
		case bool:
			column = "bool_value"
		}
		w.exec(`INSERT INTO `+table+`Property (`+strings.ToLower(table)+`_id, name, is_custom_property, `+column+`) VALUES (?, ?, true, ?)`, id, list[i], list[i+1])
	}
}

// pipeline is the run of a pipeline in which a Trainer failed once, the model is
// blessed and pushed, and a cached step hands on what an earlier run made.
func (w *written) pipeline(run string) (trainer int64) {
	p := w.context("pipeline", "taxi")
	r := w.context("pipeline_run", run, "git_commit", "github.com/acme/taxi@3f786850e387550fdab836ed7e6dc881de23001b")
	in := func(node string) []int64 { return []int64{p, r, w.context("node", "taxi."+node)} }
	const root = "gs://ml/pipelines/taxi/"
	gen := w.execution("tfx.components.CsvExampleGen", stateComplete, in("CsvExampleGen"), "input_base", "gs://ml/raw", "input_fingerprint", "split:all,num_files:1,xor:7")
	examples := w.artifact("Examples", root+"CsvExampleGen/examples/1", gen, "input_fingerprint", "split:all,num_files:1,xor:7", "span", "0", "split_names", `["train", "eval"]`)
	stats := w.reads(w.execution("tfx.components.StatisticsGen", stateComplete, in("StatisticsGen")), examples)
	statistics := w.artifact("ExampleStatistics", root+"StatisticsGen/statistics/2", stats)
	schemaGen := w.reads(w.execution("tfx.components.SchemaGen", stateComplete, in("SchemaGen")), statistics)
	schema := w.artifact("Schema", root+"SchemaGen/schema/3", schemaGen)
	validator := w.reads(w.execution("tfx.components.ExampleValidator", stateComplete, in("ExampleValidator")), statistics, schema)
	w.artifact("ExampleAnomalies", root+"ExampleValidator/anomalies/4", validator, "blessed", blessedSplits)
	node := in("Trainer")
	w.execution("tfx.components.Trainer", stateFailed, node, "__execution_result__", `{"resultMessage":"Out of memory\nat …","code":8}`)
	trainer = w.reads(w.execution("tfx.components.Trainer", stateComplete, node, "num_steps", 10000), examples, schema)
	model := w.artifact("Model", root+"Trainer/model/6", trainer, "tfx_version", "1.16.0")
	evaluator := w.reads(w.execution("tfx.components.Evaluator", stateComplete, in("Evaluator")), examples, model)
	w.artifact("ModelBlessing", root+"Evaluator/blessing/7", evaluator, "blessed", 1, "current_model_id", int(model), "blessing_message", "better by 0.01")
	pusher := w.reads(w.execution("tfx.components.Pusher", stateComplete, in("Pusher")), model)
	w.artifact("PushedModel", root+"Pusher/pushed_model/8", pusher, "pushed", 1, "pushed_destination", "gs://ml/serving/1", "pushed_version", "1")
	return trainer
}

// blessedSplits is {"train":1,"eval":0} as a struct value in a database.
const blessedSplits = structPrefix + "ChIKBXRyYWluEgkRAAAAAAAA8D8KEQoEZXZhbBIJEQAAAAAAAAAA"
