package views

import "net/url"

// Place is one entry of the main navigation.
type Place struct {
	Text, Path, Icon, Current string
	Second                    bool // not in the bar of a narrow screen
}

func (f Frame) places() []Place {
	in := f.near()
	board := "/projects"
	if in != "" {
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
	if in != "" {
		ps = append(ps, Place{Text: "Repos", Path: in + "/repositories", Icon: "commit", Second: true}, Place{Text: "Activity", Path: in + "/activity", Icon: "clock", Second: true},
			Place{Text: "Settings", Path: in + "/settings", Icon: "gear", Second: true})
	}
	for i := range ps {
		ps[i].Current = f.here(ps[i].Path)
	}
	return ps
}

// near is the project that the board's entry leads to: the page's own, else the
// first there is.
func (f Frame) near() string {
	if f.Project == nil && len(f.Projects) > 0 {
		return "/projects/" + url.PathEscape(f.Projects[0].Key)
	}
	return f.In()
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
