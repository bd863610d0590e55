// Package linters makes checks of the configuration of Polaris, kube-linter and k-rail, whose policies
// go by names: the tables of internal/reference/peers say which check each one is.
package linters
