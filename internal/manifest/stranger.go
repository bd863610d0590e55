package manifest

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
)

// Stranger is what a file in a directory is that holds no Kubernetes objects.
type Stranger string

// What strangers are.
const (
	HelmTemplate  Stranger = "Helm template"
	ChartFile     Stranger = "file of a Helm chart"
	Kustomization Stranger = "kustomization"
	Other         Stranger = "other file"
)

// Skipped is a document, or all of a file, that was passed over.
type Skipped struct {
	Place
	Stranger
	// Chart is the directory of the Helm chart that the file belongs to, if it belongs to one.
	Chart string
}

// stranger tells of a file, by its name and text, whether it holds no objects whatever YAML it is. A
// file that somebody has named and that is Helm's is read all the same: the error says what to do.
func (s *source) stranger(data []byte) Stranger {
	switch {
	case s.chart == "":
		return ""
	case s.isTemplate() && bytes.Contains(data, []byte("{{")):
		return HelmTemplate
	case filepath.Dir(s.name) != s.chart:
		return ""
	case filepath.Base(s.name) == chartFile, isValues(s.name):
		return ChartFile
	}
	return ""
}

// strange is what a document is that holds no object.
func (s *source) strange() Stranger {
	switch filepath.Base(s.name) {
	case "kustomization.yaml", "kustomization.yml":
		return Kustomization
	}
	return Other
}

const chartFile = "Chart.yaml"

// isTemplate tells whether Helm takes a file of a chart for a template.
func (s *source) isTemplate() bool {
	below, err := filepath.Rel(s.chart, s.name)
	return err == nil && strings.HasPrefix(filepath.ToSlash(below), "templates/")
}

func isValues(file string) bool {
	return strings.HasPrefix(filepath.Base(file), "values") && filepath.Ext(file) != ".json"
}

// chartOf is the directory of the chart that a file belongs to: the nearest with a Chart.yaml.
func chartOf(file string, known map[string]string) string {
	directory := filepath.Dir(file)
	if chart, is := known[directory]; is {
		return chart
	}
	chart := ""
	if info, err := os.Stat(filepath.Join(directory, chartFile)); err == nil && !info.IsDir() {
		chart = directory
	} else if above := filepath.Dir(directory); above != directory {
		chart = chartOf(directory, known)
	}
	known[directory] = chart
	return chart
}

// advice is what to do with a file that somebody has named and that is no manifest but a source of some.
func (s *source) advice() string {
	switch {
	case s.found:
		return ""
	case s.strange() == Kustomization:
		return "a kustomization: `taffrail check -k " + filepath.Dir(s.name) + "` builds it"
	case filepath.Base(s.name) == chartFile, s.chart != "" && filepath.Dir(s.name) == s.chart && isValues(s.name):
		return "a file of a Helm chart: `taffrail check --helm " + filepath.Dir(s.name) + "` renders the chart"
	}
	return ""
}
