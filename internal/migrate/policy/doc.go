// Package policy is what the sources of `taffrail migrate` have in common: the objects that they
// read, what they make of them, and the pieces of CEL and of selectors that they put together.
package policy
