package files

import (
	"context"
	"hash/maphash"
	"os"
	"time"
)

// watchInterval is how often files are looked at. They are few and small, and
// looking at what they hold misses nothing: not an editor's rename, not the
// symlink that the kubelet swaps, not a network file system without events.
const watchInterval = time.Second

// Watch calls changed whenever what Load would read at path has changed since
// Watch was called, until the context ends.
func Watch(ctx context.Context, path string, changed func()) {
	seed := maphash.MakeSeed()
	last := fingerprint(seed, path)
	ticker := time.NewTicker(watchInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if now := fingerprint(seed, path); now != last {
			last = now
			changed()
		}
	}
}

// fingerprint is equal for equal names and contents. What cannot be read is
// part of it: Load tells why.
func fingerprint(seed maphash.Seed, path string) uint64 {
	var h maphash.Hash
	h.SetSeed(seed)
	files, err := filesAt(path)
	if err != nil {
		_, _ = h.WriteString(err.Error())
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			data = []byte(err.Error())
		}
		_, _ = h.WriteString(file)
		_ = h.WriteByte(0)
		_, _ = h.Write(data)
		_ = h.WriteByte(0)
	}
	return h.Sum64()
}
