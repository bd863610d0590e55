// Package deploy holds the manifests of an installation, as kustomize takes them.
package deploy

import "embed"

// Files are what `taffrail install` makes its manifests from: the base, with the
// definitions that it includes, and the components.
//
//go:embed base/*.yaml crds/*.yaml components/*/*.yaml components/*/high-availability/*.yaml components/*/*.json
var Files embed.FS

// Guardrails are the ready-made ones, without their tests.
//
//go:embed guardrails/*.yaml
var Guardrails embed.FS
