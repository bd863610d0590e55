package main

import (
	"errors"
	"fmt"

	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/files"
)

// readFirst reads the Guardrails to start an installation with. A mistake in them is told at every
// start: a year later, when they are needed, nobody would look.
func (o *serveOptions) readFirst() error {
	if o.firstGuardrails == "" {
		return nil
	}
	if o.guardrails != "" {
		return errors.New("--first-guardrails goes with Guardrails in the cluster: with --guardrails nobody looks at those")
	}
	objects, err := files.Load(o.firstGuardrails)
	if err != nil {
		return err
	}
	if len(objects.Exemptions) > 0 {
		return fmt.Errorf("%s: holds an Exemption: --first-guardrails takes Guardrails alone", o.firstGuardrails)
	}
	if _, err := guardrail.Compile(objects, guardrail.Options{ExcludedNamespaces: o.excludedNamespaces()}); err != nil {
		return err
	}
	o.first = objects.Guardrails
	return nil
}
