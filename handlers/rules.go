package handlers

import (
	"github.com/gin-gonic/gin"

	"throughline/models"
)

// Rule says who may use a route. It is checked before anything of the request is
// validated. The zero Rule is none, and a route with none can not be registered.
type Rule struct {
	Who  Who
	Role models.Role                     // the least role, where Who asks for one
	Ref  func(c *gin.Context) models.Ref // OfSubject: whom the address names
	Lead bool                            // OfTeam: for a lead of the team and administrators of the hub
}

// Who names a circle of callers.
type Who string

// The circles.
const (
	Public    Who = "public"     // anybody; the handler may ask for more (hooks)
	SignedIn  Who = "signed in"  // any person or token
	Person    Who = "person"     // any person; tokens have no account
	OfProject Who = "of project" // Role in the project that :key names
	OfSubject Who = "of subject" // who sees the subject; for writes, Role in one of its projects
	OfFile    Who = "of file"    // who sees the file of :id; for writes, Role in one of its subject's projects
	Somewhere Who = "somewhere"  // Role in any project; the handler looks closer
	OfHub     Who = "of hub"     // Role in the whole hub
	OfTeam    Who = "of team"    // everybody signed in; with Lead, who may change the team that :key names
	OfSpace   Who = "of space"   // Role in the project that a call of MLflow is for
	OfPerson  Who = "of person"  // who has a say in what the person :id passes on
)

func public() Rule                    { return Rule{Who: Public} }
func signedIn() Rule                  { return Rule{Who: SignedIn} }
func aPerson() Rule                   { return Rule{Who: Person} }
func inProject(role models.Role) Rule { return Rule{Who: OfProject, Role: role} }
func inHub(role models.Role) Rule     { return Rule{Who: OfHub, Role: role} }
func somewhere(role models.Role) Rule { return Rule{Who: Somewhere, Role: role} }
func ofTeam() Rule                    { return Rule{Who: OfTeam} }
func byLead() Rule                    { return Rule{Who: OfTeam, Lead: true} }
func ofPerson() Rule                  { return Rule{Who: OfPerson} }

// ofSubject lets in whoever sees the subject that the address names and, for a
// role above viewer, holds that role in one of its projects.
func ofSubject(role models.Role, ref func(c *gin.Context) models.Ref) Rule {
	return Rule{Who: OfSubject, Role: role, Ref: ref}
}

// ofFile lets in whoever sees the subject of the file that :id names.
func ofFile(role models.Role) Rule { return Rule{Who: OfFile, Role: role} }

// refParam is the subject of /…/:kind/:key.
func refParam(c *gin.Context) models.Ref {
	return models.Ref{Kind: models.Kind(c.Param("kind")), Key: c.Param("key")}
}

// Keys under which authorise leaves what it found, for the handler.
const (
	projectKey = "project"
	subjectKey = "subject"
	teamKey    = "team"
)

// check answers nil when the principal may use the route. What is invisible
// answers like what is absent; what is visible but not allowed is Forbidden.
func (h *Handlers) check(c *gin.Context, r Route, by models.Principal) error {
	if r.Rule.Who == Public {
		return nil
	}
	if by.Anonymous() {
		return models.Errorf(models.Unauthorised, "Sign in first.")
	}
	if r.Rule.Who == OfFile && !by.Allows(r.Scope) {
		return models.Errorf(models.Forbidden, "This token does not have the scope %q.", r.Scope)
	}
	if err := h.checkRole(c, r.Rule, by); err != nil {
		return err
	}
	if r.Scope != "" && !r.allows(by) {
		return models.Errorf(models.Forbidden, "This token does not have the scope %q.", r.Scope)
	}
	return nil
}

// allows tells whether a token's scopes let it use the route. Logging runs goes
// together with reading them; registering models is more than that.
func (r Route) allows(by models.Principal) bool {
	if r.Class == Tracking && r.Scope != models.ScopeWrite {
		return by.Allows(r.Scope, models.ScopeRuns, models.ScopeWrite)
	}
	return by.Allows(r.Scope)
}

func (h *Handlers) checkRole(c *gin.Context, r Rule, by models.Principal) error {
	switch r.Who {
	case Person:
		return needPerson(by)
	case OfProject:
		return h.checkProject(c, r.Role, by)
	case OfSubject:
		return h.checkSubject(c, r, by)
	case OfFile:
		return h.checkFile(c, r.Role, by)
	case Somewhere:
		return needRole(by.Best(), r.Role)
	case OfHub:
		return needRole(by.Hub, r.Role)
	case OfTeam:
		return h.checkTeam(c, r.Lead, by)
	case OfSpace:
		return h.checkSpace(c, r.Role, by)
	case OfPerson:
		return h.checkPerson(c, by)
	}
	return nil
}

func (h *Handlers) checkTeam(c *gin.Context, lead bool, by models.Principal) error {
	team, err := h.Store.Team(c.Request.Context(), c.Param("key"))
	if err != nil {
		return err
	}
	c.Set(teamKey, team)
	request(c.Request.Context()).team = team
	if !lead {
		return nil
	}
	return h.Store.MayLead(c.Request.Context(), by, team)
}

func (h *Handlers) checkPerson(c *gin.Context, by models.Principal) error {
	id, err := number(c, "id")
	if err != nil {
		return err
	}
	return h.Store.MayHandOver(c.Request.Context(), by, id)
}

func (h *Handlers) checkProject(c *gin.Context, role models.Role, by models.Principal) error {
	project, err := h.Store.Project(c.Request.Context(), by, c.Param("key"))
	if err != nil {
		return err
	}
	project.Role = by.RoleIn(project.ID)
	c.Set(projectKey, project)
	request(c.Request.Context()).project = project
	return needRole(project.Role, role)
}

func (h *Handlers) checkSubject(c *gin.Context, r Rule, by models.Principal) error {
	subject, err := h.Store.Find(c.Request.Context(), by, r.Ref(c))
	if err != nil {
		return err
	}
	c.Set(subjectKey, subject)
	request(c.Request.Context()).subject = subject
	if !r.Role.AtLeast(models.Contributor) {
		return nil
	}
	return h.Store.MayWrite(c.Request.Context(), by, subject.ID, r.Role)
}

func needPerson(by models.Principal) error {
	if by.PersonID == 0 {
		return models.Errorf(models.Forbidden, "This is for people; a token has no account.")
	}
	return nil
}

func (h *Handlers) checkFile(c *gin.Context, role models.Role, by models.Principal) error {
	ctx := c.Request.Context()
	f, err := h.Store.File(ctx, by, c.Param("id"))
	if err != nil {
		return err
	}
	request(ctx).file, request(ctx).subject = f, f.Subject
	if !role.AtLeast(models.Contributor) {
		return nil
	}
	return h.Store.MayWrite(ctx, by, f.Subject.ID, role)
}

func needRole(have, need models.Role) error {
	if need == models.Nobody || have.AtLeast(need) {
		return nil
	}
	return models.Errorf(models.Forbidden, "This needs the role %s.", need)
}

// project is the one that the route's rule found.
func project(c *gin.Context) models.Project {
	p, _ := c.MustGet(projectKey).(models.Project)
	return p
}

// subject is the one that the route's rule found.
func subject(c *gin.Context) models.Subject {
	s, _ := c.MustGet(subjectKey).(models.Subject)
	return s
}

// team is the one that the route's rule found.
func team(c *gin.Context) models.Team {
	t, _ := c.MustGet(teamKey).(models.Team)
	return t
}
