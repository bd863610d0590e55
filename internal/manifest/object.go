package manifest

import (
	"bytes"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"taffrail.dev/taffrail/internal/workload"
)

// Object is one Kubernetes object of the input.
type Object struct {
	// File is the name as it was given, or Stdin.
	File string

	APIVersion, Kind string
	// Namespace and Name may be empty.
	Namespace, Name string
	// ClusterScoped is for whoever knows that the object lives in no namespace.
	ClusterScoped bool

	// Found says that nobody has named the file: it was found in a directory.
	Found bool
	// Rendered says that a program has made the object of the file, whose text is not that of the
	// object: places are those of what it was made from.
	Rendered bool

	// Raw is the object as JSON.
	Raw []byte
	// Duplicates are the keys that are there twice. In Raw is the last of each.
	Duplicates []Duplicate

	document *document
	// at is where in its document the object lies, as a JSON Pointer: an item of
	// a List is at /items/0.
	at string
}

// Bare is the object without its document, so that it does not keep the text. It has no places.
func (o *Object) Bare() *Object {
	bare := *o
	bare.document, bare.Raw = nil, bytes.Clone(o.Raw) // JSON is a part of the text
	return &bare
}

// GroupVersionKind is what the object says it is.
func (o *Object) GroupVersionKind() schema.GroupVersionKind {
	return schema.FromAPIVersionAndKind(o.APIVersion, o.Kind)
}

// Text is the document that the object is in, as it was written.
func (o *Object) Text() []byte { return o.document.data }

// Position is where in the file a value lies: its key or, in a list, its item. Where there is no
// such value it is the nearest parent that is there. Lines and columns count from 1.
func (o *Object) Position(path *workload.Path) (line, column int) {
	return o.PositionAt(path.Pointer())
}

// PositionAt is Position for a JSON Pointer.
func (o *Object) PositionAt(pointer string) (line, column int) {
	return o.document.position(o.at + pointer)
}
