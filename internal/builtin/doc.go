// Package builtin knows the kinds that Kubernetes has and has had, and what is in them, for the
// manifests that people give to the command line: a kind that is misspelt is none of anybody's.
package builtin
