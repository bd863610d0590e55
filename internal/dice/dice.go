// Package dice makes Pods out of bytes, for fuzz targets: few random bytes are JSON, and none of
// that is a Pod, but any bytes are dice. Each byte is one choice, so that a fuzzer finds its way.
package dice

import (
	"math/rand/v2"
	"strconv"
)

// Dice are bytes that choose. What is chosen when they are used up is the first
// of each choice, and nothing of what may be left out.
type Dice struct {
	data []byte
	wild bool
	out  []byte
	// What is there already that names must differ from, or may refer to.
	containers, volumes int
	token               bool
}

// New are dice that make what an API server mostly takes.
func New(data []byte) *Dice { return &Dice{data: data} }

// Wild are dice that make what nobody writes as well: null for anything, fields
// that nobody knows, names that are there twice, and values that are refused.
func Wild(data []byte) *Dice { return &Dice{data: data, wild: true} }

// Bytes are n random bytes, the same ones for a seed.
func Bytes(seed uint64, n int) []byte {
	source := rand.NewChaCha8([32]byte{1: byte(seed), 2: byte(seed >> 8)})
	data := make([]byte, n)
	_, _ = source.Read(data)
	return data
}

// Roll returns a number below n, and 0 when the bytes are used up.
func (d *Dice) Roll(n int) int {
	if len(d.data) == 0 {
		return 0
	}
	rolled := int(d.data[0]) % n
	d.data = d.data[1:]
	return rolled
}

// value writes one value.
type value func(*Dice)

func (d *Dice) write(text string) { d.out = append(d.out, text...) }

// one writes one of some values.
func one(values ...string) value {
	return func(d *Dice) { d.write(values[d.Roll(len(values))]) }
}

// or has more to choose from where dice are wild.
func (v value) or(values ...string) value {
	return func(d *Dice) {
		if d.wild && d.Roll(4) == 1 {
			one(values...)(d)
			return
		}
		v(d)
	}
}

// field is a member of an object.
type field struct {
	name  string
	value value
	wild  bool // where dice are wild alone: an API server refuses it mostly
}

func wildly(f field) field {
	f.wild = true
	return f
}

// mostFields bounds how many fields that may be left out an object has.
const mostFields = 12

// object writes an object that has all fields of the first list, and some of the
// second, in any order.
func object(always, sometimes []field) value {
	return func(d *Dice) {
		d.write("{")
		for _, f := range always {
			d.member(f)
		}
		taken := uint64(0)
		for range d.Roll(min(len(sometimes), mostFields) + 1) {
			i := d.Roll(len(sometimes))
			if taken&(1<<i) == 0 && (d.wild || !sometimes[i].wild) {
				taken |= 1 << i
				d.member(sometimes[i])
			}
		}
		if d.wild && d.Roll(8) == 1 {
			d.member(field{name: "future", value: one(`"1"`)})
		}
		d.write("}")
	}
}

func some(sometimes ...field) value { return object(nil, sometimes) }

func (d *Dice) member(f field) {
	d.separate('{')
	d.out = strconv.AppendQuote(d.out, f.name)
	d.write(":")
	if d.wild && d.Roll(32) == 1 {
		d.write("null")
		return
	}
	f.value(d)
}

// list writes from least to most items.
func list(least, most int, item value) value {
	return func(d *Dice) {
		d.write("[")
		for range least + d.Roll(most-least+1) {
			d.separate('[')
			if d.wild && d.Roll(64) == 1 {
				d.write("null")
				continue
			}
			item(d)
		}
		d.write("]")
	}
}

func (d *Dice) separate(open byte) {
	if d.out[len(d.out)-1] != open {
		d.write(",")
	}
}

// numbered writes a name that no other has.
func (d *Dice) numbered(prefix string, n int) {
	d.out = append(strconv.AppendInt(append(append(d.out, '"'), prefix...), int64(n), 10), '"')
}
