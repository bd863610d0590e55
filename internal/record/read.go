package record

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// maxRead bounds a review that is read, in bytes: the webhooks take 7 MiB, and indented it is more.
const maxRead = 32 << 20

// Review is a review as it was found, not decoded yet.
type Review struct {
	// Line is where it begins.
	Line int
	JSON []byte
}

// LineError is what could not be read. What comes after it can be.
type LineError struct {
	Line int
	Text string
}

func (e *LineError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Text) }

// Reader reads reviews one by one: JSON lines, JSON values one after the other however they are
// indented, a JSON array, YAML documents; each of them compressed by gzip or not. It holds one review
// at a time.
type Reader struct {
	next func() (Review, error)
}

// NewReader looks at how a stream begins, and reads it so.
func NewReader(from io.Reader) (*Reader, error) {
	stream := bufio.NewReaderSize(from, 64<<10)
	if magic, _ := stream.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		unpacked, err := gzip.NewReader(stream)
		if err != nil {
			return nil, &LineError{1, "decompressing: " + err.Error()}
		}
		stream = bufio.NewReaderSize(unpacked, 64<<10)
	}
	if mark, _ := stream.Peek(3); bytes.Equal(mark, []byte("\xef\xbb\xbf")) {
		_, _ = stream.Discard(3)
	}
	start, err := stream.Peek(4096)
	if err != nil && !errors.Is(err, io.EOF) && len(start) == 0 {
		return nil, &LineError{1, "reading: " + err.Error()}
	}
	switch start = bytes.TrimLeft(start, " \t\r\n"); {
	case len(start) > 0 && isYAML(start[0]):
		return &Reader{(&yamlReader{from: stream}).next}, nil
	default:
		values := newValues(stream)
		if len(start) > 0 && start[0] == '[' {
			values.array = true
			if _, err := values.d.ReadToken(); err != nil {
				return nil, &LineError{1, err.Error()}
			}
		}
		return &Reader{values.next}, nil
	}
}

// Next is the next review; io.EOF ends them. After a *LineError there may be more.
func (r *Reader) Next() (Review, error) { return r.next() }

// isYAML tells whether a document that begins so is YAML, and not JSON with a fault.
func isYAML(first byte) bool {
	return 'a' <= first && first <= 'z' || 'A' <= first && first <= 'Z' || strings.IndexByte("#-%", first) >= 0
}

// values reads JSON values.
type values struct {
	from  *lines
	d     *jsontext.Decoder
	base  int64 // where the decoder began
	array bool
	ended bool
}

func newValues(from io.Reader) *values {
	v := &values{from: &lines{from: from, left: maxRead, line: 1}}
	v.decode()
	return v
}

// decode begins to read values. Whether names are there twice is for the webhooks to say.
func (v *values) decode() {
	v.d = jsontext.NewDecoder(v.from, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
}

func (v *values) next() (Review, error) {
	v.from.left = maxRead
	if v.ended || v.array && v.d.PeekKind() == ']' {
		return Review{}, io.EOF
	}
	value, err := v.d.ReadValue()
	if err == nil {
		start := v.base + v.d.InputOffset() - int64(len(value))
		return Review{v.from.lineAt(start), bytes.Clone(value)}, nil
	}
	if errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return Review{}, io.EOF
	}
	return Review{}, v.resume(err)
}

// resume goes on with the next line that begins an object. One that has ended too early leaves the
// others readable: that of a process that was killed while it wrote.
func (v *values) resume(why error) error {
	unread := v.d.UnreadBuffer()
	blank := len(unread) - len(bytes.TrimLeft(unread, ", \t\r\n"))
	at := v.base + v.d.InputOffset() + int64(blank)
	fault := &LineError{v.from.lineAt(at), textOf(why)}
	if failed := v.from.err; v.array || failed != nil && !errors.Is(failed, io.EOF) {
		v.ended = true
		fault.Text += "; what comes after it is not read"
		return fault
	}
	skipped := v.from.skip(unread[blank:])
	if skipped < 0 {
		v.ended = true
		return fault
	}
	v.base = at + int64(skipped)
	v.decode()
	return fault
}

// textOf is what is wrong, without the place in the stream.
func textOf(err error) string {
	switch syntax, is := errors.AsType[*jsontext.SyntacticError](err); {
	case errors.Is(err, errTooLarge):
		return errTooLarge.Error()
	case errors.Is(err, io.ErrUnexpectedEOF), is && strings.Contains(syntax.Err.Error(), `'\n' in string`):
		return "the JSON ends too early"
	case is:
		return "no JSON: " + syntax.Err.Error()
	default:
		return "reading: " + err.Error()
	}
}

var errTooLarge = fmt.Errorf("the review is larger than %d MiB", maxRead>>20)
