package views

import "throughline/models"

// look is how a state is shown: by shape, colour and word together.
type look struct {
	Icon string
	Tone Tone
}

var looks = map[models.State]look{
	models.Queued: {"dashed", Quiet}, models.Running: {"ring", Busy}, models.Passed: {"check", Good},
	models.Warning: {"triangle", Careful}, models.Failed: {"octagon", Bad}, models.Cancelled: {"stop", Quiet},
	models.Skipped: {"skip", Quiet}, models.Paused: {"pause", Careful}, models.Unknown: {"unknown", Quiet},
	models.Draft: {"draft", Quiet}, models.Open: {"dot", Busy}, models.Merged: {"merge", Good}, models.Closed: {"closed", Quiet},
	models.Pending: {"dashed", Quiet}, models.Live: {"check", Good}, models.Superseded: {"stop", Quiet},
	models.RolledBack: {"back", Careful}, models.Removed: {"closed", Quiet},
	models.Registered: {"dashed", Quiet}, models.Candidate: {"ring", Busy}, models.WaitingSignOff: {"person", Sign},
	models.Approved: {"check", Good}, models.Retired: {"closed", Quiet},
	models.Fresh: {"check", Good}, models.Late: {"triangle", Careful},
	models.Confirmed: {"octagon", Bad}, models.Dismissed: {"closed", Quiet}, models.Recovered: {"check", Good},
}

func lookOf(s models.State) look {
	if l, ok := looks[s]; ok {
		return l
	}
	return look{"unknown", Quiet}
}

var kindIcons = map[models.Kind]string{
	models.PullRequest: "pull", models.Run: "run", models.PipelineRun: "pipeline", models.ModelVersion: "model",
	models.Model: "model", models.ModelCard: "card", models.Deployment: "deploy", models.Dataset: "data",
	models.DatasetVersion: "data", models.Commit: "commit", models.Breach: "triangle", models.Task: "task",
}

func kindIcon(k models.Kind) string {
	if name, ok := kindIcons[k]; ok {
		return name
	}
	return "subject"
}

// evidenceLook shows how well something is established.
func evidenceLook(e models.Evidence) look {
	switch e {
	case models.Verified:
		return look{"check", Good}
	case models.Declared:
		return look{"speech", Quiet}
	}
	return look{"gap", Bad}
}
