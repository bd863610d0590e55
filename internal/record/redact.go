package record

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"taffrail.dev/taffrail/validators"
)

// maxDepth bounds how deep values lie within values. It is that of reviews (internal/skim).
const maxDepth = 256

// maxReread bounds how often what a review holds is read anew, since it was found to be that of a
// Secret after it was read: Secrets within Secrets must not cost the square of their size.
const maxReread = 4

// wholeObjects are annotations that repeat the object that they are in.
var wholeObjects = []string{
	"kubectl.kubernetes.io/last-applied-configuration",
	"banzaicloud.com/last-applied",
	"kapp.k14s.io/original",
	"kopf.zalando.org/last-handled-configuration",
	"objectset.rio.cattle.io/applied",
}

// Redactor takes the values out of AdmissionReviews that must not be kept. It works on the JSON as
// it was sent, so that fields survive which nobody here knows. It is for one goroutine.
type Redactor struct {
	annotations map[string]bool
	standIns    *validators.StandIns
	whole       []byte
	edits       []edit
	reread      int
}

// edit replaces a part of a review.
type edit struct {
	start, end int
	text       []byte
}

// NewRedactor makes one that takes out the values of these annotations too.
func NewRedactor(annotations ...string) *Redactor {
	r := &Redactor{annotations: map[string]bool{}, standIns: validators.NewStandIns()}
	for _, key := range slices.Concat(wholeObjects, annotations) {
		r.annotations[key] = true
	}
	return r
}

// Redact answers a review without its secrets, on one line. What is no valid JSON has no redacted
// form: nobody knows where its secrets are.
func (r *Redactor) Redact(review []byte) ([]byte, error) {
	r.standIns.Forget()
	r.whole, r.edits, r.reread = review, r.edits[:0], maxReread*len(review)
	s := r.scan(review, 0)
	if err := s.review(); err != nil {
		return nil, err
	}
	if rest := review[s.d.InputOffset():]; len(bytes.Trim(rest, " \t\r\n")) > 0 { // the blanks of JSON: Go knows more
		return nil, errors.New("must be one JSON value")
	}
	slices.SortFunc(r.edits, func(a, b edit) int { return cmp.Compare(a.start, b.start) })
	redacted := make([]byte, 0, len(review)+64)
	at := 0
	for _, e := range r.edits {
		redacted = append(append(redacted, review[at:e.start]...), e.text...)
		at = e.end
	}
	redacted = append(redacted, review[at:]...)
	if bytes.ContainsAny(redacted, "\r\n") {
		value := jsontext.Value(redacted)
		if err := value.Compact(); err != nil {
			return nil, err
		}
		redacted = value
	}
	return redacted, nil
}

// scan reads a part of a review.
type scan struct {
	*Redactor
	d    *jsontext.Decoder
	base int // where the part begins
}

func (r *Redactor) scan(part []byte, base int) *scan {
	return &scan{r, jsontext.NewDecoder(bytes.NewBuffer(part)), base}
}

func (s *scan) offset() int { return s.base + int(s.d.InputOffset()) }

// review reads the outermost object.
func (s *scan) review() error {
	if s.d.PeekKind() != '{' {
		return cmp.Or(s.skip(), errors.New("must be an object"))
	}
	return s.members(func(name string) error {
		switch name {
		case "kind", "apiVersion":
			return s.skip()
		case "request":
			return s.request()
		default:
			return s.all(s.standIns.For)
		}
	})
}

func (s *scan) request() error {
	if s.d.PeekKind() != '{' {
		return s.all(s.standIns.For)
	}
	return s.members(func(name string) error {
		if name != "userInfo" || s.d.PeekKind() != '{' {
			return s.value(name)
		}
		return s.members(func(name string) error {
			if name == "extra" {
				return s.all(s.standIns.For)
			}
			return s.skip()
		})
	})
}

// members reads an object, each of its members by a function.
func (s *scan) members(member func(name string) error) error {
	if _, err := s.d.ReadToken(); err != nil {
		return err
	}
	if s.d.StackDepth() > maxDepth {
		return fmt.Errorf("more than %d values within values", maxDepth)
	}
	for s.d.PeekKind() == '"' {
		name, err := s.d.ReadToken()
		if err != nil {
			return err
		}
		if err := member(name.String()); err != nil {
			return err
		}
	}
	_, err := s.d.ReadToken()
	return err
}

// items reads a list, each of its items by a function.
func (s *scan) items(item func() error) error {
	if _, err := s.d.ReadToken(); err != nil {
		return err
	}
	if s.d.StackDepth() > maxDepth {
		return fmt.Errorf("more than %d values within values", maxDepth)
	}
	for kind := s.d.PeekKind(); kind != ']' && kind != jsontext.KindInvalid; kind = s.d.PeekKind() {
		if err := item(); err != nil {
			return err
		}
	}
	_, err := s.d.ReadToken()
	return err
}

func (s *scan) skip() error {
	_, err := s.d.ReadValue()
	return err
}

// text reads a string, and replaces it unless its stand-in is the same.
func (s *scan) text(standIn func(string) string) error {
	token, err := s.d.ReadValue()
	if err != nil {
		return err
	}
	value, err := jsontext.AppendUnquote(nil, token)
	if err != nil {
		return err
	}
	if text := standIn(string(value)); text != string(value) {
		quoted, _ := jsontext.AppendQuote(nil, text)
		end := s.offset()
		s.edits = append(s.edits, edit{end - len(token), end, quoted})
	}
	return nil
}

// all replaces whatever is in a value: strings by their stand-ins, and numbers.
func (s *scan) all(standIn func(string) string) error {
	switch s.d.PeekKind() {
	case '{':
		return s.members(func(string) error { return s.all(standIn) })
	case '[':
		return s.items(func() error { return s.all(standIn) })
	case '"':
		return s.text(standIn)
	case '0':
		number, err := s.d.ReadValue()
		end := s.offset()
		s.edits = append(s.edits, edit{end - len(number), end, []byte("0")})
		return err
	default:
		return s.skip()
	}
}

// encoded is the stand-in of bytes in base64. What is no base64 stays none.
func (s *scan) encoded(value string) string {
	decoded, err := base64.StdEncoding.DecodeString(value)
	if err != nil {
		return s.standIns.For(value)
	}
	return base64.StdEncoding.EncodeToString(s.standIns.ForBinary(decoded))
}
