package models

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func filledOf(markdown string) (names []string) {
	for _, s := range Sections(markdown) {
		if s.Filled {
			names = append(names, s.Name)
		}
	}
	return names
}

func TestSectionsAreFoundByTheirHeadings(t *testing.T) {
	tests := []struct {
		name, text string
		filled     []string
	}{
		{"an empty text", "", nil},
		{"a heading alone says nothing", "## Uses\n\n## Citation\n", nil},
		{"a placeholder says nothing", "## Uses\n\n[More Information Needed]\n", nil},
		{"a label with a placeholder says nothing", "## Model Details\n- **Developed by:** [More Information Needed]\n- **License:** {{ license }}\n", nil},
		{"a label with a value does", "## Model Details\n- **Developed by:** Dana\n", []string{"Model details"}},
		{"a comment says nothing", "## Uses\n<!-- Who is\nit for? -->\n", nil},
		{"the text of a sub-heading counts", "## Uses\n### Direct Use\nScores customers.\n", []string{"Uses"}},
		{"the next section's text does not", "## Uses\n## Evaluation\nAUC 0.9\n", []string{"Evaluation"}},
		{"aliases and optional marks", "## Intended use [optional]\nA.\n# Limitations:\nB.\n### **Training data**\nC.\n", []string{"Uses", "Bias, risks and limitations", "Training details"}},
		{"one heading may name two", "## Intended uses & limitations\nFor scoring only.\n", []string{"Uses", "Bias, risks and limitations"}},
		{"underlined headings", "Citation\n--------\nDoe 2026\n\nEvaluation\n==========\nAUC 0.9\n", []string{"Evaluation", "Citation"}},
		{"Windows line breaks and front matter", "---\r\nlicense: mit\r\n---\r\n\r\n## Contact\r\nml@example.com\r\n", []string{"Model card contact"}},
		{"a heading in code is code", "## Evaluation\n```sh\n# Uses\nrun me\n```\n", []string{"Evaluation"}},
		{"the template's own sentences say nothing", "## Environmental Impact\nCarbon emissions can be estimated using the [Machine Learning Impact calculator](https://x) presented in …\n- **Hours used:** [More Information Needed]\n", nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := filledOf(test.text); !slices.Equal(got, test.filled) {
				t.Errorf("filled are %q, want %q", got, test.filled)
			}
		})
	}
}

func TestSectionsListAllNineInOrder(t *testing.T) {
	list := Sections("hello")
	if len(list) != 9 || list[0].Name != "Model details" || list[8].Name != "Model card contact" {
		t.Errorf("the sections are %+v", list)
	}
}

func TestSectionsOfRealCards(t *testing.T) {
	dir := os.Getenv("THROUGHLINE_SAMPLES")
	if dir == "" {
		if os.Getenv("CI") != "" {
			t.Fatal("THROUGHLINE_SAMPLES must name the folder of recorded samples")
		}
		t.Skip("THROUGHLINE_SAMPLES names no folder of recorded samples")
	}
	for file, want := range map[string][]string{
		"modelcard_template.md": nil,
		"real-stable-diffusion-v1-no-frontmatter.md": {"Model details", "Uses", "Bias, risks and limitations", "Training details",
			"Evaluation", "Environmental impact", "Citation"},
		"real-trainer-empty-results.md": nil,
	} {
		text, err := os.ReadFile(filepath.Join(dir, "modelcards", file))
		if err != nil {
			t.Fatal(err)
		}
		if got := filledOf(string(text)); !slices.Equal(got, want) {
			t.Errorf("%s: filled are %q, want %q", file, got, want)
		}
	}
}

func TestSectionsOfAHugeTextEnd(t *testing.T) {
	for _, piece := range []string{"# Uses\n", "<!--", "```\n", "- **a:**\n", "a\n-\n", "{{", "---\n", "###### x\ny\n"} {
		Sections(strings.Repeat(piece, 1<<17/len(piece)))
	}
}
