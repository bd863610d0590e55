package auditlog

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"time"

	json "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	authenticationv1 "k8s.io/api/authentication/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Event is what matters of an event.
type Event struct {
	// Line is that of the log.
	Line int

	Kind             string
	Level            string
	AuditID          string
	Stage            string
	RequestURI       string
	Verb             string
	User             authenticationv1.UserInfo
	ImpersonatedUser *authenticationv1.UserInfo
	ObjectRef        Reference
	Response         Status
	// RequestObject and ResponseObject are JSON, or nothing.
	RequestObject, ResponseObject []byte
	Time                          time.Time
	Annotations                   map[string]string

	items []jsontext.Value // of an EventList
}

// Reference is the object that a request is about. What is created may have no name yet.
type Reference struct {
	Resource    string `json:"resource"`
	Namespace   string `json:"namespace"`
	Name        string `json:"name"`
	APIGroup    string `json:"apiGroup"`
	APIVersion  string `json:"apiVersion"`
	Subresource string `json:"subresource"`
}

// GroupVersionResource is the resource that was asked for.
func (r *Reference) GroupVersionResource() schema.GroupVersionResource {
	return schema.GroupVersionResource{Group: r.APIGroup, Version: r.APIVersion, Resource: r.Resource}
}

// Status is what the API server has answered.
type Status struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
}

// errUnwanted ends an event of which nothing more need be read.
var errUnwanted = errors.New("not wanted")

// parse reads an event. Its objects come last, and may be large: what is not wanted ends before
// them.
func parse(text []byte, wanted func(*Event) bool) (*Event, error) {
	d := jsontext.NewDecoder(bytes.NewBuffer(text), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	if d.PeekKind() != '{' {
		return nil, errors.New("no JSON object")
	}
	if _, err := d.ReadToken(); err != nil {
		return nil, err
	}
	e := &Event{}
	for d.PeekKind() == '"' {
		name, err := d.ReadToken()
		if err != nil {
			return nil, err
		}
		if err := e.member(d, name.String(), wanted); err != nil {
			return e, err
		}
	}
	if _, err := d.ReadToken(); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	if !wanted(e) {
		return e, errUnwanted
	}
	return e, nil
}

func (e *Event) member(d *jsontext.Decoder, name string, wanted func(*Event) bool) error {
	switch name {
	case "requestObject", "responseObject":
		if e.Verb != "" && e.Stage != "" && e.ObjectRef.Resource != "" && !wanted(e) {
			return errUnwanted
		}
		value, err := d.ReadValue()
		switch {
		case err != nil || value.Kind() != '{':
			return err
		case name == "requestObject":
			e.RequestObject = bytes.Clone(value)
		default:
			e.ResponseObject = bytes.Clone(value)
		}
		return nil
	case "stageTimestamp":
		var text string
		err := json.UnmarshalDecode(d, &text)
		e.Time, _ = time.Parse(time.RFC3339, text) // without it the event is as good
		return err
	}
	if into := e.field(name); into != nil {
		return json.UnmarshalDecode(d, into)
	}
	return d.SkipValue()
}

func (e *Event) field(name string) any {
	switch name {
	case "kind":
		return &e.Kind
	case "level":
		return &e.Level
	case "auditID":
		return &e.AuditID
	case "stage":
		return &e.Stage
	case "requestURI":
		return &e.RequestURI
	case "verb":
		return &e.Verb
	case "user":
		return &e.User
	case "impersonatedUser":
		return &e.ImpersonatedUser
	case "objectRef":
		return &e.ObjectRef
	case "responseStatus":
		return &e.Response
	case "annotations":
		return &e.Annotations
	case "items":
		return &e.items
	}
	return nil
}

// isRequest tells an event from a list of some. Those in a list do not say what they are.
func (e *Event) isRequest() bool {
	return e.Kind == "Event" || e.Kind == "" && e.AuditID != "" && e.Verb != ""
}

// Sender is on whose behalf the request was sent.
func (e *Event) Sender() authenticationv1.UserInfo {
	if e.ImpersonatedUser != nil {
		return *e.ImpersonatedUser
	}
	return e.User
}

// Left is the object that a create or an update has left behind: as the API server has answered it,
// or else as it was sent, before webhooks and plugins changed it.
func (e *Event) Left() []byte {
	var head struct {
		Kind string `json:"kind"`
	}
	if json.Unmarshal(e.ResponseObject, &head) == nil && head.Kind != "Status" && head.Kind != "PartialObjectMetadata" {
		return e.ResponseObject
	}
	return e.RequestObject
}

// isConnection tells whether a request is one to what runs, which has no object.
func (e *Event) isConnection() bool {
	switch r := &e.ObjectRef; r.Subresource {
	case "exec", "attach", "portforward":
		return r.APIGroup == "" && r.Resource == "pods"
	case "proxy":
		return r.APIGroup == "" && (r.Resource == "pods" || r.Resource == "services" || r.Resource == "nodes")
	}
	return false
}

// isRead tells whether a request changes nothing.
func (e *Event) isRead() bool {
	return (e.Verb == "get" || e.Verb == "list" || e.Verb == "watch") && !e.isConnection()
}

// isReport tells whether a request says how something is, which controllers and nodes do all the
// time.
func (e *Event) isReport() bool {
	r := &e.ObjectRef
	return r.Subresource == "status" || r.Resource == "leases" && r.APIGroup == "coordination.k8s.io" ||
		r.Resource == "events" && (r.APIGroup == "" || r.APIGroup == "events.k8s.io") ||
		strings.HasSuffix(r.Resource, "reviews") && (r.APIGroup == "authentication.k8s.io" || r.APIGroup == "authorization.k8s.io")
}
