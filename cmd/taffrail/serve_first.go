package main

import (
	"errors"
	"fmt"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/guardrail"
)

// first are the Guardrails to start an installation with, none where none are named. A mistake in them is told at once: a
// year later, when they are needed, nobody would look.
func (o *serveOptions) first() ([]v1alpha1.Guardrail, error) {
	if o.firstGuardrails == "" {
		return nil, nil
	}
	if o.guardrails != "" {
		return nil, errors.New("--first-guardrails goes with Guardrails in the cluster: with --guardrails nobody looks at those")
	}
	objects, err := guardrail.Load(o.firstGuardrails)
	if err != nil {
		return nil, err
	}
	if len(objects.Exemptions) > 0 {
		return nil, fmt.Errorf("%s: holds an Exemption: --first-guardrails takes Guardrails alone", o.firstGuardrails)
	}
	if _, err := guardrail.Compile(objects, guardrail.Options{ExcludedNamespaces: o.excludeNamespaces}); err != nil {
		return nil, fmt.Errorf("%s: %w", o.firstGuardrails, err)
	}
	return objects.Guardrails, nil
}
