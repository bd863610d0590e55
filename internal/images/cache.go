package images

import (
	"hash/maphash"
	"strings"
	"sync/atomic"
)

// Parse reads an image reference. The same few images come with every Pod, and
// reading one costs more than all that is checked about it, so that what was
// read is kept: one reference for each slot of a table that never grows.
func Parse(text string) *Image {
	slot := &parsed[maphash.String(seed, text)%uint64(len(parsed))]
	if p := slot.Load(); p != nil && p.text == text {
		return &p.Image
	}
	p := &parsedImage{text: strings.Clone(text), Image: read(text)}
	if len(text) <= maxKept {
		slot.Store(p)
	}
	return &p.Image
}

type parsedImage struct {
	text string
	Image
}

var (
	seed   = maphash.MakeSeed()
	parsed [1024]atomic.Pointer[parsedImage]
)

// maxKept is longer than a reference of 255 bytes with a tag and a digest, the
// longest that is valid, so that the table stays below a megabyte.
const maxKept = 512
