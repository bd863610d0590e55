package auditlog

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json/jsontext"
)

// maxLine bounds a line, in bytes: an event has at most two objects of 3 MiB, an EventList has
// several events.
const maxLine = 32 << 20

// Counts are what was read.
type Counts struct {
	Lines int `json:"lines"`
	// Events are those of requests that have ended, each once.
	Events int `json:"events"`
	// Unwanted are those of them that changed nothing which anybody looks at.
	Unwanted int `json:"unwanted"`
	// Unreadable are lines that hold no event, and Foreign those in the form of another's log.
	Unreadable int `json:"-"`
	Foreign    int `json:"-"`
	// Fault is what is wrong with the first of these.
	Fault string `json:"-"`
}

// Reader reads a log.
type Reader struct {
	Counts
	// Wanted tells whether the request of an event is one to look at. It is asked before the
	// objects of the event are read.
	Wanted func(*Event) bool

	seen ring
}

// Read passes on each event of a request that has ended, is wanted and was not passed on before.
// The log is JSON lines, compressed by gzip or not. Read ends with the error that `then` has ended
// with, or that of the stream.
func (r *Reader) Read(from io.Reader, then func(*Event) error) error {
	stream, err := opened(from)
	if err != nil {
		return err
	}
	var line []byte
	for {
		var long bool
		line, long, err = readLine(stream, line[:0])
		if len(line) > 0 || long {
			r.Lines++
		}
		switch text := bytes.TrimSpace(line); {
		case long:
			r.unreadable(fmt.Sprintf("is longer than %d MiB", maxLine>>20))
		case len(text) > 0:
			if err := r.line(text, then, 0); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("after line %d: %w", r.Lines, err)
		}
	}
}

func opened(from io.Reader) (*bufio.Reader, error) {
	stream := bufio.NewReaderSize(from, 256<<10)
	if magic, _ := stream.Peek(2); !bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		return stream, nil
	}
	unpacked, err := gzip.NewReader(stream)
	if err != nil {
		return nil, fmt.Errorf("decompressing: %w", err)
	}
	return bufio.NewReaderSize(unpacked, 256<<10), nil
}

// readLine reads up to the end of a line into a buffer. Of one that is too long nothing is kept.
func readLine(stream *bufio.Reader, line []byte) (_ []byte, long bool, err error) {
	for {
		part, err := stream.ReadSlice('\n')
		if long = long || len(line)+len(part) > maxLine; long {
			line = line[:0]
		} else {
			line = append(line, part...)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, long, err
		}
	}
}

func (r *Reader) unreadable(what string) {
	r.Unreadable++
	r.fault(what)
}

func (r *Reader) fault(what string) {
	if r.Fault == "" {
		r.Fault = fmt.Sprintf("line %d: %s", r.Lines, what)
	}
}

// maxDepth bounds what is wrapped in what: the lists of a log service have messages, which have
// events.
const maxDepth = 4

func (r *Reader) line(text []byte, then func(*Event) error, depth int) error {
	e, err := parse(text, r.wanted)
	switch {
	case errors.Is(err, errUnwanted):
		if r.ended(e) {
			r.Unwanted++
		}
		return nil
	case err == nil && len(e.items) > 0 && depth < maxDepth:
		return r.each(e.items, then, depth)
	case err == nil && e.isRequest():
		return r.pass(e, then)
	}
	inner, foreign := unwrap(text)
	switch {
	case len(inner) > 0 && depth < maxDepth:
		return r.each(inner, then, depth)
	case foreign != "":
		r.Foreign++
		r.fault(foreign)
	case err != nil:
		r.unreadable("is no audit event: " + textOf(err))
	default:
		r.unreadable("is no audit event: its kind must be Event of audit.k8s.io/v1")
	}
	return nil
}

// textOf is what is wrong with JSON, without the words of the library.
func textOf(err error) string {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return "the JSON ends too early"
	}
	if syntax, is := errors.AsType[*jsontext.SyntacticError](err); is {
		return "no JSON: " + syntax.Err.Error()
	}
	return err.Error()
}

func (r *Reader) each(items []jsontext.Value, then func(*Event) error, depth int) error {
	for _, item := range items {
		if err := r.line(bytes.TrimSpace(item), then, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// wanted is asked of lists, too, which are no requests.
func (r *Reader) wanted(e *Event) bool {
	if !e.isRequest() {
		return true
	}
	return e.Stage == "ResponseComplete" && !e.isRead() && !e.isReport() && r.Wanted(e)
}

// ended tells whether an event is the last of its request. A request has several, and some long
// ones are logged twice.
func (r *Reader) ended(e *Event) bool {
	if e.Stage != "ResponseComplete" {
		return false
	}
	r.Events++
	return true
}

func (r *Reader) pass(e *Event, then func(*Event) error) error {
	if e.AuditID != "" && !r.seen.add(e.AuditID) {
		return nil
	}
	r.Events++
	e.Line = r.Lines
	return then(e)
}

// maxSeen is how many requests are remembered, so that none counts twice: the logs of several API
// servers overlap by little.
const maxSeen = 1 << 16

// ring remembers the last few IDs.
type ring struct {
	has  map[string]bool
	ids  []string
	next int
}

func (r *ring) add(id string) bool {
	if r.has[id] {
		return false
	}
	if r.has == nil {
		r.has = map[string]bool{}
	}
	if len(r.ids) < maxSeen {
		r.ids = append(r.ids, id)
	} else {
		delete(r.has, r.ids[r.next])
		r.ids[r.next] = id
		r.next = (r.next + 1) % maxSeen
	}
	r.has[id] = true
	return true
}
