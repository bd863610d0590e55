//go:build e2e && !kind

package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/types"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/audit"
	clients "taffrail.dev/taffrail/internal/cluster"
	"taffrail.dev/taffrail/internal/policyreport"
	"taffrail.dev/taffrail/internal/report"
)

// serveReports has the API server serve the kinds of a group, as viewers install them.
func serveReports(t *testing.T, group string) {
	t.Helper()
	files, err := filepath.Glob("../internal/policyreport/testdata/crds/" + group + "_*.yaml")
	require.NoError(t, err)
	require.Len(t, files, 2)
	for _, file := range files {
		cluster(t).kubectl(t, "", "apply", "--server-side", "-f", file).mustSucceed(t)
	}
	cluster(t).kubectl(t, "", "wait", "crd", "--all", "--for=condition=established", "--timeout=1m").mustSucceed(t)
}

// findings are an audit with so many findings of each namespace, four a Deployment.
func findings(namespaces []string, each int) *audit.Report {
	r := &audit.Report{Time: time.Now()}
	for _, namespace := range namespaces {
		r.Namespaces = append(r.Namespaces, audit.NamespaceSummary{Name: namespace, Summary: audit.Summary{Passed: 40}})
		for i := range each {
			owner := audit.Object{APIVersion: "apps/v1", Kind: "Deployment", Namespace: namespace, Name: fmt.Sprintf("web-%d", i/4)}
			owner.UID = types.UID(fmt.Sprintf("6ba7b810-9dad-11d1-80b4-%012x", len(r.Results)/4))
			r.Results = append(r.Results, audit.Result{Owner: owner, Objects: 6, FirstSeen: r.Time, Result: report.Result{
				Kind: owner.Kind, Namespace: namespace, Name: owner.Name, Guardrail: "default", Validator: "pod-security",
				Control: "Privilege Escalation", Action: v1alpha1.Deny, Severity: "High",
				Path:    fmt.Sprintf("spec.template.spec.containers[%d].securityContext.allowPrivilegeEscalation", i%4),
				Message: fmt.Sprintf("Required value: must be false (container %q, Pod Security Standard restricted)", fmt.Sprintf("agent-%d", i%4)),
			}})
		}
	}
	return r
}

// writeReports has the reports say what an audit does, and tells how many requests have changed one.
func writeReports(t *testing.T, w *policyreport.Writer, r *audit.Report) (written, deleted uint64) {
	t.Helper()
	before := w.Metrics()
	_, err := w.Write(t.Context(), r)
	require.NoError(t, err)
	after := w.Metrics()
	assert.Zero(t, after.Failed)
	return after.Written - before.Written, after.Deleted - before.Deleted
}

// storedReports are the reports of a kind in the cluster.
func storedReports(t *testing.T, resource string) (all []json.RawMessage) {
	t.Helper()
	list := cluster(t).kubectl(t, "", "get", "-A", "-o", "json", resource).mustSucceed(t)
	var compact bytes.Buffer // as it is stored
	require.NoError(t, json.Compact(&compact, []byte(list.stdout)))
	var items struct{ Items []json.RawMessage }
	require.NoError(t, json.Unmarshal(compact.Bytes(), &items))
	return items.Items
}

// 10,000 findings are few objects, each far from etcd's limit, which are written when they change and
// at no other time.
func TestReportsOfTenThousandFindings(t *testing.T) {
	for group, resource := range map[string]string{"openreports.io": "reports.openreports.io", "wgpolicyk8s.io": "policyreports.wgpolicyk8s.io"} {
		t.Run(group, func(t *testing.T) {
			parallel(t)
			serveReports(t, group)
			var namespaces []string
			for range 10 {
				namespaces = append(namespaces, cluster(t).namespace(t))
			}
			r := findings(namespaces, 1000)
			client, err := clients.NewClients(cluster(t).config).Limited(100, 100).Unversioned()
			require.NoError(t, err)
			begin := func() *policyreport.Writer {
				return policyreport.NewWriter(client, policyreport.Options{Every: time.Nanosecond, PerSecond: 100})
			}
			w := begin()
			start := time.Now()
			written, _ := writeReports(t, w, r)
			took := time.Since(start)

			stored := storedReports(t, resource)
			assert.Len(t, stored, int(written))
			assert.LessOrEqual(t, len(stored), 40)
			rows, largest, total := map[string]bool{}, 0, 0
			for _, one := range stored {
				largest, total = max(largest, len(one)), total+len(one)
				for _, id := range identitiesOf(t, one) {
					assert.False(t, rows[id], "two rows are alike: %s", id)
					rows[id] = true
				}
			}
			assert.Len(t, rows, 10_000)
			assert.Less(t, largest, 600<<10, "etcd takes 1.5 MiB")
			t.Logf("10,000 findings in 10 namespaces: %d reports, the largest has %d KiB, all %d KiB; written in %s",
				len(stored), largest>>10, total>>10, took.Round(time.Millisecond))

			for range 10 {
				written, deleted := writeReports(t, w, findings(namespaces, 1000))
				assert.Zero(t, written+deleted, "nothing has changed")
			}
			written, deleted := writeReports(t, begin(), r)
			assert.Zero(t, written+deleted, "nor has a restart changed anything")

			r.Results[0].Message = "must be another"
			written, deleted = writeReports(t, w, r)
			assert.LessOrEqual(t, written+deleted, uint64(4), "a finding that becomes another one is in two reports at most, of which one may be divided for it")
			assert.NotZero(t, written)
			stored = storedReports(t, resource)

			_, deleted = writeReports(t, w, &audit.Report{})
			assert.Equal(t, uint64(len(stored)), deleted)
			assert.Empty(t, storedReports(t, resource))
		})
	}
}

// identitiesOf are what Policy Reporter tells the rows of a report apart by.
func identitiesOf(t *testing.T, stored json.RawMessage) (all []string) {
	t.Helper()
	var r policyreport.Report
	require.NoError(t, json.Unmarshal(stored, &r))
	for i := range r.Results {
		row := &r.Results[i]
		if id := row.Properties["resultID"]; id != "" {
			all = append(all, id)
			continue
		}
		require.Len(t, row.Resources, 1)
		of := row.Resources[0]
		all = append(all, strings.Join([]string{of.Name, string(of.UID), row.Policy, row.Rule, row.Result, row.Category, row.Message}, "\x00"))
	}
	return all
}

// What `taffrail audit -o openreports` writes, kubectl applies, with no field that is not known.
func TestReportsOfAnAuditAreApplied(t *testing.T) {
	parallel(t)
	serveReports(t, "openreports.io")
	namespace := cluster(t).namespace(t)
	apply(t, `{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: `+namespace+`}, spec: {containers: [{name: web, image: nginx}]}}`)
	guardrails := filepath.Join(t.TempDir(), "guardrails.yaml")
	require.NoError(t, os.WriteFile(guardrails, []byte(noLatest), 0o600))
	r := program(t, "audit", "--kubeconfig", cluster(t).kubeconfig, "--guardrails", guardrails, "-o", "openreports", "--fail-on", "never")
	require.Zero(t, r.exitCode, "%s", r)
	cluster(t).kubectl(t, r.stdout, "apply", "--validate=strict", "-f", "-").mustSucceed(t, "report.openreports.io/taffrail created")
	cluster(t).kubectl(t, "", "get", "reports", "-n", namespace, "taffrail", "-o", "jsonpath={.summary.fail} {.results[0].resources[0].kind} {.results[0].rule}").
		mustSucceed(t, "1 Pod image-latest-tag")
}
