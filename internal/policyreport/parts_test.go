package policyreport

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/audit"
)

// rowsOf are those of a namespace with so many findings.
func rowsOf(findings int) []Row {
	for n := range namespaces(large(findings, 1)) {
		return n.rows
	}
	return nil
}

// names are those of the parts, with the number of their rows.
func names(parts []part) map[string]int {
	all := map[string]int{}
	for i := range parts {
		all[parts[i].name()] = len(parts[i].rows)
	}
	return all
}

func TestANamespaceHasOneReportWhileItFits(t *testing.T) {
	assert.Equal(t, map[string]int{"taffrail": 500}, names(partition(rowsOf(500), nil)))
	assert.Empty(t, partition(nil, nil))
}

func TestPartsAreBoundedInRowsAndBytes(t *testing.T) {
	long := finding(object("shop", "web"), "image-latest-tag", v1alpha1.Deny, 0)
	long.Message = strings.Repeat("<", 1000)
	var results []audit.Result
	for i := range 300 {
		one := long
		one.Owner.Name = string(rune('a'+i%26)) + strings.Repeat("x", i)
		results = append(results, one)
	}
	for name, r := range map[string]*audit.Report{"rows": large(3000, 1), "bytes": audited(results...)} {
		t.Run(name, func(t *testing.T) {
			rows := 0
			for n := range namespaces(r) {
				for _, one := range n.reports(&OpenReports, nil) {
					one.stamp(n.sinceOrDay)
					raw, err := json.Marshal(one)
					require.NoError(t, err)
					assert.LessOrEqual(t, len(raw), maxBytes+1000)
					assert.LessOrEqual(t, len(one.Results), maxRows)
					rows += len(one.Results)
				}
			}
			assert.Equal(t, len(r.Results), rows)
		})
	}
}

func TestOneFindingMoreChangesOnePart(t *testing.T) {
	content := func(rows []Row) map[string][32]byte {
		all := map[string][32]byte{}
		for _, p := range partition(rows, nil) {
			r := newReport(&OpenReports, "shop", p.name())
			r.Results = p.rows
			all[r.Name] = r.content()
		}
		return all
	}
	before := content(rowsOf(3000))
	f := finding(object("team-000", "one-more"), "image-latest-tag", v1alpha1.Deny, 0)
	after := content(append([]Row{catalogue{}.rowOf(&f)}, rowsOf(3000)...))
	require.Len(t, after, len(before))
	changed := 0
	for name := range before {
		if before[name] != after[name] {
			changed++
		}
	}
	assert.Equal(t, 1, changed)
}

func TestAReportAtItsLimitIsNotPartedAndPutTogetherAllTheTime(t *testing.T) {
	was := func(bits string) bool { return bits == "" }
	assert.Len(t, partition(rowsOf(501), nil), 2)
	assert.Len(t, partition(rowsOf(499), was), 2, "it stays parted")
	assert.Len(t, partition(rowsOf(250), was), 1, "until half of one is left")
}

func TestWhatHasNoRoomIsCountedAndTheWorstIsKept(t *testing.T) {
	denied, more := 0, 0
	r := large(30_000, 1)
	for n := range namespaces(r) {
		reports := n.reports(&OpenReports, nil)
		assert.Len(t, reports, 16)
		for _, one := range reports {
			last := one.Results[len(one.Results)-1]
			assert.Equal(t, "more", last.Rule)
			assert.NotContains(t, last.Message, last.Properties["more"], "the message stays when the number changes")
			assert.LessOrEqual(t, len(one.Results), maxRows)
			denied += one.Summary.Fail
			more++
		}
	}
	assert.Equal(t, 16, more)
	assert.Greater(t, denied, 7900, "of 10,000 that would be refused: whatever is kept is of these")
}

func TestTheSumsOfAllPartsAreThoseOfTheNamespace(t *testing.T) {
	r := large(1500, 1)
	var sum Summary
	for n := range namespaces(r) {
		for _, one := range n.reports(&PolicyReports, nil) {
			sum.Pass += one.Summary.Pass
			sum.Skip += one.Summary.Skip
			sum.Fail += one.Summary.Fail
			sum.Warn += one.Summary.Warn
		}
	}
	assert.Equal(t, Summary{Pass: 7, Skip: 2, Fail: 500, Warn: 1000}, sum)
}

func (n *namespace) sinceOrDay(id string) time.Time {
	if since, known := n.since[id]; known {
		return since
	}
	return day
}
