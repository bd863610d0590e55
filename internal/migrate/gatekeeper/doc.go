// Package gatekeeper makes checks of the constraints of gatekeeper-library's templates, rules of
// templates in CEL, and defaults of mutators that mean the same.
package gatekeeper
