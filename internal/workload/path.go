package workload

import (
	"strconv"

	"taffrail.dev/taffrail/internal/printable"
)

// Path is the place of a value in an object. The nil Path is the object
// itself. One Path is written in three ways: String for people, Pointer for
// JSON patches, Identity for comparing an object with its old object.
type Path struct {
	parent *Path
	name   string
	index  int32
	kind   step
}

type step uint8

const (
	member step = iota // of a struct: .name
	key                // of a map: [name]
	item               // of a list: [index], known by name
)

// Child is the place of a struct's field, or of a field's field.
func (p *Path) Child(names ...string) *Path {
	steps := make([]Path, len(names))
	for i, name := range names {
		steps[i] = Path{parent: p, kind: member, name: name}
		p = &steps[i]
	}
	return p
}

// Key is the place of a map's value.
func (p *Path) Key(name string) *Path {
	return &Path{parent: p, kind: key, name: name}
}

// Item is the place of a list's item. The name, which may be empty, is what
// the item is known by when the list is reordered.
func (p *Path) Item(index int, name string) *Path {
	return &Path{parent: p, kind: item, name: name, index: int32(index)} //nolint:gosec // no list in a document of 3 MiB is longer
}

// equal tells whether two paths lead to the same place.
func (p *Path) equal(other *Path) bool {
	for ; p != nil && other != nil; p, other = p.parent, other.parent {
		if p.kind != other.kind || p.index != other.index || p.kind != item && p.name != other.name {
			return false
		}
	}
	return p == other
}

// Within tells whether a path leads to a place, or into it.
func (p *Path) Within(place *Path) bool {
	for ; p != nil; p = p.parent {
		if p.equal(place) {
			return true
		}
	}
	return place == nil
}

// String is the path as in apimachinery's field.Path: spec.containers[0].resources.limits[cpu].
func (p *Path) String() string {
	var onStack [128]byte
	return string(p.Append(onStack[:0]))
}

// Append appends what String answers.
func (p *Path) Append(b []byte) []byte {
	if p == nil {
		return b
	}
	b = p.parent.Append(b)
	switch p.kind {
	case key:
		return append(printable.Append(append(b, '['), p.name), ']') // a key is anybody's to choose
	case item:
		return append(strconv.AppendInt(append(b, '['), int64(p.index), 10), ']')
	default:
		if p.parent != nil {
			b = append(b, '.')
		}
		return printable.Append(b, p.name)
	}
}

// Pointer is the path as a JSON Pointer (RFC 6901): /spec/containers/0/resources/limits/cpu.
func (p *Path) Pointer() string {
	var onStack [128]byte
	return string(p.appendPointer(onStack[:0]))
}

func (p *Path) appendPointer(b []byte) []byte {
	if p == nil {
		return b
	}
	b = append(p.parent.appendPointer(b), '/')
	if p.kind == item {
		return strconv.AppendInt(b, int64(p.index), 10)
	}
	for i := range len(p.name) {
		switch c := p.name[i]; c {
		case '~':
			b = append(b, "~0"...)
		case '/':
			b = append(b, "~1"...)
		default:
			b = append(b, c)
		}
	}
	return b
}

// Identity is the path with list items by their names, and without their positions,
// so that it stays the same when a list is reordered or something is put before it.
// Items without a name have theirs in common.
func (p *Path) Identity() string {
	var onStack [128]byte
	return string(p.appendIdentity(onStack[:0]))
}

func (p *Path) appendIdentity(b []byte) []byte {
	if p == nil {
		return b
	}
	b = p.parent.appendIdentity(b)
	if p.kind == item && p.name == "" {
		return append(b, '#')
	}
	return append(append(b, '/'), p.name...)
}
