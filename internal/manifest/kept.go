package manifest

import "sync/atomic"

// mostKept bounds the text that is kept of files which are looked through before they are read. What
// is more is read from the disk twice.
const mostKept = 8 << 20

// kept counts the bytes of the texts that are kept.
type kept struct{ bytes atomic.Int64 }

func (k *kept) keep(file *source, text []byte) {
	if k.bytes.Add(int64(len(text))) > mostKept {
		k.bytes.Add(-int64(len(text)))
		return
	}
	file.text, file.lent = text, true
}

func (k *kept) drop(file *source) {
	if file.lent {
		k.bytes.Add(-int64(len(file.text)))
		file.text, file.lent = nil, false
	}
}
