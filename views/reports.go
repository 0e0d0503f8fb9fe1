package views

import (
	"strings"

	"throughline/models"
)

func toldState(r models.Report) string {
	if r.Problem != "" {
		return "failing"
	}
	return "ok"
}

func toldKind(r models.Report) string {
	switch {
	case r.Kind == models.ReportCheck && strings.HasPrefix(r.Upstream, "status:"):
		return "commit status in place of a check run"
	case r.Kind == models.ReportCheck:
		return "check run"
	case r.Kind == models.ReportComment:
		return "comment"
	}
	return "commit status"
}

// toldAbout says in few words what a report is about.
func toldAbout(r models.Report) string {
	if _, sha, ok := models.SplitCommit(r.Subject.Key); ok && r.Kind == models.ReportStatus {
		return digest(sha) + " in " + r.Target
	}
	return r.Subject.Key
}
