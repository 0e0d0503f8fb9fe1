package lookalike

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// Scenario plays a plausible history of a repository, step by step.
type Scenario struct {
	repo   *Repo
	fork   *Repo
	random *rand.Rand
	left   int // pull requests to open still
	open   []*Pull
	closed []*Pull
	checks []*Check
	runs   []*Run
	ships  []*Deployment
}

var people = []string{"kim", "lee", "dana", "eve", "sam"}

// Scenario prepares a history with n pull requests; the same seed plays the same.
func (s *Server) Scenario(fullName string, seed uint64, n int) *Scenario {
	r := s.Repo(fullName)
	return &Scenario{repo: r, fork: r.Fork("visitor"), random: dice(seed, 7), left: n}
}

// Random plays a history of n pull requests to its end and returns its repository.
func (s *Server) Random(fullName string, seed uint64, n int) *Repo {
	c := s.Scenario(fullName, seed, n)
	for c.Step() {
	}
	return c.repo
}

// Step plays one more thing and tells whether there is more to come. Things
// happen up to a minute apart, now and then within the same second.
func (c *Scenario) Step() bool {
	if c.left == 0 && c.random.IntN(40) == 0 {
		return false
	}
	c.repo.s.Step = time.Duration(c.random.IntN(40_000)) * time.Millisecond
	if c.random.IntN(3) == 0 {
		c.repo.s.Step = 300 * time.Millisecond
	}
	switch n := c.random.IntN(100); {
	case n < 8 && c.left > 0:
		c.begin()
	case n < 45:
		c.onPull()
	case n < 60:
		c.onChecks()
	case n < 85:
		c.onRuns()
	case n < 95:
		c.onDeployments()
	default:
		c.repo.Commit("main", fmt.Sprint("Straight to main ", c.random.IntN(1000)), c.who())
	}
	return true
}

func (c *Scenario) who() string { return people[c.random.IntN(len(people))] }

func (c *Scenario) begin() {
	c.left--
	n := c.repo.lastNumber + 1
	d := Draw{Title: fmt.Sprintf("Feature %d: faster", n), Body: fmt.Sprintf("Why it matters, %d.", n), By: c.who(), Draft: c.random.IntN(4) == 0, Commits: 1 + c.random.IntN(3)}
	if c.random.IntN(5) == 0 {
		d.From, d.By = c.fork, "visitor"
	}
	c.open = append(c.open, c.repo.OpenPull(d))
}

func pick[T any](c *Scenario, list []T) (one T, ok bool) {
	if len(list) == 0 {
		return one, false
	}
	return list[c.random.IntN(len(list))], true
}

func (c *Scenario) onPull() {
	p, ok := pick(c, c.open)
	if !ok {
		return
	}
	who := c.who()
	switch c.random.IntN(16) {
	case 0:
		p.Push(1 + c.random.IntN(2))
	case 1:
		p.ForcePush()
	case 2:
		p.Edit(p.Title+", again", fmt.Sprint("Because of ", c.random.IntN(100)), who)
	case 3:
		p.Label(fmt.Sprint("label-", c.random.IntN(4)), who)
	case 4:
		p.Unlabel(fmt.Sprint("label-", c.random.IntN(4)), who)
	case 5:
		p.AskReview(who, "kim")
	case 6, 7:
		c.review(p, who)
	case 8:
		c.dismiss(p)
	case 9:
		p.Comment(who, "What about the cost?")
	case 10:
		p.Remark(who, "train.py", 7, "A number without a name.")
	case 11:
		c.turn(p, who)
	case 12, 13:
		c.end(p, who)
	default:
		c.again(who)
	}
}

func (c *Scenario) review(p *Pull, who string) {
	c.repo.s.Advance(time.Second) // nobody says two things in one second
	p.Review(who, []string{"APPROVED", "CHANGES_REQUESTED", "COMMENTED"}[c.random.IntN(3)])
}

func (c *Scenario) dismiss(p *Pull) {
	if v, ok := pick(c, p.Reviews); ok && (v.State == "APPROVED" || v.State == "CHANGES_REQUESTED") {
		v.Dismiss("kim")
	}
}

func (c *Scenario) turn(p *Pull, who string) {
	if p.Draft {
		p.Ready(who)
	} else {
		p.ToDraft(who)
	}
}

func (c *Scenario) end(p *Pull, who string) {
	for i, o := range c.open {
		if o == p {
			c.open = append(c.open[:i:i], c.open[i+1:]...)
		}
	}
	if p.Draft || c.random.IntN(5) == 0 {
		p.Close(who)
		c.closed = append(c.closed, p)
		return
	}
	p.Merge([]string{"squash", "rebase", "merge", "queue"}[c.random.IntN(4)], who)
	if c.random.IntN(2) == 0 {
		c.run(c.repo.StartWorkflow("main", "release", who, "build", "publish"))
	}
}

func (c *Scenario) again(who string) {
	if p, ok := pick(c, c.closed); ok && p.State == "closed" && c.random.IntN(3) == 0 {
		p.Reopen(who)
		c.open = append(c.open, p)
		c.closed = nil
	}
}

func (c *Scenario) onChecks() {
	if check, ok := pick(c, c.checks); ok && check.Status != "completed" {
		check.Finish([]string{"success", "failure", "neutral"}[c.random.IntN(3)])
		return
	}
	p, ok := pick(c, c.open)
	if !ok {
		return
	}
	if c.random.IntN(2) == 0 {
		c.repo.Status(p.Head(), fmt.Sprint("ci/", c.random.IntN(2)), []string{"pending", "success", "failure", "error"}[c.random.IntN(4)], "jenkins[bot]")
		return
	}
	name := fmt.Sprint("lint-", c.random.IntN(3))
	for _, known := range c.repo.checks[p.Head()] {
		if known.Name == name && known.Status != "completed" {
			return // it runs already
		}
	}
	c.checks = append(c.checks, c.repo.StartCheck(p.Head(), p.Branch, name))
}

func (c *Scenario) run(run *Run) { c.runs = append(c.runs, run) }

func (c *Scenario) onRuns() {
	run, ok := pick(c, c.runs)
	if !ok || c.random.IntN(6) == 0 {
		c.startRun()
		return
	}
	if run.Status == "completed" {
		if c.random.IntN(3) == 0 {
			run.Rerun(c.who())
		}
		return
	}
	for _, j := range run.Latest() {
		if j.Status == "queued" {
			j.Start()
			return
		}
		if j.Status == "in_progress" {
			j.Finish([]string{"success", "success", "failure", "skipped", "cancelled"}[c.random.IntN(5)])
			return
		}
	}
	run.Finish()
}

func (c *Scenario) startRun() {
	p, ok := pick(c, c.open)
	if !ok {
		return
	}
	for _, r := range c.runs {
		if r.SHA == p.Head() {
			return // one of a commit: its jobs are its checks
		}
	}
	c.run(p.StartWorkflow("CI", "lint", "test", "train"))
}

func (c *Scenario) onDeployments() {
	d, ok := pick(c, c.ships)
	if !ok || c.random.IntN(3) == 0 {
		var payload any
		if c.random.IntN(2) == 0 {
			payload = object{"model": "fraud", "version": c.random.IntN(9)}
		}
		run, _ := pick(c, c.runs)
		c.ships = append(c.ships, c.repo.Deploy(c.repo.Branches["main"], []string{"production", "Staging"}[c.random.IntN(2)], payload, run, c.who()))
		return
	}
	switch d.state() {
	case "", "queued", "in_progress":
		d.Say([]string{"queued", "in_progress", "success", "failure", "error"}[c.random.IntN(5)], c.who())
	}
}
