// Package guardrailtest runs GuardrailTests: cases that say what Guardrails must do to a request.
//
// A case goes the way of a request to a cluster, in memory (package admission). What comes of it is
// compared with what the case expects, and what of the Guardrails no case exercises is told.
package guardrailtest
