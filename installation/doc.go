// Package installation makes the manifests that `taffrail install` prints. What
// is in them is in deploy/, for kustomize and for us: this package reads the
// objects there, and does to them in Go what the components do to them in patches.
//
//	objects, err := installation.Objects(installation.Choices{Image: "registry.example.com/taffrail:v0.1.0"})
//	err = installation.Write(os.Stdout, objects)
//
// A test compares the outcome with that of kustomize, for every choice.
package installation
