package tape

import (
	"iter"
	"reflect"
)

// Bounds of a text. What is beyond them is not wrong, but not worth the memory here.
const (
	// maxNodes is of a text of some 40 KB that has nothing but Pods in it, or of one of any size
	// that has a few large strings. They take 128 KiB.
	maxNodes = 8192
	maxDepth = 200
	// maxBytes is what an offset can tell.
	maxBytes = 1 << 31
)

// Kind is what a value is.
type Kind uint8

// The kinds of values.
const (
	Null Kind = iota
	False
	True
	Number
	String
	Object
	Array
)

// node is a value, or the name of a member, which comes before its value.
type node struct {
	start, end uint32 // in the text; a string's quotes are in it
	// next is the node behind the value and all that is in it.
	next uint32
	// what is the kind, whether a string has escapes, and how many items or members there are.
	what uint32
}

const (
	kindBits  = 0x0f
	escapeBit = 0x10
	countBits = 8 // from here on
)

func (n *node) kind() Kind    { return Kind(n.what & kindBits) }
func (n *node) escaped() bool { return n.what&escapeBit != 0 }
func (n *node) count() int    { return int(n.what >> countBits) }

// Tape is where the values of a text are, in their order. Its zero value is ready, and it may be
// used again for another text.
type Tape struct {
	text  []byte
	nodes []node
	// places is a table of the names of a wide object, while it is read.
	places []uint32
	built  builder
	// hollow tells that strings are looked at and not made.
	hollow bool
	// What objects are made in; the bytes that maps take.
	memories []*memory
	memory   *memory // of the plans that are at work
	maps     map[reflect.Type]interface{ forget() }
	mapped   int
	// most is how many nodes the text may have.
	most int
	// Structures are the objects, the arrays and the nulls.
	Structures int
	// Full tells that the text was not taken because it has too many values: ReadLarge may take it.
	Full bool
}

// NodeSize is the memory that a value takes, or the name of a member, in bytes.
const NodeSize = 16

// Size is the memory that the Tape keeps, in bytes.
func (t *Tape) Size() int {
	size := cap(t.nodes)*NodeSize + cap(t.places)*4 + cap(t.built.scratch) + t.mapped
	for _, m := range t.memories {
		size += m.bytes
	}
	return size
}

// Forget lets go of the text and of what was made of it: objects are not used any more, the strings
// in them may be.
func (t *Tape) Forget() {
	t.text, t.nodes, t.hollow = nil, t.nodes[:0], false
	t.built.chunk.Reset()
	for _, m := range t.memories {
		m.forget()
	}
	for _, m := range t.maps {
		m.forget()
	}
}

// Value is one value of a text that was read. The zero Value is none.
type Value struct {
	tape *Tape
	at   int
}

// Root is the value that the text is.
func (t *Tape) Root() Value { return Value{t, 0} }

// Known tells whether there is a value.
func (v Value) Known() bool { return v.tape != nil }

// Kind is what the value is.
func (v Value) Kind() Kind { return v.tape.nodes[v.at].kind() }

// Raw is the value as it is written: a part of the text, which must not be changed.
func (v Value) Raw() []byte {
	n := &v.tape.nodes[v.at]
	return v.tape.text[n.start:n.end:n.end]
}

// Member is the member of an object that has a name, if there is one. The name has nothing in it
// that would be escaped.
func (v Value) Member(name string) Value {
	if v.tape == nil {
		return Value{}
	}
	n := &v.tape.nodes[v.at]
	if n.kind() != Object {
		return Value{}
	}
	for at := v.at + 1; at < int(n.next); at = int(v.tape.nodes[at+1].next) {
		if string(v.tape.inner(at)) == name {
			return Value{v.tape, at + 1}
		}
	}
	return Value{}
}

// inner is what is between the quotes of a string.
func (t *Tape) inner(at int) []byte {
	n := &t.nodes[at]
	return t.text[n.start+1 : n.end-1]
}

// Text is what a string says.
func (v Value) Text() string {
	if v.tape.hollow {
		return ""
	}
	return v.tape.string(v.at)
}

// Int is what a number says that is whole.
func (v Value) Int() (int64, bool) {
	if v.Kind() != Number {
		return 0, false
	}
	return v.tape.int(v.at)
}

// Len is how many members an object has, or items a list.
func (v Value) Len() int { return v.tape.nodes[v.at].count() }

// Members are those of an object, with their names as they are written between the quotes.
func (v Value) Members() iter.Seq2[[]byte, Value] {
	return func(yield func([]byte, Value) bool) {
		for at := v.at + 1; at < int(v.tape.nodes[v.at].next); at = int(v.tape.nodes[at+1].next) {
			if !yield(v.tape.inner(at), Value{v.tape, at + 1}) {
				return
			}
		}
	}
}

// Items are those of an array.
func (v Value) Items() iter.Seq[Value] {
	return func(yield func(Value) bool) {
		for at := v.at + 1; at < int(v.tape.nodes[v.at].next); at = int(v.tape.nodes[at].next) {
			if !yield(Value{v.tape, at}) {
				return
			}
		}
	}
}
