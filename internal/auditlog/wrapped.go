package auditlog

import (
	"bytes"
	"strings"

	json "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// wrapped is a line of a log service with an event in it: EKS has it as the message of CloudWatch,
// AKS as the log of Azure Monitor.
type wrapped struct {
	Message      string           `json:"message"`
	Events       []jsontext.Value `json:"events"`
	LogEvents    []jsontext.Value `json:"logEvents"`
	Records      []jsontext.Value `json:"records"`
	Properties   jsontext.Value   `json:"properties"`
	ProtoPayload jsontext.Value   `json:"protoPayload"`
}

// unwrap finds the events in a line that is none. It says of the form of another's log what that
// is.
func unwrap(line []byte) (events []jsontext.Value, foreign string) {
	if '0' <= line[0] && line[0] <= '9' { // an export of CloudWatch: a time, and then the event
		if at := bytes.IndexByte(line, '{'); at > 0 && at < 64 {
			return []jsontext.Value{line[at:]}, ""
		}
	}
	var w wrapped
	if json.Unmarshal(line, &w, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)) != nil {
		return nil, ""
	}
	if len(w.ProtoPayload) > 0 {
		return nil, "is an entry of Google Cloud's audit log, which has another form than audit.k8s.io/v1"
	}
	for _, some := range [][]jsontext.Value{w.Events, w.LogEvents, w.Records} {
		events = append(events, some...)
	}
	if isObject(w.Message) {
		events = append(events, jsontext.Value(w.Message))
	}
	var properties struct {
		Log string `json:"log"`
	}
	if len(w.Properties) > 0 && json.Unmarshal(w.Properties, &properties) == nil && isObject(properties.Log) {
		events = append(events, jsontext.Value(properties.Log))
	}
	return events, ""
}

func isObject(text string) bool { return strings.HasPrefix(strings.TrimSpace(text), "{") }
