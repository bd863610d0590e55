package record

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"

	"sigs.k8s.io/yaml"
)

// yamlReader reads YAML documents.
type yamlReader struct {
	from *bufio.Reader
	line int   // that was read last
	err  error // of the stream
}

func (y *yamlReader) next() (Review, error) {
	for y.err == nil {
		if first, text := y.document(); len(text) > 0 {
			review, err := yaml.YAMLToJSONStrict(text)
			if err != nil {
				return Review{}, &LineError{first, "no YAML: " + yamlFault(err)}
			}
			return Review{first, review}, nil
		}
	}
	if err := y.err; !errors.Is(err, io.EOF) {
		y.err = io.EOF
		return Review{}, &LineError{y.line + 1, "reading: " + err.Error()}
	}
	return Review{}, io.EOF
}

// yamlFault is what is wrong, without the line within the document.
func yamlFault(err error) string {
	text := strings.TrimPrefix(strings.Join(strings.Fields(err.Error()), " "), "yaml: ")
	if line, rest, found := strings.Cut(text, ": "); found && strings.HasPrefix(line, "line ") {
		return rest
	}
	return text
}

// document reads until the next --- or the end, and answers nothing where there are only comments.
func (y *yamlReader) document() (first int, text []byte) {
	for y.err == nil {
		var line []byte
		line, y.err = y.readLine(maxRead - len(text))
		if y.err != nil && !errors.Is(y.err, io.EOF) {
			return 0, nil
		}
		if bytes.HasPrefix(line, []byte("---")) {
			break
		}
		content := bytes.TrimSpace(line)
		if first == 0 && (len(content) == 0 || content[0] == '#' || content[0] == '%') {
			continue
		}
		if first == 0 {
			first = y.line
		}
		text = append(text, line...)
	}
	return first, text
}

// readLine reads a line of at most so many bytes.
func (y *yamlReader) readLine(most int) (line []byte, err error) {
	for {
		part, err := y.from.ReadSlice('\n')
		if len(line)+len(part) > most {
			return nil, errTooLarge
		}
		line = append(line, part...)
		if !errors.Is(err, bufio.ErrBufferFull) {
			if len(line) > 0 {
				y.line++
			}
			return line, err
		}
	}
}
