package images

import (
	"hash/maphash"
	"strings"
	"sync/atomic"
)

// Parse reads an image reference. The same few images come with every Pod, and reading one costs
// more than all that is checked about it, so that what was read is kept, in a table that never
// grows: each reference has a few slots, so that two that are in use do not take turns.
func Parse(text string) *Image {
	hash := maphash.String(seed, text)
	slots := &parsed[hash%uint64(len(parsed))]
	free := &slots[hash>>32%uint64(len(slots))]
	for i := range slots {
		switch p := slots[i].Load(); {
		case p == nil:
			free = &slots[i]
		case p.text == text:
			return &p.Image
		}
	}
	p := &parsedImage{text: strings.Clone(text), Image: read(text)}
	if len(text) <= maxKept {
		free.Store(p)
	}
	return &p.Image
}

type parsedImage struct {
	text string
	Image
}

var (
	seed   = maphash.MakeSeed()
	parsed [256][4]atomic.Pointer[parsedImage]
)

// maxKept is longer than a reference of 255 bytes with a tag and a digest, the
// longest that is valid, so that the table stays below a megabyte.
const maxKept = 512
