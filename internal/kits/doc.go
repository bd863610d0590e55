// Package kits compiles NamespaceKits, and renders what a Namespace gets of one. It asks no cluster.
package kits
