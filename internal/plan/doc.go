// Package plan says what becomes different when guardrails become others: which objects or requests
// are newly refused, warned of or completed, and which no longer.
//
// Each object is evaluated by both sets as the webhook evaluates it, one after the other, and what
// both say is compared. Objects come from manifests, from a cluster, or as requests from the audit
// log of an API server.
package plan
