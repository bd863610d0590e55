package main

import (
	"fmt"
	"strings"

	"taffrail.dev/taffrail/catalogue"
	"taffrail.dev/taffrail/mutators"
	"taffrail.dev/taffrail/validators"
)

// topic is a check or a default, as far as it can be explained.
type topic struct {
	name, summary, doc string
	// about says in a sentence what it is.
	about string
	// list is where a Guardrail switches it on: validators or mutators.
	list       string
	looksAt    string
	controls   []string
	parameters []catalogue.Parameter
	references []catalogue.Reference
	// takes tells whether parameters, strictly decoded, are all right.
	takes func(catalogue.Decode) bool
}

// allTopics are all checks, then all defaults, by name.
func allTopics() []topic {
	var topics []topic
	for _, v := range validators.All() {
		topics = append(topics, topic{
			name: v.Name, summary: v.Summary, doc: v.Doc,
			about:    fmt.Sprintf("A check of %s severity.", strings.ToLower(string(v.Severity))),
			list:     "validators",
			looksAt:  describeResources(v.Resources),
			controls: v.Controls, parameters: catalogue.Parameters(v.New), references: v.References,
			takes: taker(v.New),
		})
	}
	for _, m := range mutators.All() {
		topics = append(topics, topic{
			name: m.Name, summary: m.Summary, doc: m.Doc,
			about:      "A default.",
			list:       "mutators",
			looksAt:    "CREATE of pods",
			parameters: catalogue.Parameters(m.New), references: m.References,
			takes: taker(m.New),
		})
	}
	return topics
}

func taker[T any](constructor func(catalogue.Decode) (T, error)) func(catalogue.Decode) bool {
	return func(decode catalogue.Decode) bool {
		_, err := constructor(decode)
		return err == nil
	}
}

// describeResources lists resources by their operations: CREATE and UPDATE of
// pods, deployments.apps.
func describeResources(resources []validators.Resource) string {
	var operations []string
	names := map[string][]string{}
	for _, r := range resources {
		var all []string
		for _, operation := range r.Operations {
			all = append(all, string(operation))
		}
		key := strings.Join(all, " and ")
		if names[key] == nil {
			operations = append(operations, key)
		}
		names[key] = append(names[key], r.GroupResource().String())
		for _, subresource := range r.Subresources {
			names[key] = append(names[key], r.GroupResource().String()+"/"+subresource)
		}
	}
	var parts []string
	for _, key := range operations {
		parts = append(parts, key+" of "+strings.Join(names[key], ", "))
	}
	return strings.Join(parts, "; ")
}
