// Package kyverno makes checks and rules in CEL of Kyverno's policies. Samples of kyverno/policies are
// recognised by what they do; other patterns and conditions become expressions, exactly where they can
// and not at all where they cannot.
package kyverno
