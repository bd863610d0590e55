// Package patching makes of what a mutation wants the object as it is to be, and of that a JSON patch
// against the object that was sent. Objects are documents, as workload.Review has them; none is
// changed, what is new shares parts with what was there.
package patching
