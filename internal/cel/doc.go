// Package cel compiles and evaluates the CEL of Guardrails: rules and match conditions. It uses the
// environment, the libraries, the types and the limits of an API server, so that an expression of a
// ValidatingAdmissionPolicy that uses neither params nor authorizer means the same here.
//
// Nothing is built before the first expression is compiled.
package cel
