// Package install makes the manifests that `taffrail install` prints. What
// is in them is in deploy/, for kustomize and for us: this package reads the
// objects there, and does to them in Go what the components do to them in patches.
//
// A test compares the outcome with that of kustomize, for every choice.
package install
