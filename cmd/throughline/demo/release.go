package demo

import (
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// cloudEvent is what a bot of the team posts.
func (p *team) cloudEvent(kind, id string, at time.Time, data object) message {
	return message{method: http.MethodPost, path: "/hooks/cloudevents/" + p.hook, bot: p.key, mime: "application/cloudevents+json",
		body: object{"specversion": "1.0", "id": id, "source": "https://ci.example.com/" + p.repo, "type": "dev.throughline." + kind + ".v1",
			"time": stamp(at), "datacontenttype": "application/json", "data": data}}
}

var steps = []string{"extract", "validate", "train", "evaluate", "register"}

func (w *work) pipelineData(id, state string) object {
	data := object{"id": id, "pipeline": "train-" + w.of.name, "number": w.number, "attempt": 1, "state": state, "branch": "main",
		"url": "https://ci.example.com/" + w.team.repo + "/" + id}
	if !w.noCommit {
		data["commit"] = object{"repository": w.team.page(), "sha": w.codeOf()}
	}
	return data
}

func (w *work) startPipeline() string {
	id := fmt.Sprintf("train-%s-%d", w.of.name, w.number)
	w.then(func(at time.Time) message {
		data := w.pipelineData(id, "running")
		data["started_at"], data["steps"] = stamp(at), w.stepsUntil(2, "running", at)
		return w.team.cloudEvent("pipeline_run.started", id+"-started", at, data)
	})
	w.wait(4 * time.Minute)
	return id
}

func (w *work) finishPipeline(id string) {
	w.wait(3 * time.Minute)
	w.then(func(at time.Time) message {
		state, last := "passed", len(steps)-1
		if w.training.fails {
			state, last = "failed", 2
		}
		data := w.pipelineData(id, state)
		if state == "failed" {
			data["error"] = lateData
		}
		data["ended_at"], data["steps"] = stamp(at), w.stepsUntil(last, state, at.Add(-4*time.Minute))
		return w.team.cloudEvent("pipeline_run.finished", id+"-finished", at, data)
	})
}

// stepsUntil are the pipeline's steps, passed up to the one in the given state.
func (w *work) stepsUntil(last int, state string, at time.Time) (list []object) {
	for n, name := range steps[:last+1] {
		ended := at.Add(time.Duration(n-last) * 7 * time.Minute)
		step := object{"name": name, "state": "passed", "started_at": stamp(ended.Add(-6 * time.Minute)), "ended_at": stamp(ended),
			"log_url": "https://ci.example.com/" + w.team.repo + "/logs/" + name}
		if n == last {
			step["state"] = state
		}
		list = append(list, step)
	}
	return list
}

func (w *work) register() {
	w.wait(30 * time.Minute)
	w.then(func(at time.Time) message {
		data := object{"model": w.of.name, "version": strconv.Itoa(w.version), "run_id": w.last}
		return w.team.cloudEvent("model_version.registered", fmt.Sprintf("%s-%d-registered", w.of.name, w.version), at, data)
	})
	if w.of.card == "" {
		return
	}
	w.wait(15 * time.Minute)
	w.then(func(time.Time) message { return w.of.writeCard(w.version, w.level) })
}

func (w *work) deployment(environment, state string, version int) object {
	return object{"id": fmt.Sprintf("%s-%s-%d", w.of.name, environment, version), "environment": environment, "model": w.of.name,
		"version": strconv.Itoa(version), "state": state, "by": w.reviewer.email, "url": "https://deploy.example.com/" + w.of.name + "/" + environment,
		"image_digest": "sha256:" + w.sha("image "+strconv.Itoa(version), 64)}
}

func (w *work) deploy(environment string) {
	w.wait(5 * time.Hour)
	for _, state := range []string{"pending", "live"} {
		w.wait(4 * time.Minute)
		w.then(func(at time.Time) message {
			data := w.deployment(environment, state, w.version)
			data["at"] = stamp(at)
			return w.team.cloudEvent("deployment", fmt.Sprint(data["id"], "-", state), at, data)
		})
	}
}

// rollBack takes the version out of production again and puts the one before it back.
func (w *work) rollBack() {
	w.wait(time.Hour)
	w.then(func(at time.Time) message {
		data := w.deployment("production", "rolled_back", w.version)
		data["at"] = stamp(at)
		return w.team.cloudEvent("deployment", fmt.Sprint(data["id"], "-rolled-back"), at, data)
	})
	w.wait(2 * time.Minute)
	w.then(func(at time.Time) message {
		data := w.deployment("production", "live", w.version-1)
		data["id"], data["at"] = fmt.Sprint(data["id"], "-again"), stamp(at)
		return w.team.cloudEvent("deployment", fmt.Sprint(data["id"]), at, data)
	})
}
