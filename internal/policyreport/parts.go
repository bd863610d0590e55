package policyreport

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
)

// A report is one object of etcd, whose requests are bounded at 1.5 MiB. Viewers read it whole, and
// whoever changes a row writes it whole.
const (
	maxRows  = 500
	maxBytes = 512 << 10
	// maxDepth is how often a report is parted in two. 16 parts are 8,000 findings of a namespace.
	maxDepth = 4
)

// part is what goes into one report, of those whose identity begins with some bits.
type part struct {
	bits string
	rows []Row
	// more are rows that have no room in any part.
	more int
}

// name is that of the report.
func (p *part) name() string {
	if p.bits == "" {
		return source
	}
	return source + "-" + p.bits
}

// partition parts rows by their identities, so that one more finding changes one report and not all
// after it. Was tells whether there are parts of some bits already: these are put together again only
// when they fill half of one, as a report at its limit would change its name all the time.
func partition(rows []Row, was func(bits string) bool) []part {
	return divide(rows, "", was)
}

func divide(rows []Row, bits string, was func(bits string) bool) []part {
	size, n := 0, len(rows)
	if n == 0 {
		return nil
	}
	for i := range rows {
		size += sizeOf(&rows[i])
	}
	fits := n <= maxRows && size <= maxBytes
	if was != nil && was(bits) {
		fits = n <= maxRows/2 && size <= maxBytes/2
	}
	if fits {
		return []part{{bits: bits, rows: rows}}
	}
	if len(bits) == maxDepth {
		return []part{cut(rows, bits)}
	}
	var halves [2][]Row
	for i := range rows {
		half := bitOf(&rows[i], len(bits))
		halves[half] = append(halves[half], rows[i])
	}
	return append(divide(halves[0], bits+"0", was), divide(halves[1], bits+"1", was)...)
}

// bitOf is a bit of the identity of a row.
func bitOf(row *Row, n int) int {
	id, err := strconv.ParseUint(row.Properties[resultID], 16, 64)
	if err != nil {
		return 0 // identity makes no such
	}
	return int(id >> (63 - n) & 1)
}

// cut keeps the worst rows, and says that there are more.
func cut(rows []Row, bits string) part {
	worst := slices.Clone(rows)
	slices.SortFunc(worst, func(a, b Row) int {
		return cmp.Or(cmp.Compare(gravity(a.Result), gravity(b.Result)), cmp.Compare(a.Properties[resultID], b.Properties[resultID]))
	})
	p := part{bits: bits}
	size := maxRowBytes // of the row that says so
	for i := range worst {
		if size += sizeOf(&worst[i]); size > maxBytes || i == maxRows-1 {
			p.more = len(worst) - i
			worst = worst[:i]
			break
		}
	}
	p.rows = worst
	return p
}

func gravity(result string) int { return slices.Index([]string{failure, fail, warn, skip}, result) }

// maxRowBytes is what a row takes at most that nobody else has chosen a text of.
const maxRowBytes = 1 << 10

// rowOfMore says that there are more findings than a report holds. Its message and its identity stay
// when their number changes.
func rowOfMore(namespace, name string, more int) Row {
	return Row{
		Source: source, Policy: source, Rule: "more", Category: "Evaluation", Severity: "info", Result: warn,
		Message:    "there are more findings than a report holds: `taffrail audit` shows all",
		Properties: map[string]string{resultID: identity("more", namespace, name), "more": fmt.Sprint(more)},
	}
}
