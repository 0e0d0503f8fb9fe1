package handlers

import (
	"io"
	"net/http"

	"github.com/gin-gonic/gin"

	"throughline/handlers/mlflow"
	"throughline/models"
	"throughline/models/store"
	"throughline/views"
)

func (h *Handlers) artifactPages() []Route {
	run := ofSubject(models.Viewer, keyOf(models.Run))
	return []Route{
		get("/runs/:key/artifacts", run, h.showArtifacts),
		get("/runs/:key/artifacts/file", run, h.sendArtifact),
	}
}

// artifactAt is the path of the address; none is the run's top.
func artifactAt(c *gin.Context) (models.ArtifactPath, error) {
	if c.Query("path") == "" {
		return nil, nil
	}
	return models.ParseArtifactPath(c.Query("path"))
}

// artifactsOf lists a folder of a run's artifacts, for its page.
func (h *Handlers) artifactsOf(c *gin.Context, s models.Subject, at models.ArtifactPath) (views.ArtifactList, error) {
	entries, err := h.Store.Artifacts(c.Request.Context(), h.Store.SubjectHolder(s), at)
	return views.ArtifactList{Run: s.Ref, Folder: at, Entries: entries}, err
}

// showArtifacts is the page of a folder, or of the file that is at the path.
func (h *Handlers) showArtifacts(c *gin.Context) error {
	at, err := artifactAt(c)
	if err != nil {
		return err
	}
	p, err := h.artifactsPage(c, at)
	if err != nil {
		return err
	}
	if p.List, err = h.artifactsOf(c, p.Subject, at); err != nil {
		return err
	}
	if len(at) == 0 || len(p.List.Entries) > 0 {
		return render(c, http.StatusOK, views.ArtifactFolder(p))
	}
	return h.showArtifact(c, p, at)
}

// artifactsPage is the page with where it stands.
func (h *Handlers) artifactsPage(c *gin.Context, at models.ArtifactPath) (p views.ArtifactsPage, err error) {
	p.Subject = subject(c)
	_, name := at.Split()
	if name == "" {
		name = "Artifacts"
	}
	p.Frame = h.frame(c, name)
	projects, err := h.visibleProjects(c, p.Subject.ID)
	if err != nil {
		return p, err
	}
	p.Frame.Crumbs = append(subjectCrumbs(projects, p.Subject), views.Crumb{Text: name})
	p.Frame.Crumbs[len(p.Frame.Crumbs)-2].Path = p.Subject.Ref.Path()
	return p, nil
}

func (h *Handlers) showArtifact(c *gin.Context, p views.ArtifactsPage, at models.ArtifactPath) (err error) {
	ctx := c.Request.Context()
	if p.File, err = h.Store.Artifact(ctx, h.Store.SubjectHolder(p.Subject), at); err != nil {
		return err
	}
	p.List.Folder = at[:len(at)-1]
	if p.File.Type == models.PlainText {
		p.Text, err = h.artifactBeginning(c, p.File)
	}
	if err != nil {
		return err
	}
	return render(c, http.StatusOK, views.ArtifactFile(p))
}

func (h *Handlers) artifactBeginning(c *gin.Context, a models.Artifact) (string, error) {
	r, err := h.Store.OpenArtifact(c.Request.Context(), a)
	if err != nil {
		return "", err
	}
	defer r.Close()
	text, err := io.ReadAll(io.LimitReader(r, previewed))
	return string(text), err
}

// sendArtifact sends the file at the path.
func (h *Handlers) sendArtifact(c *gin.Context) error {
	at, err := artifactAt(c)
	if err != nil {
		return err
	}
	return h.send(c, h.Store.SubjectHolder(subject(c)), at)
}

func (h *Handlers) send(c *gin.Context, holder store.Holder, at models.ArtifactPath) error {
	a, err := h.Store.Artifact(c.Request.Context(), holder, at)
	if err != nil {
		return err
	}
	r, err := h.Store.OpenArtifact(c.Request.Context(), a)
	if err != nil {
		return err
	}
	defer r.Close()
	mlflow.Send(c.Writer, c.Request, mlflow.Download{Name: a.Name, Type: a.Type, SHA256: a.SHA256, At: a.At, Body: r})
	return nil
}
