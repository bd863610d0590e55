package edit

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	kjson "sigs.k8s.io/json"

	"taffrail.dev/taffrail/internal/workload"
)

var unescape = strings.NewReplacer("~1", "/", "~0", "~")

// apply applies one operation, whose path is below another.
func (v *value) apply(at string, op workload.Operation) error {
	cannot := func(why string) error { return fmt.Errorf("%s %s: %s", op.Op, op.Path, why) }
	data, err := normal(op)
	if err != nil {
		return cannot(err.Error())
	}
	before, path, _ := strings.Cut(at+op.Path, "/")
	if before != "" {
		return cannot("the path must begin with /")
	}
	names := strings.Split(path, "/")
	if at+op.Path == "" {
		return v.applyTo(op.Op, data, cannot)
	}
	parent := v
	for _, name := range names[:len(names)-1] {
		if parent = parent.child(unescape.Replace(name)); parent == nil {
			return cannot("there is no such place")
		}
	}
	parent.expand()
	name := unescape.Replace(names[len(names)-1])
	switch {
	case op.Op == "add" && parent.isObject():
		parent.set(name, data)
	case op.Op == "add" && parent.isList():
		return parent.insert(name, data, cannot)
	case parent.child(name) == nil:
		return cannot("there is no such value")
	case op.Op == "remove":
		parent.remove(name)
	default:
		return parent.child(name).applyTo(op.Op, data, cannot)
	}
	return nil
}

// applyTo applies an operation to the value itself.
func (v *value) applyTo(op string, data any, cannot func(string) error) error {
	switch op {
	case "test":
		if !reflect.DeepEqual(v.plain(), data) {
			return cannot("another value is there")
		}
	case "replace", "add":
		v.become(data)
	default:
		return cannot("no such operation can be made here")
	}
	return nil
}

// normal is a value as it would be read: operations have Kubernetes' types, too.
func normal(op workload.Operation) (any, error) {
	if op.Op == "remove" {
		return nil, nil
	}
	raw, err := workload.EncodePatch([]workload.Operation{op})
	if err != nil {
		return nil, err
	}
	var read []map[string]any
	if err := kjson.UnmarshalCaseSensitivePreserveInts(raw, &read); err != nil {
		return nil, err
	}
	return read[0]["value"], nil
}

// child is a member or an item, or nil.
func (v *value) child(name string) *value {
	v.expand()
	if v.isObject() {
		if f := v.field(name); f != nil {
			return f.value
		}
		return nil
	}
	if i, ok := index(name); ok && i < len(v.items) {
		return v.items[i]
	}
	return nil
}

func index(name string) (int, bool) {
	i, err := strconv.Atoi(name)
	return i, err == nil && i >= 0 && strconv.Itoa(i) == name
}

func (v *value) insert(name string, data any, cannot func(string) error) error {
	i, ok := index(name)
	if name == "-" {
		i, ok = len(v.items), true
	}
	if !ok || i > len(v.items) {
		return cannot("there is no such place in the list")
	}
	v.items = slices.Insert(v.items, i, &value{fresh: true, data: data})
	return nil
}

func (v *value) remove(name string) {
	if v.isObject() {
		v.fields = slices.DeleteFunc(v.fields, func(f *field) bool { return f.name == name })
		return
	}
	i, _ := index(name)
	v.items = slices.Delete(v.items, i, i+1)
}
