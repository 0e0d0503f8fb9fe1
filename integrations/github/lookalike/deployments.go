package lookalike

import "time"

// Deployment is a deployment with what became of it.
type Deployment struct {
	Repo                        *Repo
	ID                          int64
	SHA, Ref, Task, Environment string
	Description                 string
	Payload                     any
	By                          *User
	Run                         *Run
	CreatedAt, UpdatedAt        time.Time
	Statuses                    []*DeploymentStatus
}

// DeploymentStatus is one word about a deployment.
type DeploymentStatus struct {
	ID                 int64
	State, Description string
	LogURL, URL        string
	By                 *User
	CreatedAt          time.Time
}

// Deploy begins a deployment of a commit; run may be nil, payload anything.
func (r *Repo) Deploy(sha, environment string, payload any, run *Run, by string) *Deployment {
	var d *Deployment
	r.s.change(func() {
		if payload == nil {
			payload = object{}
		}
		d = &Deployment{Repo: r, ID: r.s.id(), SHA: sha, Ref: r.Default, Task: "deploy", Environment: environment, Description: "To " + environment, Payload: payload,
			By: r.s.user(by), Run: run, CreatedAt: r.s.clock, UpdatedAt: r.s.clock}
		r.deployments = append(r.deployments, d)
		d.emit("deployment", nil)
	})
	return d
}

// Say adds a status: queued, in_progress, success, failure, error, inactive. A
// success makes the earlier ones of the environment inactive, without a webhook and
// without a change of their own time.
func (d *Deployment) Say(state, by string) {
	d.Repo.s.change(func() {
		d.say(state, d.Repo.s.user(by), true)
		if state != "success" {
			return
		}
		for _, old := range d.Repo.deployments {
			if old != d && old.Environment == d.Environment && old.state() == "success" {
				old.say("inactive", d.Repo.s.user(by), false)
			}
		}
	})
}

func (d *Deployment) say(state string, by *User, aloud bool) {
	v := &DeploymentStatus{ID: d.Repo.s.id(), State: state, Description: "Now " + state, LogURL: "https://ci.acme.example/logs/" + text(d.ID),
		URL: "https://" + d.Environment + ".acme.example/", By: by, CreatedAt: d.Repo.s.clock}
	d.Statuses = append(d.Statuses, v)
	if aloud {
		d.UpdatedAt = d.Repo.s.clock
		d.emit("deployment_status", v)
	}
}

func (d *Deployment) state() string {
	if len(d.Statuses) == 0 {
		return ""
	}
	return d.Statuses[len(d.Statuses)-1].State
}

func (d *Deployment) url() string { return d.Repo.url() + "/deployments/" + text(d.ID) }

func (d *Deployment) json() object {
	return object{"id": d.ID, "node_id": node("DE", d.ID), "url": d.url(), "sha": d.SHA, "ref": d.Ref, "task": d.Task, "environment": d.Environment, "original_environment": d.Environment,
		"description": d.Description, "payload": d.Payload, "creator": d.By.json(d.Repo.s), "created_at": stamp(d.CreatedAt), "updated_at": stamp(d.UpdatedAt),
		"statuses_url": d.url() + "/statuses", "repository_url": d.Repo.url(), "transient_environment": false, "production_environment": d.Environment == "production"}
}

func (d *Deployment) status(v *DeploymentStatus) object {
	return object{"id": v.ID, "node_id": node("DES", v.ID), "url": d.url() + "/statuses/" + text(v.ID), "state": v.State, "description": v.Description, "environment": d.Environment,
		"log_url": v.LogURL, "target_url": v.LogURL, "environment_url": v.URL, "creator": v.By.json(d.Repo.s), "created_at": stamp(v.CreatedAt), "updated_at": stamp(v.CreatedAt),
		"deployment_url": d.url(), "repository_url": d.Repo.url()}
}

func (d *Deployment) emit(event string, v *DeploymentStatus) {
	told := object{"deployment": d.json(), "workflow": nil, "workflow_run": nil}
	if d.Run != nil {
		told["workflow_run"] = d.Run.json()
	}
	by := d.By
	if v != nil {
		told["deployment_status"], told["check_run"], by = d.status(v), nil, v.By
	}
	d.Repo.emit(event, "created", by, told)
}
