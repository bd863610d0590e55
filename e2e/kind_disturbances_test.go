//go:build e2e && kind

package e2e

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	coordinationv1 "k8s.io/api/coordination/v1"
)

// disturbance is something that happens in the life of a cluster, and that no
// admission may notice.
type disturbance struct {
	name    string
	prepare func(t *testing.T) // before anybody looks
	happen  func(t *testing.T) // returns when it is over
}

var disturbances = []disturbance{
	{name: "leaf rotation", prepare: lifetimes("--certificate-duration=15s"), happen: func(t *testing.T) {
		for range 2 {
			certificatesChange(t, "serving", func() {})
		}
	}},
	{name: "CA rotation", prepare: lifetimes("--certificate-duration=15s", "--ca-duration=60s"), happen: func(t *testing.T) {
		// By hand, and then by itself, as the new authority is to live for a minute.
		certificatesChange(t, "ca", func() {
			cluster.kubectl(t, "", "delete", "secret", "-n", "taffrail-system", "taffrail-ca").mustSucceed(t)
		})
		certificatesChange(t, "ca", func() {})
	}},
	{name: "rolling restart", prepare: lifetimes(), happen: restart},
	{name: "a Pod deleted without grace", happen: func(t *testing.T) {
		pod := replicas(t)[0]
		cluster.kubectl(t, "", "delete", "pod", "-n", "taffrail-system", pod.Name, "--grace-period=0", "--force").mustSucceed(t)
		ready(t)
	}},
	{name: "leader kill", happen: func(t *testing.T) {
		before := leaderPod(t)
		cluster.kubectl(t, "", "delete", "pod", "-n", "taffrail-system", before, "--grace-period=0", "--force").mustSucceed(t)
		eventually(t, "another replica leads", func() bool { return leaderPod(t) != before })
		ready(t)
	}},
	{name: "scale 3 to 1 to 3", happen: func(t *testing.T) {
		for _, n := range []string{"1", "3"} {
			cluster.kubectl(t, "", "scale", "deployment/taffrail", "-n", "taffrail-system", "--replicas="+n).mustSucceed(t)
			ready(t)
		}
	}},
	{name: "a node drained", happen: func(t *testing.T) {
		node := replicas(t)[0].Spec.NodeName
		defer cluster.kubectl(t, "", "uncordon", node)
		cluster.kubectl(t, "", "drain", node, "--ignore-daemonsets", "--delete-emptydir-data", "--force", "--timeout=50s").mustSucceed(t)
		ready(t)
	}},
}

// TestNoAdmissionFails disturbs three replicas under load, in each way of the
// table that it prints.
func TestNoAdmissionFails(t *testing.T) {
	installed(t, "--high-availability")
	var table results
	t.Cleanup(func() { table.print() })
	for _, d := range disturbances {
		t.Run(d.name, func(t *testing.T) {
			if d.prepare != nil {
				d.prepare(t)
			}
			table.add(t, d.name, d.happen)
		})
	}
}

// results is the table of what disturbances have cost.
type results [][]string

// add sends admissions before, while and after something happens. None may fail.
func (r *results) add(t *testing.T, name string, happen func(t *testing.T)) {
	t.Helper()
	failed, why := r.observe(t, name, happen)
	assert.Zero(t, failed, "admissions failed: %s", why)
}

func (r *results) observe(t *testing.T, name string, happen func(t *testing.T)) (failed int, why string) {
	t.Helper()
	s := admit(t, admissionsPerSecond, true)
	s.more(t, 2*admissionsPerSecond)
	start := time.Now()
	happen(t)
	took := time.Since(start)
	s.more(t, 3*admissionsPerSecond)
	sent, failed, p50, p99, why := s.result()
	*r = append(*r, []string{
		name, took.Round(time.Second).String(), fmt.Sprint(sent), fmt.Sprint(failed),
		p50.Round(time.Millisecond).String(), p99.Round(time.Millisecond).String(),
	})
	return failed, why
}

func (r *results) print() {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "disturbance, under %d admissions a second\ttook\tadmissions\tfailed\tp50\tp99\n", admissionsPerSecond)
	for _, row := range *r {
		fmt.Fprintln(w, strings.Join(row, "\t"))
	}
	_ = w.Flush()
}

// lifetimes serves with these flags besides those of the installation, and an
// authority that was made by them.
func lifetimes(flags ...string) func(t *testing.T) {
	return func(t *testing.T) {
		t.Helper()
		args := []string{`"serve"`, `"--tls=managed"`, `"--first-guardrails=/etc/taffrail/first"`}
		for _, flag := range flags {
			args = append(args, `"`+flag+`"`)
		}
		cluster.kubectl(t, "", "patch", "deployment/taffrail", "-n", "taffrail-system", "-p",
			`{"spec":{"template":{"spec":{"containers":[{"name":"taffrail","args":[`+strings.Join(args, ",")+`]}]}}}}`).mustSucceed(t)
		ready(t)
	}
}

func restart(t *testing.T) {
	t.Helper()
	cluster.kubectl(t, "", "rollout", "restart", "deployment/taffrail", "-n", "taffrail-system").mustSucceed(t)
	ready(t)
}

// certificatesChange waits until each replica serves with another certificate of
// this name than before.
func certificatesChange(t *testing.T, certificate string, cause func()) {
	t.Helper()
	const metric = "taffrail_certificate_expiry_timestamp_seconds"
	before := map[string]string{}
	for _, pod := range replicas(t) {
		before[pod.Name] = podMetric(t, pod.Name, metric+`{certificate="`+certificate+`"}`)
	}
	cause()
	for name, expiry := range before {
		eventually(t, name+" has another certificate: "+certificate, func() bool {
			return podMetric(t, name, metric+`{certificate="`+certificate+`"}`) != expiry
		})
	}
}

// podMetric is the value of a metric of a replica, read through the API server.
func podMetric(t *testing.T, pod, metric string) string {
	t.Helper()
	all := cluster.kubectl(t, "", "get", "--raw", "/api/v1/namespaces/taffrail-system/pods/"+pod+":8080/proxy/metrics").mustSucceed(t)
	for line := range strings.Lines(all.stdout) {
		if value, found := strings.CutPrefix(line, metric+" "); found {
			return strings.TrimSpace(value)
		}
	}
	require.Fail(t, "no such metric", metric)
	return ""
}

// leaderPod is the name of the Pod that leads, or empty.
func leaderPod(t *testing.T) string {
	t.Helper()
	lease := get[coordinationv1.Lease](t, "taffrail-system", "lease/taffrail-leader")
	if lease.Spec.HolderIdentity == nil {
		return ""
	}
	pod, _, _ := strings.Cut(*lease.Spec.HolderIdentity, "_")
	return pod
}

// eventually waits as long as a cluster may take.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	require.Eventually(t, condition, patience, 200*time.Millisecond, what)
}
