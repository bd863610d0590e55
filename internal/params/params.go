// Package params holds what checks and defaults have in common: the form of
// their parameters and what they refer to.
package params

import (
	"fmt"
	"reflect"
	"strings"

	json "github.com/go-json-experiment/json"
)

// Decode reads the parameters of a Guardrail, strictly, into a pointer to a
// struct that holds the defaults.
type Decode func(into any) error

// Source is where a reference leads.
type Source string

// The standards that checks are taken from, and the peers whose checks do the
// same, for people who come from them.
const (
	PSS        Source = "Pod Security Standards"
	PSA        Source = "Pod Security Admission"
	CIS        Source = "CIS Kubernetes Benchmark"
	NSA        Source = "NSA/CISA Kubernetes Hardening Guide"
	CVE        Source = "CVE"
	Kubernetes Source = "Kubernetes documentation"
	Kyverno    Source = "Kyverno"
	Gatekeeper Source = "Gatekeeper"
	Polaris    Source = "Polaris"
	KubeLinter Source = "kube-linter"
	KRail      Source = "k-rail"
)

// Reference is a place where the same thing is said in other words.
type Reference struct {
	Source Source
	ID     string
}

// Refs are references of one source.
func Refs(source Source, ids ...string) []Reference {
	refs := make([]Reference, len(ids))
	for i, id := range ids {
		refs[i] = Reference{Source: source, ID: id}
	}
	return refs
}

// Parameter describes one parameter of a check or a default.
type Parameter struct {
	Name    string
	Type    string
	Default string // as YAML; empty where there is none
	Doc     string
}

// Describe describes the parameters that a constructor decodes: the fields of
// the struct, each with its `json` name, its `doc` and the default it holds. So
// the documentation cannot differ from the code.
func Describe[T any](constructor func(Decode) (T, error)) []Parameter {
	var params []Parameter
	// What the constructor makes of defaults alone is of no interest here.
	_, _ = constructor(func(into any) error {
		params = describe(reflect.ValueOf(into).Elem())
		return nil
	})
	return params
}

func describe(v reflect.Value) []Parameter {
	var params []Parameter
	for i := range v.NumField() {
		field := v.Type().Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		params = append(params, Parameter{
			Name:    name,
			Type:    typeName(field.Type),
			Default: defaultOf(v.Field(i)),
			Doc:     field.Tag.Get("doc"),
		})
	}
	return params
}

func typeName(t reflect.Type) string {
	if t.Kind() == reflect.Pointer {
		return typeName(t.Elem())
	}
	if named, ok := reflect.TypeAssert[interface{ ParameterType() string }](reflect.Zero(t)); ok {
		return named.ParameterType()
	}
	switch t.Kind() {
	case reflect.Slice:
		return "list of " + typeName(t.Elem())
	case reflect.Map:
		return "map of " + typeName(t.Key()) + " to " + typeName(t.Elem())
	case reflect.Struct:
		var names []string
		for field := range t.Fields() {
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			names = append(names, name)
		}
		return "{" + strings.Join(names, ", ") + "}"
	case reflect.Bool:
		return "boolean"
	case reflect.Int, reflect.Int32, reflect.Int64:
		return "integer"
	case reflect.Float64:
		return "number"
	default:
		return t.Kind().String()
	}
}

func defaultOf(v reflect.Value) string {
	switch v.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		if v.IsNil() {
			return ""
		}
	case reflect.String:
		if v.Len() == 0 {
			return ""
		}
		return v.String()
	}
	b, err := json.Marshal(v.Interface(), json.Deterministic(true))
	if err != nil {
		return fmt.Sprint(v.Interface())
	}
	return strings.Trim(strings.ReplaceAll(strings.ReplaceAll(string(b), `"`, ""), ",", ", "), `"`)
}
