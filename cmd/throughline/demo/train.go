package demo

import (
	"fmt"
	"math"
	"strconv"
	"time"
)

// work is one training of a model from a merged (or drafted) change.
type work struct {
	*pull
	*training
	last string // id of the run written last
}

// follow trains, registers and deploys what the plot wants.
func (p *pull) follow() {
	w := &work{pull: p, training: p.train}
	for n := range w.tries {
		w.trainOnce(n)
	}
	if w.training.fails || w.version == 0 {
		return
	}
	w.register()
	for _, environment := range w.to {
		w.deploy(environment)
	}
	if w.fate == "rolled_back" {
		w.rollBack()
	}
}

// experiment is what a draft tries out: the last run is still going on.
func (p *pull) experiment() {
	if p.train == nil {
		return
	}
	w := &work{pull: p, training: p.train}
	w.trainOnce(0)
	p.wait(time.Hour)
	w.startRun(1, "")
	w.metrics(1, 2)
}

func (w *work) trainOnce(n int) {
	w.wait(50 * time.Minute)
	execution := ""
	if w.pipeline && n == w.tries-1 {
		execution = w.startPipeline()
	}
	w.startRun(n, execution)
	steps := 4
	w.metrics(n, steps)
	state := "finished"
	if w.training.fails {
		state = "failed"
	}
	w.finishRun(n, state, steps)
	if execution != "" {
		w.finishPipeline(execution)
	}
}

var (
	adjectives = []string{"brave", "quiet", "amber", "swift", "gentle", "bold", "misty", "lucky", "silver", "early"}
	animals    = []string{"otter", "heron", "lynx", "marten", "plover", "seal", "falcon", "hare", "tern", "badger"}
)

// runName is a name as trackers give them, and an id after it.
func (w *work) runName(n int) (name, id string) {
	h := w.serial("run " + strconv.Itoa(n))
	name = fmt.Sprintf("%s-%s-%d", adjectives[h%10], animals[h/10%10], h/100%900+100)
	return name, w.sha("run "+strconv.Itoa(n), 32)
}

func (w *work) runData(n int) object {
	name, id := w.runName(n)
	return object{"run_id": id, "experiment": w.of.experiment, "name": name, "user": w.author.email}
}

func (w *work) startRun(n int, execution string) {
	_, id := w.runName(n)
	w.last = id
	w.then(func(at time.Time) message {
		data := w.runData(n)
		data["started_at"], data["params"] = stamp(at), w.params(n)
		data["datasets"] = []object{w.of.trains.version(w.day, "training"), w.of.evaluates.version(w.day-1, "evaluation")}
		if !w.noCommit {
			data["commit"] = object{"repository": w.team.page(), "sha": w.codeOf()}
		}
		if execution != "" {
			data["pipeline_run"] = execution
		}
		return w.team.cloudEvent("run.started", id+"-started", at, data)
	})
}

// codeOf is the commit that training starts from.
func (w *work) codeOf() string {
	if w.end == merged {
		return w.mergeCommit()
	}
	return w.head(1)
}

func (w *work) params(n int) object {
	return object{"learning_rate": []string{"0.1", "0.05", "0.03", "0.02"}[n%4], "max_depth": strconv.Itoa(6 + n),
		"trees": strconv.Itoa(400 + 200*n), "seed": "17", "early_stopping": "50"}
}

// metrics are told a few times while a run goes on, each better than before.
func (w *work) metrics(n, steps int) {
	for step := range steps {
		w.wait(9 * time.Minute)
		w.then(func(at time.Time) message {
			data := w.runData(n)
			data["metrics"] = w.figures(n, float64(step+1)/float64(steps))
			return w.team.cloudEvent("run.metrics", fmt.Sprint(w.sha("run "+strconv.Itoa(n), 32), "-metrics-", step), at, data)
		})
	}
}

// figures are the metrics after a share of the run: the last try reaches the level.
func (w *work) figures(n int, done float64) object {
	best := w.level - 0.006*float64(w.tries-1-n)
	now := best - 0.11*math.Exp(-3.2*done) + 0.11*math.Exp(-3.2)
	return object{w.of.headline: round(now), "log_loss": round(0.52 - 0.41*now), "brier": round(0.19 - 0.17*now), "recall_at_1pct_fpr": round(now - 0.24)}
}

func round(x float64) float64 { return math.Round(x*10000) / 10000 }

func (w *work) finishRun(n int, state string, steps int) {
	w.wait(6 * time.Minute)
	w.then(func(at time.Time) message {
		data := w.runData(n)
		data["state"], data["ended_at"] = state, stamp(at)
		if state == "finished" {
			data["metrics"] = w.figures(n, 1)
		}
		return w.team.cloudEvent("run.finished", w.sha("run "+strconv.Itoa(n), 32)+"-finished", at, data)
	})
}

// version is the dataset as of a day of the story.
func (d dataset) version(day float64, role string) object {
	week := int(day) / 4 // new data twice a week
	t := newTale(fmt.Sprint(d.key(), week), time.Time{})
	return object{"namespace": d.namespace, "name": d.name, "digest": "sha256:" + t.sha("digest", 64), "role": role}
}
