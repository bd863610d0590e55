package manifest

import (
	"bytes"
	"errors"
	"regexp"
	"strconv"
	"strings"

	yamlv3 "go.yaml.in/yaml/v3"
)

var yamlLine = regexp.MustCompile(`^line (\d+): `)

// explainYAML says what the parser says with the line in the file, and what to
// do where that can be guessed.
func (d *document) explainYAML(err error) mistake {
	if bytes.Contains(d.data, []byte("{{")) {
		return mistake{d.start.line, errTemplate}
	}
	text := strings.TrimPrefix(err.Error(), "error converting YAML to JSON: ")
	text = strings.TrimPrefix(text, "yaml: ")
	// The newer parser tells where what it complains of began, the older one
	// where it gave up, which is often the end of the file.
	if newer := yamlv3.Unmarshal(d.data, &yamlv3.Node{}); newer != nil && !strings.Contains(text, parserError) {
		text = strings.TrimPrefix(newer.Error(), "yaml: ")
	}
	return d.mistake(text)
}

// errTemplate is about a document that is to become YAML.
var errTemplate = errors.New("is no YAML but a template")

// parserError begins the errors that the parser, unlike the scanner before it,
// counts the lines of from 0.
const parserError = "did not find expected "

func (d *document) mistake(text string) mistake {
	line := 1
	if found := yamlLine.FindStringSubmatch(text); found != nil {
		line, _ = strconv.Atoi(found[1])
		text = strings.TrimPrefix(text, found[0])
		if strings.HasPrefix(text, parserError) {
			line++
		}
	}
	lines := bytes.Split(bytes.TrimRight(d.data, "\n"), []byte("\n"))
	line = min(max(line, 1), len(lines))
	if indent := lines[line-1][:indentation(lines[line-1])]; bytes.ContainsRune(indent, '\t') {
		text = "a tab indents this line: YAML is indented with spaces"
	}
	return mistake{d.start.line + line - 1, errors.New("is no YAML: " + text)}
}

func indentation(line []byte) int { return len(line) - len(bytes.TrimLeft(line, " \t")) }
