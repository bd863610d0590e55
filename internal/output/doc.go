// Package output writes reports where they are asked for: several at once, to standard output and to
// files. A file is there whole or not at all.
package output
