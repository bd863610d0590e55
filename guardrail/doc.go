// Package guardrail compiles Guardrails and Exemptions into an immutable [Set]
// and decides with it: which guardrails match, what is completed, what is
// found, what is exempt, what was there before, and what follows.
//
// A Set is made off the hot path and swapped in as a whole. It knows nothing of
// HTTP, and nothing in it calls an API server, a registry or a disk.
package guardrail
