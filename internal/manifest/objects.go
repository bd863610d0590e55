package manifest

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// maxObjectBytes bounds an object: the API server takes none that is larger
// (k8s.io/apiserver, MaxRequestBodyBytes).
const maxObjectBytes = 3 << 20

// add takes what one document holds: an object, a List of objects, or nothing.
func (in *Input) add(from source, f fragment) {
	d := newDocument(f)
	raw, mistakes := d.decode()
	for _, m := range mistakes {
		at := Place{from.name, m.line}
		switch {
		case !errors.Is(m.error, errTemplate):
			in.fail(at, m)
		case from.found:
			in.skip(from, at, HelmTemplate)
		default:
			in.fail(at, fmt.Errorf("%w: render it first, as `taffrail check --helm CHART` does", errTemplate))
		}
	}
	if d.raw = raw; len(mistakes) == 0 {
		in.addValue(value{from: from, document: d, raw: raw})
	}
}

// value is what lies at a place of a document.
type value struct {
	from     source
	document *document
	at       string // a JSON Pointer
	raw      []byte
}

func (v *value) head() (head Object, items []byte, err *headError) {
	if v.at == "" && v.document.plain {
		if head, ok := headOf(v.document.root().Content[0]); ok {
			return head, nil, nil
		}
	}
	return readHead(v.raw)
}

func (v *value) place(member string) Place {
	line, _ := v.document.position(v.at + member)
	return Place{v.from.name, line}
}

// addValue takes an object, all items of a List, or, of null, which is what
// nothing but comments is, nothing.
func (in *Input) addValue(v value) {
	if string(v.raw) == "null" {
		return
	}
	if v.raw[0] != '{' {
		in.addStranger(v)
		return
	}
	head, items, err := v.head()
	switch {
	case err != nil:
		in.fail(v.place(err.pointer), err)
	case head.APIVersion == "" && head.Kind == "", (head.APIVersion == "" || head.Kind == "") && v.from.advice() != "":
		in.addStranger(v)
	case head.APIVersion == "":
		in.fail(v.place(""), fmt.Errorf("apiVersion: must be set for a %s", head.Kind))
	case head.Kind == "":
		in.fail(v.place(""), fmt.Errorf("kind: must be set for an object of %s", head.APIVersion))
	case isList(head.Kind, items):
		in.addItems(v, head, items)
	case len(v.raw) > maxObjectBytes:
		in.fail(v.place(""), fmt.Errorf("%s %q is larger than %d MiB: the API server takes none that is", head.Kind, head.Name, maxObjectBytes>>20))
	default:
		head.File, head.Raw, head.document, head.at, head.Found = v.from.name, v.raw, v.document, v.at, v.from.found
		head.Duplicates = v.document.duplicatesIn(v.at)
		in.Objects = append(in.Objects, &head)
	}
}

// addStranger passes over what is no Kubernetes object, unless somebody has
// named the file: directories hold all sorts of YAML.
func (in *Input) addStranger(v value) {
	if v.from.found {
		in.skip(v.from, v.place(""), v.from.strange())
		return
	}
	if advice := v.from.advice(); advice != "" {
		in.fail(v.place(""), errors.New("is no Kubernetes object but "+advice))
		return
	}
	in.fail(v.place(""), errors.New("is no Kubernetes object: must have apiVersion and kind"))
}

// isList tells whether an object is a List, or a typed one such as PodList. A
// custom resource may be called AllowList and be none.
func isList(kind string, items json.RawMessage) bool {
	return kind == "List" || strings.HasSuffix(kind, "List") && len(items) > 0 && items[0] == '['
}

// addItems takes the items of a List. Those of a typed one need not say what they are.
func (in *Input) addItems(v value, list Object, raw json.RawMessage) {
	var items []json.RawMessage
	if len(raw) > 0 && json.Unmarshal(raw, &items) != nil {
		in.fail(v.place("/items"), errors.New("items: must be a list"))
		return
	}
	for i, item := range items {
		if kind := strings.TrimSuffix(list.Kind, "List"); kind != "" {
			item = withKind(item, list.APIVersion, kind)
		}
		in.addValue(value{v.from, v.document, fmt.Sprintf("%s/items/%d", v.at, i), item})
	}
}

// withKind adds apiVersion and kind to an object that has neither.
func withKind(raw json.RawMessage, apiVersion, kind string) json.RawMessage {
	var members map[string]json.RawMessage
	if json.Unmarshal(raw, &members) != nil || members == nil || members["apiVersion"] != nil || members["kind"] != nil {
		return raw
	}
	members["apiVersion"], _ = json.Marshal(apiVersion)
	members["kind"], _ = json.Marshal(kind)
	complete, err := json.Marshal(members)
	if err != nil {
		return raw
	}
	return complete
}
