// Package manifest reads Kubernetes manifests: from files, from directories and
// from standard input, as YAML or JSON, several documents or Lists in a file.
//
// An object is read as `kubectl apply` reads it. What cannot be read is told
// with its file and line, and does not keep the rest from being read.
package manifest
