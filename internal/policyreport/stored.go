package policyreport

import (
	"crypto/sha256"
	"encoding/binary"
	"maps"
	"slices"
	"strings"
	"time"
)

// stored is what is known of a report in the cluster. Its rows are not kept, only when each was first
// seen, and what tells whether they have changed.
type stored struct {
	gone    bool // it is not there any more, and was so lately that it still counts as written
	version string
	content [32]byte // of all but passes and times
	passes  [2]int
	since   map[string]int64 // by the identities of the rows
	at      time.Time        // when it was written by us
	retryAt time.Time        // when it may be tried again, after it was refused
}

// storedOf is what is to be known of a report, as it is stored or is to be.
func storedOf(r *Report) *stored {
	s := &stored{version: r.ResourceVersion, content: r.content(), passes: r.passes(), since: make(map[string]int64, len(r.Results))}
	for i := range r.Results {
		if row := &r.Results[i]; row.Timestamp != nil {
			s.since[row.Properties[resultID]] = row.Timestamp.Seconds
		}
	}
	return s
}

// passes are the counts that change with objects in which nothing is found.
func (r *Report) passes() [2]int { return [2]int{r.Summary.Pass, r.Summary.Skip} }

// content is a short form of what makes a report another one.
func (r *Report) content() (sum [32]byte) {
	h := sha256.New()
	write := func(texts ...string) {
		for _, text := range texts {
			var size [4]byte
			binary.LittleEndian.PutUint32(size[:], uint32(len(text)))
			_, _ = h.Write(size[:])
			_, _ = h.Write([]byte(text))
		}
	}
	write(r.Labels[ours], r.Source)
	for i := range r.Results {
		row := &r.Results[i]
		write(row.Source, row.Policy, row.Rule, row.Category, row.Severity, row.Result, row.Message)
		for j := range row.Resources {
			o := &row.Resources[j]
			write(o.APIVersion, o.Kind, o.Namespace, o.Name, string(o.UID))
		}
		for _, name := range slices.Sorted(maps.Keys(row.Properties)) {
			write(name, row.Properties[name])
		}
		write("") // the end of the row: a name is never empty
	}
	copy(sum[:], h.Sum(nil))
	return sum
}

// parted tells whether reports of a namespace are parts of those whose identities begin with bits.
func parted(reports map[string]*stored, bits string) bool {
	whole := part{bits: bits}
	begin := whole.name()
	if bits == "" {
		begin += "-"
	}
	for name, s := range reports {
		if !s.gone && len(name) > len(begin) && strings.HasPrefix(name, begin) {
			return true
		}
	}
	return false
}

// firstSeen is when a row was first seen, by what is stored of any report of the namespace: a row may
// have come from another part.
func firstSeen(reports map[string]*stored, id string) (time.Time, bool) {
	for _, s := range reports {
		if since, known := s.since[id]; known && !s.gone {
			return time.Unix(since, 0), true
		}
	}
	return time.Time{}, false
}
