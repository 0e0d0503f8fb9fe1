package handlers

import (
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"throughline/integrations"
	"throughline/models"
	"throughline/models/store"
	"throughline/views"
)

// showModel is a model's page; NAME@ALIAS leads to the version that has the alias.
func (h *Handlers) showModel(c *gin.Context) error {
	_, alias := cutAlias(c.Param("name"))
	if alias == "" {
		return h.showSubject(c)
	}
	_, in, err := h.Store.Links(c.Request.Context(), h.principal(c), subject(c).ID)
	if err != nil {
		return err
	}
	for _, v := range versionsAmong(together(in)) {
		if slices.Contains(views.Words(v, "aliases"), alias) {
			return see(c, v.Ref.Path())
		}
	}
	return models.Errorf(models.NotFound, "No version of %s has the alias %s.", subject(c).Ref.Key, alias)
}

func (h *Handlers) showCardForm(c *gin.Context) error {
	p, err := h.cardPage(c)
	if err != nil {
		return err
	}
	return render(c, http.StatusOK, views.ModelCard(p))
}

func (h *Handlers) cardPage(c *gin.Context) (views.CardPage, error) {
	model := subject(c)
	p := views.CardPage{Frame: h.frame(c, "Model card of "+model.Ref.Key), Model: model.Ref.Key}
	p.Frame.Crumbs = []views.Crumb{{Text: "Models", Path: "/models"}, {Text: model.Ref.Key, Path: model.Ref.Path()}, {Text: "Model card"}}
	card, err := h.Store.Card(c.Request.Context(), model.Ref.Key)
	if card != nil {
		p.Markdown, p.Revision, p.Problems = card.Markdown, card.Number, card.Problems
	}
	return p, err
}

func (h *Handlers) submitModelCard(c *gin.Context) error {
	err := h.writeCard(c, c.PostForm("markdown"))
	if !refused(err) {
		return seeUnless(c, err, subject(c).Ref.Path()+"#card")
	}
	p, pageErr := h.cardPage(c)
	if pageErr != nil {
		return pageErr
	}
	p.Markdown, p.Error = c.PostForm("markdown"), err.Error()
	return render(c, problemOf(err).Status, views.ModelCard(p))
}

func (h *Handlers) writeCard(c *gin.Context, markdown string) error {
	model := subject(c)
	reader := h.cards()
	if reader == nil {
		return models.Errorf(models.Unsupported, "No source reads model cards here.")
	}
	batch, err := reader.ReadCard(model.Ref.Key, markdown, h.Now())
	if err != nil {
		return err
	}
	if len(batch.Cards) != 1 || batch.Cards[0].Model != model.Ref.Key {
		return models.FieldErrorf(models.Unprocessed, "markdown", "The front matter names another model; this is the card of %s.", model.Ref.Key)
	}
	_, err = h.Store.SaveCard(c.Request.Context(), h.principal(c), 0, model.Ref.Key, batch)
	return err
}

// cards is the source that reads model cards, nil when there is none.
func (h *Handlers) cards() integrations.CardReader {
	for _, s := range h.Sources {
		if reader, ok := s.(integrations.CardReader); ok {
			return reader
		}
	}
	return nil
}

func (h *Handlers) submitComment(c *gin.Context) error {
	s, body := subject(c), c.PostForm("body")
	_, err := h.Store.AddComment(c.Request.Context(), h.principal(c), s.ID, body)
	if refused(err) {
		return h.answerSubject(c, problemOf(err).Status, err.Error(), views.Draft{Form: "comment", Body: body})
	}
	return seeUnless(c, err, s.Ref.Path()+"#comments")
}

func (h *Handlers) submitEdit(c *gin.Context) error {
	id, err := number(c, "id")
	if err != nil {
		return err
	}
	err = h.Store.EditComment(c.Request.Context(), h.principal(c), id, c.PostForm("body"))
	return seeUnless(c, err, subject(c).Ref.Path()+"#comment-"+itoa(id))
}

func (h *Handlers) submitDeletion(c *gin.Context) error {
	id, err := number(c, "id")
	if err != nil {
		return err
	}
	return seeUnless(c, h.Store.DeleteComment(c.Request.Context(), h.principal(c), id), subject(c).Ref.Path()+"#comments")
}

func (h *Handlers) submitOwners(c *gin.Context) error {
	owners := ownersForm(c)
	_, err := h.Store.SetOwners(c.Request.Context(), h.principal(c), subject(c).Ref, owners)
	if refused(err) {
		return h.answerSubject(c, problemOf(err).Status, err.Error(), views.Draft{Form: "owners", Owners: owners})
	}
	return seeUnless(c, err, subject(c).Ref.Path()+"#owners")
}

// ownersForm reads the rows of the form; cleared ones are left out.
func ownersForm(c *gin.Context) (out []models.OwnerClaim) {
	as := c.PostFormArray("as")
	for i, person := range c.PostFormArray("person") {
		if person != "" && i < len(as) {
			out = append(out, models.OwnerClaim{Person: person, As: as[i]})
		}
	}
	return out
}

func (h *Handlers) submitLink(c *gin.Context) error {
	s := subject(c)
	d := views.Draft{Form: "link", Relation: c.PostForm("relation"), Kind: c.PostForm("kind"), Key: c.PostForm("key")}
	from, to := s.Ref, h.typedRef(c, models.Kind(d.Kind), d.Key)
	if c.PostForm("reverse") != "" {
		from, to = to, from
	}
	_, err := h.Store.AddLink(c.Request.Context(), h.principal(c), from, to, models.Relation(d.Relation))
	if refused(err) || models.CodeOf(err) == models.NotFound {
		return h.answerSubject(c, problemOf(err).Status, err.Error(), d)
	}
	return seeUnless(c, err, s.Ref.Path()+"#links")
}

func (h *Handlers) submitUnlink(c *gin.Context) error {
	id, err := number(c, "id")
	if err != nil {
		return err
	}
	return seeUnless(c, h.Store.RemoveLink(c.Request.Context(), h.principal(c), id), subject(c).Ref.Path()+"#links")
}

// typedRef is what a person typed into a form: a key, or the pasted address of
// something that is known here.
func (h *Handlers) typedRef(c *gin.Context, kind models.Kind, typed string) models.Ref {
	if found, err := h.Store.FindURL(c.Request.Context(), h.principal(c), typed); err == nil {
		return found.Ref
	}
	if kind == models.Commit {
		if repo, sha, ok := models.SplitCommit(typed); ok && models.CommitKey(repo, sha) != "" {
			typed = models.CommitKey(repo, sha)
		}
	}
	if kind == models.Run {
		list, _, err := h.Store.Subjects(c.Request.Context(), h.principal(c), store.SubjectFilter{Kinds: []models.Kind{kind}, Text: typed, Limit: 2})
		if err == nil && len(list) == 1 {
			return list[0].Ref // a run is often named by its name
		}
	}
	return models.Ref{Kind: kind, Key: typed}
}
