package handlers

import (
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"throughline/models"
	"throughline/views"
)

// part tells whether the script asks for a piece of a page.
func part(c *gin.Context) bool { return c.GetHeader("X-Part") != "" }

// number is a number in the address; anything else is no address of ours.
func number(c *gin.Context, name string) (int64, error) {
	n, err := strconv.ParseInt(c.Param(name), 10, 64)
	if err != nil || n < 1 {
		return 0, models.Errorf(models.NotFound, "There is nothing at this address.")
	}
	return n, nil
}

// formNumber is a number of a form, 0 when it is absent.
func formNumber(c *gin.Context, name string) (int64, error) {
	return readNumber(name, c.PostForm(name))
}

func queryNumber(c *gin.Context, name string) (int64, error) {
	return readNumber(name, c.Query(name))
}

func readNumber(name, raw string) (int64, error) {
	if raw == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(raw, 10, 64)
	if err != nil || n < 0 {
		return 0, models.FieldErrorf(models.Unprocessed, name, "%q is no number.", raw)
	}
	return n, nil
}

// single refuses fields that were sent more than once, or as name[]: taking one of
// them would be a guess, and none of them could mean something else altogether.
func single(c *gin.Context, names ...string) error {
	for _, name := range names {
		if _, err := field(c, name); err != nil {
			return err
		}
		for sent := range c.Request.PostForm {
			if strings.HasPrefix(sent, name+"[") {
				return models.FieldErrorf(models.Unprocessed, name, "Send %s once, as a plain field.", name)
			}
		}
	}
	return nil
}

// refused tells whether an error is about what a person typed or did, so that
// the form comes back with it.
func refused(err error) bool {
	if err == nil {
		return false
	}
	switch models.CodeOf(err) {
	case models.Invalid, models.Unprocessed, models.Conflict, models.TooLarge:
		return true
	}
	return false
}

// seeUnless goes on to a path when there was no error.
func seeUnless(c *gin.Context, err error, path string) error {
	if err != nil {
		return err
	}
	return see(c, path)
}

// crumbs are the way to a page of a project.
func crumbs(p models.Project, rest ...views.Crumb) []views.Crumb {
	return append([]views.Crumb{{Text: p.Key, Path: boardOf(p)}}, rest...)
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }
