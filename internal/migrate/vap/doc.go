// Package vap makes rules of ValidatingAdmissionPolicies and of what resembles them: the expressions
// stay as they are, and parameters become values.
package vap
