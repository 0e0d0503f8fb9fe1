package views

import (
	"fmt"
	"strings"
	"time"

	"throughline/models"
)

const (
	barWidth, barGap = 5.0, 2.0
	barsHeight       = 26.0
	barsFloor        = 20.0 // what failed hangs below
)

// drawnBar is one of the last runs of a pipeline as a bar: as tall as it took long;
// a failed one has a mark below the floor, so that no colour is needed.
type drawnBar struct {
	models.PipelineBar
	X, Y, H float64
	This    bool // the run that the page is about
}

func barsOf(list []models.PipelineBar, this string) []drawnBar {
	longest := time.Duration(1)
	for _, b := range list {
		longest = max(longest, b.Took)
	}
	out := make([]drawnBar, len(list))
	for i, b := range list {
		h := 4 + (barsFloor-5)*float64(b.Took)/float64(longest)
		out[i] = drawnBar{PipelineBar: b, X: float64(i) * (barWidth + barGap), H: h, Y: barsFloor - h, This: b.Key == this && this != ""}
	}
	return out
}

func barsWidth(n int) float64 { return max(1, float64(n)*(barWidth+barGap)-barGap) }

func (b drawnBar) says() string {
	text := b.State.Word()
	if b.Number != "" {
		text = "#" + b.Number + " " + text
	}
	if b.Took > 0 {
		text += ", " + took(b.Took)
	}
	return text + ", " + moment(b.Started)
}

func (b drawnBar) path() string { return models.Ref{Kind: models.PipelineRun, Key: b.Key}.Path() }

// barsSay is a row of bars in words: "Last 20 runs: 17 passed, 3 failed".
func barsSay(list []models.PipelineBar) string {
	counts := map[models.State]int{}
	var order []models.State
	for _, b := range list {
		if counts[b.State]++; counts[b.State] == 1 {
			order = append(order, b.State)
		}
	}
	words := make([]string, len(order))
	for i, s := range order {
		words[i] = fmt.Sprintf("%d %s", counts[s], s.Word())
	}
	return fmt.Sprintf("Last %s: %s", count(len(list), "run"), strings.Join(words, ", "))
}

// against compares how long a run took with what is usual: "9 min, +55 %".
func against(d, usual time.Duration) string {
	if d <= 0 || usual <= 0 {
		return ""
	}
	percent := int((float64(d)/float64(usual) - 1) * 100)
	switch {
	case percent >= 25:
		return fmt.Sprintf("%d %% longer than usual", percent)
	case percent <= -25:
		return fmt.Sprintf("%d %% shorter than usual", -percent)
	}
	return "as usual"
}
