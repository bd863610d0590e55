// Package admission does in memory what an API server and both webhooks do to one request: the
// defaults of the API, the mutators, and the validators.
package admission
