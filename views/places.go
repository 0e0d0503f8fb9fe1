package views

import "net/url"

// Place is one entry of the main navigation.
type Place struct {
	Text, Path, Icon, Current string
	Second                    bool // not in the bar of a narrow screen
}

func (f Frame) places() []Place {
	board := "/"
	if in := f.In(); in != "" {
		board = in + "/board"
	}
	ps := []Place{
		{Text: "Home", Path: "/", Icon: "home"},
		{Text: "Board", Path: board, Icon: "board"},
		{Text: "Pulls", Path: "/pulls", Icon: "pull", Second: true},
		{Text: "Runs", Path: "/runs", Icon: "run"},
		{Text: "Pipelines", Path: "/pipelines", Icon: "pipeline", Second: true},
		{Text: "Models", Path: "/models", Icon: "model"},
		{Text: "Datasets", Path: "/datasets", Icon: "data", Second: true},
		{Text: "Deployed", Path: "/deployments", Icon: "deploy", Second: true},
		{Text: "Lines", Path: "/throughline", Icon: "line"},
	}
	if in := f.In(); in != "" {
		ps = append(ps, Place{Text: "Activity", Path: in + "/activity", Icon: "clock", Second: true},
			Place{Text: "Settings", Path: in + "/settings", Icon: "gear", Second: true})
	} else {
		ps[1].Path = "/projects"
	}
	for i := range ps {
		ps[i].Current = f.here(ps[i].Path)
	}
	return ps
}

func boardPath(key string) string { return "/projects/" + url.PathEscape(key) + "/board" }

func boolWord(b bool) string {
	if b {
		return "true"
	}
	return "false"
}

func flashRole(t Tone) string {
	if t == Bad {
		return "alert"
	}
	return "status"
}
