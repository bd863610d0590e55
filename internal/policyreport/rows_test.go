package policyreport

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/audit"
	"taffrail.dev/taffrail/validators"
)

var update = flag.Bool("update", false, "write the goldens")

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(got), 0o600))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, string(want), got)
}

func TestReportsGolden(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, WriteYAML(&out, all()))
	golden(t, "testdata/reports.yaml", out.String())
}

func TestNothingFoundIsNoReport(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, WriteYAML(&out, &audit.Report{Namespaces: []audit.NamespaceSummary{{Name: "tidy", Summary: audit.Summary{Passed: 40}}}}))
	assert.Equal(t, "# nothing is found: there is no report\n", out.String())
}

// A viewer finds each check under a heading, and a new check gets one by itself.
func TestCategoriesGolden(t *testing.T) {
	var out strings.Builder
	for _, name := range validators.Names() {
		fmt.Fprintf(&out, "%s: %s\n", name, category(name, false))
	}
	golden(t, "testdata/categories.yaml", out.String())
	assert.Equal(t, "Rules", category("team-label", true))
}

func TestWhatFollowsFromAFindingIsItsResult(t *testing.T) {
	for action, want := range map[v1alpha1.Action]string{v1alpha1.Deny: "fail scored", v1alpha1.Warn: "warn", v1alpha1.Audit: "warn"} {
		f := finding(object("shop", "web"), "image-latest-tag", action, 0)
		row := catalogue{}.rowOf(&f)
		got := row.Result
		if row.Scored {
			got += " scored"
		}
		assert.Equal(t, want, got)
		assert.Equal(t, string(action), row.Properties["action"], "what warn and audit have alike is told apart here")
		assert.Equal(t, "medium", row.Severity)
	}
}

// What Policy Reporter tells rows apart by, in any of a cluster's reports. It drops the second of two
// that are alike.
func identityOf(row *Row) string {
	if id := row.Properties[resultID]; id != "" {
		return id
	}
	r := row.Resources[0]
	return strings.Join([]string{r.Name, string(r.UID), row.Policy, row.Rule, row.Result, row.Category, row.Message}, "\x00")
}

func TestNoTwoRowsOfAClusterAreTakenForOne(t *testing.T) {
	r := large(10_000, 10)
	twice := finding(object("team-009", "web-0"), "image-latest-tag", v1alpha1.Deny, 0)
	twice.Guardrail = "another"
	other := finding(object("team-009", "web-0"), "pod-security", v1alpha1.Deny, 0)
	other.Control = "Privilege Escalation"
	control := other
	control.Control = "Privileged Containers"
	r.Results = append(r.Results, twice, other, control)
	seen, rows := map[string]bool{}, 0
	for n := range namespaces(r) {
		for _, one := range n.reports(&OpenReports, nil) {
			for i := range one.Results {
				id := identityOf(&one.Results[i])
				assert.False(t, seen[id], "%+v", one.Results[i])
				seen[id] = true
				rows++
			}
		}
	}
	assert.Equal(t, 10_003, rows)
}

func TestRowsOfFindingsNameOneObjectWithItsUID(t *testing.T) {
	for n := range namespaces(large(100, 5)) {
		for i := range n.rows {
			require.Len(t, n.rows[i].Resources, 1)
			o := n.rows[i].Resources[0]
			assert.NotEmpty(t, o.UID)
			assert.Equal(t, n.name, o.Namespace)
			assert.NotEmpty(t, o.APIVersion)
		}
	}
}

// Viewers tell people of a row that has changed as of a new one.
func TestARowStaysWhileItsFindingStays(t *testing.T) {
	f := finding(object("shop", "web"), "image-latest-tag", v1alpha1.Deny, 0)
	before := catalogue{}.rowOf(&f)
	f.Objects, f.FirstSeen = 300, day.Add(time.Hour)
	assert.Equal(t, before, catalogue{}.rowOf(&f))

	x := &audit.ExemptionSummary{Name: "legacy", Owner: "team-shop", Reason: "until March", Used: 2}
	exempt := rowOfExemption(x)
	x.Used, x.LastUsed = 200, &day
	assert.Equal(t, exempt, rowOfExemption(x))

	assert.Equal(t, identityOf(new(rowOfNote("could not evaluate pods a: is no Pod; nor 3 more"))), identityOf(new(rowOfNote("could not evaluate pods a: is no Pod; nor 9 more"))))
	assert.Equal(t, identityOf(new(rowOfMore("shop", "taffrail-0000", 3))), identityOf(new(rowOfMore("shop", "taffrail-0000", 9))))
}

// A sidecar that is put before them moves all containers.
func TestARowStaysWhenItsContainerChangesPlaces(t *testing.T) {
	f := finding(object("shop", "web"), "image-latest-tag", v1alpha1.Deny, 0)
	before := catalogue{}.rowOf(&f)
	f.Path = "spec.template.spec.containers[1].image"
	after := catalogue{}.rowOf(&f)
	assert.Equal(t, identityOf(&before), identityOf(&after))
	assert.NotEqual(t, before.Properties["path"], after.Properties["path"])
	f.Message = `Invalid value: "nginx": must have a tag other than latest (container "other")`
	after = catalogue{}.rowOf(&f)
	assert.NotEqual(t, identityOf(&before), identityOf(&after), "another container is another finding")
}

func TestTextsOfOthersAreBounded(t *testing.T) {
	f := finding(object("shop", "web"), "image-latest-tag", v1alpha1.Deny, 0)
	f.Message, f.Path = strings.Repeat("ä", 5000), strings.Repeat("p", 5000)
	f.Fix[0].Value = strings.Repeat("v", 5000)
	row := catalogue{}.rowOf(&f)
	assert.LessOrEqual(t, len(row.Message), maxText)
	assert.LessOrEqual(t, len(row.Properties["path"]), maxText)
	assert.NotContains(t, row.Properties, "fix", "half a patch is none")
}
