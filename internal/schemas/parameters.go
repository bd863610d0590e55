package schemas

import (
	"encoding/json"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	errs "k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/params"
)

// nothing is the schema of parameters where there are none.
func nothing() schema {
	return schema{"type": "object", "additionalProperties": false, "description": "It has no parameters."}
}

// parameters is the schema of what a constructor decodes: the fields of its struct, with the default
// that each holds. Which words a parameter takes, and which must be given, the constructor tells
// itself: it is asked.
func parameters[T any](constructor func(params.Decode) (T, error)) schema {
	described := params.Describe(constructor)
	if len(described) == 0 {
		return nothing()
	}
	var fields reflect.Value
	_ = missing(constructor, func(all reflect.Value) { fields = all })
	properties := schema{}
	for i, p := range described {
		node := plainly.of(fields.Type().Field(i).Type)
		node["description"] = p.Doc
		if value := fields.Field(i); !value.IsZero() {
			node["default"] = plain(value)
		}
		offer(node, wordsOf(constructor, i, p.Name))
		properties[p.Name] = node
	}
	all := schema{"type": "object", "additionalProperties": false, "properties": properties}
	if required := requiredOf(constructor, described); len(required) > 0 {
		all["required"] = required
	}
	return all
}

// plain is a value as JSON has it.
func plain(value reflect.Value) (out any) {
	text, err := json.Marshal(value.Interface())
	if err != nil || json.Unmarshal(text, &out) != nil {
		return nil
	}
	return out
}

// offer has a text, or the items of a list, be one of some words.
func offer(node schema, words []string) {
	if len(words) == 0 {
		return
	}
	if items, is := node["items"].(schema); is {
		node = items
	}
	node["enum"] = words
}

// noWord is a text that no parameter takes.
const noWord = "\uFFFD"

// wordsOf asks for the words that a parameter takes, if it takes nothing else. In some a star stands
// for all of them, or an empty text for none.
func wordsOf[T any](constructor func(params.Decode) (T, error), index int, name string) []string {
	mistake := mistakeIn(constructor, index, name, noWord)
	if mistake == nil || mistake.Type != errs.ErrorTypeNotSupported {
		return nil
	}
	words := quotedIn(mistake.Detail)
	for _, word := range []string{"*", ""} {
		if mistakeIn(constructor, index, name, word) == nil {
			words = append(words, word)
		}
	}
	return words
}

// mistakeIn is what a constructor has to say of a word in a parameter, or in the list that it is.
func mistakeIn[T any](constructor func(params.Decode) (T, error), index int, name, word string) *errs.Error {
	isText := false
	_, err := constructor(func(into any) error {
		value := reflect.ValueOf(into).Elem().Field(index)
		if value.Kind() == reflect.Slice {
			value.Set(reflect.MakeSlice(value.Type(), 1, 1))
			value = value.Index(0)
		}
		if isText = value.Kind() == reflect.String; isText {
			value.SetString(word)
		}
		return nil
	})
	for _, mistake := range mistakesIn(err) {
		if isText && (mistake.Field == name || mistake.Field == name+"[0]") {
			return mistake
		}
	}
	return nil
}

var quoted = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)

func quotedIn(text string) (words []string) {
	for _, literal := range quoted.FindAllString(text, -1) {
		if word, err := strconv.Unquote(literal); err == nil {
			words = append(words, word)
		}
	}
	return words
}

// requiredOf asks which parameters must be given. One in whose place another will do is not among them.
func requiredOf[T any](constructor func(params.Decode) (T, error), described []params.Parameter) []string {
	required := missing(constructor, func(reflect.Value) {})
	for i, p := range described {
		with := missing(constructor, func(all reflect.Value) { set(all.Field(i)) })
		required = slices.DeleteFunc(required, func(name string) bool { return name != p.Name && !slices.Contains(with, name) })
	}
	return required
}

// missing are the parameters that a constructor misses in what it is given.
func missing[T any](constructor func(params.Decode) (T, error), fill func(all reflect.Value)) (names []string) {
	_, err := constructor(func(into any) error {
		fill(reflect.ValueOf(into).Elem())
		return nil
	})
	for _, mistake := range mistakesIn(err) {
		if mistake.Type == errs.ErrorTypeRequired && !strings.ContainsAny(mistake.Field, ".[") {
			names = append(names, mistake.Field)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// set gives a field a value that is not the one it has without.
func set(value reflect.Value) {
	switch value.Kind() {
	case reflect.Slice:
		value.Set(reflect.MakeSlice(value.Type(), 1, 1))
		set(value.Index(0))
	case reflect.Map:
		value.Set(reflect.MakeMap(value.Type()))
		key, element := reflect.New(value.Type().Key()).Elem(), reflect.New(value.Type().Elem()).Elem()
		set(key)
		set(element)
		value.SetMapIndex(key, element)
	case reflect.Pointer:
		value.Set(reflect.New(value.Type().Elem()))
		set(value.Elem())
	case reflect.String:
		value.SetString("1")
	case reflect.Bool:
		value.SetBool(true)
	case reflect.Int, reflect.Int32, reflect.Int64:
		value.SetInt(1)
	case reflect.Float64:
		value.SetFloat(1)
	}
}

// mistakesIn are the mistakes that are joined in an error.
func mistakesIn(err error) (all []*errs.Error) {
	switch err := err.(type) { //nolint:errorlint // each error of a tree is looked at
	case nil:
		return nil
	case *errs.Error:
		return []*errs.Error{err}
	case interface{ Unwrap() []error }:
		for _, inner := range err.Unwrap() {
			all = append(all, mistakesIn(inner)...)
		}
	case interface{ Errors() []error }:
		for _, inner := range err.Errors() {
			all = append(all, mistakesIn(inner)...)
		}
	}
	return all
}
