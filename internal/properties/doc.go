// Package properties holds what must be true whatever comes in, where that takes more than one
// package of ours, or Kubernetes itself, to say. The other properties are fuzz targets of their
// packages; docs/development.md has the table of all of them.
package properties
