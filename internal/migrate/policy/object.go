package policy

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	kjson "sigs.k8s.io/json"

	"taffrail.dev/taffrail/internal/manifest"
)

// Object is one object of the input, or the configuration file of a tool.
type Object struct {
	manifest.Place
	APIVersion, Kind, Namespace, Name string
	Content                           map[string]any
}

// NewObject reads the head of an object.
func NewObject(at manifest.Place, content map[string]any) *Object {
	meta, _ := content["metadata"].(map[string]any)
	text := func(in map[string]any, key string) string { s, _ := in[key].(string); return s }
	return &Object{
		Place: at, Content: content,
		APIVersion: text(content, "apiVersion"), Kind: text(content, "kind"),
		Namespace: text(meta, "namespace"), Name: text(meta, "name"),
	}
}

// Group is the API group.
func (o *Object) Group() string {
	group, _, found := strings.Cut(o.APIVersion, "/")
	if !found {
		return ""
	}
	return group
}

// Annotations are those of the object.
func (o *Object) Annotations() map[string]string {
	meta, _ := o.Content["metadata"].(map[string]any)
	all, _ := meta["annotations"].(map[string]any)
	out := map[string]string{}
	for key, value := range all {
		out[key] = fmt.Sprint(value)
	}
	return out
}

// Labels are those of the object.
func (o *Object) Labels() map[string]string {
	meta, _ := o.Content["metadata"].(map[string]any)
	all, _ := meta["labels"].(map[string]any)
	out := map[string]string{}
	for key, value := range all {
		out[key] = fmt.Sprint(value)
	}
	return out
}

// Inputs are all objects: a policy may refer to others.
type Inputs struct {
	Objects []*Object
	// Now is when Exemptions begin.
	Now time.Time
}

// Find is the object of a kind by its name; the group may be empty for any.
func (in *Inputs) Find(group, kind, namespace, name string) *Object {
	for _, o := range in.Objects {
		if o.Kind == kind && o.Name == name && (group == "" || o.Group() == group) && (namespace == "" || o.Namespace == namespace) {
			return o
		}
	}
	return nil
}

// Of lists the objects of a kind.
func (in *Inputs) Of(group, kind string) (all []*Object) {
	for _, o := range in.Objects {
		if o.Kind == kind && o.Group() == group {
			all = append(all, o)
		}
	}
	return all
}

// Decode reads a value strictly. Unknown are the fields that the type does not have: what nobody
// has read must not be dropped.
func Decode(content, into any) (unknown []string, err error) {
	raw, err := json.Marshal(content)
	if err != nil {
		return nil, fmt.Errorf("encoding what was read: %w", err)
	}
	strict, err := kjson.UnmarshalStrict(raw, into)
	if err != nil {
		return nil, err
	}
	for _, e := range strict {
		field := strings.TrimPrefix(e.Error(), "unknown field ")
		if !slices.Contains(unknown, field) {
			unknown = append(unknown, field)
		}
	}
	return unknown, nil
}

// Plain is a value as JSON has it: maps, lists, texts, booleans, int64 and float64.
func Plain(value any) any {
	raw, err := json.Marshal(value)
	if err != nil {
		return nil
	}
	var out any
	if kjson.UnmarshalCaseSensitivePreserveInts(raw, &out) != nil {
		return nil
	}
	return out
}
