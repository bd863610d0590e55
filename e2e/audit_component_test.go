//go:build e2e && !kind

package e2e

import (
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// startComponent starts the audit as it runs in a cluster: it asks who reads, and writes reports.
func startComponent(t *testing.T, kubeconfig string) *auditing {
	t.Helper()
	return startAudit(t, kubeconfig, false, "--write-reports", "--report-interval=1s")
}

// reported are the rows of reports in a namespace: the rule, the result and the object of each.
func reported(t *testing.T, namespace string) (rows []string) {
	t.Helper()
	r := cluster(t).kubectl(t, "", "get", "reports.openreports.io", "-n", namespace, "-o",
		`jsonpath={range .items[*].results[*]}{.rule} {.result} {.resources[0].kind}/{.resources[0].name}{"\n"}{end}`).mustSucceed(t)
	for line := range strings.Lines(r.stdout) {
		rows = append(rows, strings.TrimSpace(line))
	}
	return rows
}

// versions are the reports of the whole cluster with their resourceVersions.
func reportVersions(t *testing.T) string {
	t.Helper()
	return cluster(t).kubectl(t, "", "get", "reports.openreports.io", "-A", "-o",
		`jsonpath={range .items[*]}{.metadata.namespace}/{.metadata.name} {.metadata.uid} {.metadata.resourceVersion}{"\n"}{end}`).mustSucceed(t).stdout
}

func bareWeb(namespace, image string) string {
	return `{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, namespace: ` + namespace + `}, spec: {selector: {matchLabels: {app: web}},
		template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: "` + image + `"}]}}}}`
}

// With the rights of deploy/components/audit and no others: what is found is reported, and what is
// mended is not, and a namespace with nothing left has no report.
func TestReportsFollowWhatIsThere(t *testing.T) {
	parallel(t)
	define(t)
	serveReports(t, "openreports.io")
	kubeconfig := asAudit(t)
	namespace := cluster(t).namespace(t)
	apply(t, bareWeb(namespace, "nginx:latest"))
	apply(t, noLatest)
	server := startComponent(t, kubeconfig).evaluated(t)

	want := []string{"image-latest-tag fail Deployment/web"}
	require.Eventually(t, func() bool { return assert.ObjectsAreEqual(want, reported(t, namespace)) }, 6*soon, interval)
	require.Eventually(t, func() bool {
		return server.metric(t, `taffrail_audit_findings{action="Deny",guardrail="no-latest",validator="image-latest-tag"}`) == "1"
	}, soon, interval)

	apply(t, bareWeb(namespace, "nginx:1.29"))
	require.Eventually(t, func() bool {
		return server.metric(t, `taffrail_audit_findings{action="Deny",guardrail="no-latest",validator="image-latest-tag"}`) == "0"
	}, soon, interval)
	require.Eventually(t, func() bool { return len(reported(t, namespace)) == 0 }, 6*soon, interval)
	apply(t, bareWeb(namespace, "nginx:latest"))
	require.Eventually(t, func() bool { return len(reported(t, namespace)) == 1 }, 6*soon, interval)
	cluster(t).kubectl(t, "", "delete", "deployment/web", "-n", namespace).mustSucceed(t)
	require.Eventually(t, func() bool { return len(reported(t, namespace)) == 0 }, 6*soon, interval)
	assert.NotContains(t, server.log(), "forbidden", "no right is missed")
	assert.Equal(t, "0", server.metric(t, "taffrail_audit_report_errors_total"))
}

// Each of two replicas serves the page, and one writes. When it dies the other goes on, and nothing is
// written anew for that.
func TestTwoReplicasOfTheAudit(t *testing.T) {
	parallel(t)
	define(t)
	serveReports(t, "openreports.io")
	kubeconfig := asAudit(t)
	namespace := cluster(t).namespace(t)
	apply(t, bareWeb(namespace, "nginx:latest"))
	apply(t, noLatest)
	ann := reader(t, "ann", true)
	first := startComponent(t, kubeconfig).evaluated(t)
	require.Eventually(t, func() bool { return len(reported(t, namespace)) == 1 }, 6*soon, interval)
	second := startComponent(t, kubeconfig).evaluated(t)
	for _, server := range []*auditing{first, second} {
		assert.Len(t, server.report(t, ann).Results, 1, "each serves the page")
	}
	const leads = "this replica writes the reports"
	require.Never(t, func() bool { return strings.Contains(second.log(), leads) }, soon, time.Second)
	assert.Equal(t, "0", second.metric(t, `taffrail_audit_report_writes_total{operation="write"}`))

	before := reportVersions(t)
	first.kill(t)
	require.Eventually(t, func() bool { return strings.Contains(second.log(), leads) }, 6*soon, interval)
	cluster(t).kubectl(t, "", "create", "deployment", "more", "-n", namespace, "--image=nginx").mustSucceed(t)
	require.Eventually(t, func() bool { return len(reported(t, namespace)) == 2 }, 6*soon, interval)
	for line := range strings.Lines(before) {
		name, _, _ := strings.Cut(line, " ")
		assert.Contains(t, reportVersions(t), name, "it goes on with the same report")
	}
	require.NoError(t, second.stop())
}

// A rollout of the component is nothing that a viewer sees.
func TestARestartOfTheAuditKeepsItsReports(t *testing.T) {
	parallel(t)
	define(t)
	serveReports(t, "openreports.io")
	kubeconfig := asAudit(t)
	namespace := cluster(t).namespace(t)
	apply(t, bareWeb(namespace, "nginx:latest"))
	apply(t, noLatest)
	first := startComponent(t, kubeconfig).evaluated(t)
	require.Eventually(t, func() bool { return len(reported(t, namespace)) == 1 }, 6*soon, interval)
	before := reportVersions(t)
	require.NoError(t, first.stop(), "it ends when it is told to")
	assert.Equal(t, before, reportVersions(t), "reports outlive who writes them")

	second := startComponent(t, kubeconfig).evaluated(t)
	require.Eventually(t, func() bool { return strings.Contains(second.log(), "this replica writes the reports") }, soon, interval, "the Lease was given back")
	for end := time.Now().Add(soon); time.Now().Before(end); {
		require.Equal(t, before, reportVersions(t), "what says the same is not written again")
	}
}

// What the component takes where nothing changes.
func TestTheAuditInSteadyState(t *testing.T) {
	parallel(t)
	define(t)
	serveReports(t, "openreports.io")
	f := fleet{namespaces: 6, deployments: 100, pods: 500, others: 50}
	if os.Getenv("TAFFRAIL_E2E_LARGE") != "" { // as docs/audit.md has it: a minute to make
		f = fleet{namespaces: 60, deployments: 1000, pods: 5000, others: 500}
	}
	f.make(t)
	kubeconfig := asAudit(t)
	apply(t, defaultGuardrail(t))
	start := time.Now()
	server := startComponent(t, kubeconfig).evaluated(t)
	t.Logf("ready after %s, %.1f MiB resident", time.Since(start).Round(time.Millisecond), float64(server.residentKiB(t))/1024)
	reports := func() string { return server.metric(t, "taffrail_audit_reports") }
	writes := func() string { return server.metric(t, `taffrail_audit_report_writes_total{operation="write"}`) }
	before := ""
	require.Eventually(t, func() bool { // all is written
		was := before
		before = writes()
		return number(t, reports()) >= float64(f.namespaces) && was == before
	}, 12*soon, 2*time.Second)

	const quiet = 30 * time.Second
	evaluations, cpu := number(t, server.metric(t, "taffrail_audit_evaluations_total")), number(t, server.metric(t, "process_cpu_seconds_total"))
	time.Sleep(quiet) //nolint:forbidigo // what is measured is that nothing happens
	resident := server.residentKiB(t)
	t.Logf("with nothing changing: %.1f MiB resident, %.4f of a core, %s reports", float64(resident)/1024,
		(number(t, server.metric(t, "process_cpu_seconds_total"))-cpu)/quiet.Seconds(), reports())
	assert.Equal(t, before, writes(), "nothing is written where nothing changes")
	assert.InDelta(t, evaluations, number(t, server.metric(t, "taffrail_audit_evaluations_total")), 5)
	assert.Less(t, resident, 100<<10, "KiB resident")
}

func number(t *testing.T, text string) float64 {
	t.Helper()
	value, err := strconv.ParseFloat(text, 64)
	require.NoError(t, err, text)
	return value
}

// What was installed with the audit is taken away with it, reports too.
func TestUninstallOfTheAudit(t *testing.T) {
	parallel(t)
	cluster(t).kubectl(t, "", "apply", "--server-side", "-k", "../deploy/overlays/audit").mustSucceed(t)
	serveReports(t, "openreports.io")
	namespace := cluster(t).namespace(t)
	for _, labels := range []string{"{app.kubernetes.io/managed-by: taffrail}", "{app.kubernetes.io/managed-by: another}"} {
		apply(t, `{apiVersion: openreports.io/v1alpha1, kind: Report, metadata: {name: of-`+strings.TrimSuffix(strings.SplitN(labels, ": ", 2)[1], "}")+
			`, namespace: `+namespace+`, labels: `+labels+`}, source: a-test}`)
	}
	r := program(t, "uninstall", "--kubeconfig", cluster(t).kubeconfig, "--yes", "--timeout", "1s")
	assert.Equal(t, 1, r.exitCode, "%s", r) // nothing here finishes deleting a Namespace
	r.mustSay(t, "deleted Deployment taffrail-system/taffrail-audit", "deleted 1 of kind Report of openreports.io")
	left := cluster(t).kubectl(t, "", "get", "-A", "-o", "name",
		"clusterroles,clusterrolebindings,roles,rolebindings,services,networkpolicies,deployments,serviceaccounts,leases").mustSucceed(t).stdout
	assert.NotContains(t, left, "taffrail")
	reports := cluster(t).kubectl(t, "", "get", "-A", "-o", "name", "reports.openreports.io").mustSucceed(t).stdout
	assert.Equal(t, "report.openreports.io/of-another\n", reports, "reports of others stay")
}
