package views

import "throughline/models"

func toldState(r models.Report) string {
	if r.Problem != "" {
		return "failing"
	}
	return "ok"
}

func toldKind(k models.ReportKind) string {
	switch k {
	case models.ReportCheck:
		return "check run"
	case models.ReportComment:
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
