//go:build e2e && kind

package e2e

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
)

// disturbance is something that happens in the life of a cluster, and that no
// admission may notice, unless it was in flight.
type disturbance struct {
	name    string
	prepare func(t *testing.T) // before anybody looks
	happen  func(t *testing.T) // returns when it is over
	verify  func(t *testing.T) // what must be so then
	// inFlight says that connections break without a word: an API server repeats
	// no call, so what is under way at that moment is lost, whatever we do.
	inFlight bool
}

// mayFail is how many admissions may fail: a few of those that are led to a dead
// Pod until its endpoint is gone, a second or two later.
func (d disturbance) mayFail() int {
	if d.inFlight {
		return 10
	}
	return 0
}

var disturbances = []disturbance{
	{name: "upgrade", prepare: previous, happen: upgrade, verify: served},
	{name: "leaf rotation", prepare: lifetimes("--certificate-duration=15s"), happen: func(t *testing.T) {
		for range 2 {
			certificatesChange(t, "serving", func() {})
		}
	}},
	{name: "CA rotation", prepare: lifetimes("--certificate-duration=15s", "--ca-duration=60s"), happen: func(t *testing.T) {
		// By hand, and then by itself, as the new authority is to live for a minute.
		certificatesChange(t, "ca", func() {
			cluster(t).kubectl(t, "", "delete", "secret", "-n", "taffrail-system", "taffrail-ca").mustSucceed(t)
		})
		certificatesChange(t, "ca", func() {})
	}},
	{name: "rolling restart", prepare: lifetimes(), happen: restart},
	{name: "kill -9 of a Pod", inFlight: true, happen: func(t *testing.T) {
		pod := replicas(t)[0]
		kill9(t, &pod)
		restarted(t, &pod)
	}},
	{name: "leader kill", inFlight: true, happen: func(t *testing.T) {
		leader := leaderPod(t)
		pod := get[corev1.Pod](t, "taffrail-system", "pod/"+leader)
		kill9(t, &pod)
		restarted(t, &pod)
	}},
	{name: "scale 3 to 1 to 3", happen: func(t *testing.T) {
		for _, n := range []string{"1", "3"} {
			cluster(t).kubectl(t, "", "scale", "deployment/taffrail", "-n", "taffrail-system", "--replicas="+n).mustSucceed(t)
			ready(t)
		}
	}},
	{name: "a node drained", happen: func(t *testing.T) {
		node := replicas(t)[0].Spec.NodeName
		defer cluster(t).kubectl(t, "", "uncordon", node)
		cluster(t).kubectl(t, "", "drain", node, "--ignore-daemonsets", "--delete-emptydir-data", "--force", "--timeout=2m").mustSucceed(t)
		ready(t)
	}},
}

// TestNoAdmissionFails disturbs three replicas under load, in each way of the table that it prints.
func TestNoAdmissionFails(t *testing.T) {
	clean(t)
	t.Cleanup(func() { uninstall(t) })
	var table results
	t.Cleanup(func() { table.print() })
	for _, d := range disturbances {
		t.Run(d.name, func(t *testing.T) {
			if d.prepare != nil {
				d.prepare(t)
			}
			a := table.observe(t, d)
			_, failed, _, _, why := a.result()
			assert.LessOrEqual(t, failed, d.mayFail(), "admissions failed: %s", why)
			assert.Zero(t, a.failedOtherwise(connectionsBreak), "admissions failed: %s", why)
			if d.verify != nil {
				d.verify(t)
			}
		})
	}
}

// connectionsBreak is what an API server says when they do. An idle one that breaks just as a request
// is written is not tried again either, as POST is not idempotent (net/http, errServerClosedIdle). The
// mutating webhook fails open then.
var connectionsBreak = []string{
	"connection reset by peer", "connection refused", "broken pipe", "EOF", "server closed idle connection", "let in without defaults",
}

// results is the table of what disturbances have cost.
type results [][]string

// observe sends admissions before, while and after something happens.
func (r *results) observe(t *testing.T, d disturbance) *admissions {
	t.Helper()
	a := admit(t, admissionsPerSecond, true)
	a.more(t, 2*admissionsPerSecond)
	start := time.Now()
	d.happen(t)
	took := time.Since(start)
	a.more(t, 3*admissionsPerSecond)
	sent, failed, p50, p99, why := a.result()
	*r = append(*r, []string{
		d.name, took.Round(time.Second).String(), fmt.Sprint(sent), fmt.Sprint(failed), fmt.Sprint(d.mayFail()),
		p50.Round(time.Millisecond).String(), p99.Round(time.Millisecond).String(), strings.Join(strings.Fields(why), " "),
	})
	return a
}

func (r *results) print() {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "disturbance, under %d admissions a second\ttook\tadmissions\tfailed\tmay fail\tp50\tp99\twhy they failed\n", admissionsPerSecond)
	for _, row := range *r {
		fmt.Fprintln(w, strings.Join(row, "\t"))
	}
	_ = w.Flush()
}

// lifetimes serves with these flags besides those of the installation, and waits
// for a leader that goes by them.
func lifetimes(flags ...string) func(t *testing.T) {
	return func(t *testing.T) {
		t.Helper()
		args := []string{`"serve"`, `"--tls=managed"`, `"--first-guardrails=/etc/taffrail/first"`}
		for _, flag := range flags {
			args = append(args, `"`+flag+`"`)
		}
		cluster(t).kubectl(t, "", "patch", "deployment/taffrail", "-n", "taffrail-system", "-p",
			`{"spec":{"template":{"spec":{"containers":[{"name":"taffrail","args":[`+strings.Join(args, ",")+`]}]}}}}`).mustSucceed(t)
		ready(t)
		eventually(t, "a replica of now leads", func() bool {
			leader := leaderPod(t)
			return slices.ContainsFunc(replicas(t), func(pod corev1.Pod) bool { return pod.Name == leader })
		})
	}
}

// restarted waits until the container of a Pod that was killed runs again, and is ready. The Pod is
// that of before: it may have been killed earlier.
func restarted(t *testing.T, pod *corev1.Pod) {
	t.Helper()
	before := pod.Status.ContainerStatuses[0].RestartCount
	eventually(t, pod.Name+" runs again", func() bool {
		status := get[corev1.Pod](t, "taffrail-system", "pod/"+pod.Name).Status.ContainerStatuses
		return len(status) == 1 && status[0].RestartCount > before && status[0].Ready
	})
	ready(t)
}

func restart(t *testing.T) {
	t.Helper()
	cluster(t).kubectl(t, "", "rollout", "restart", "deployment/taffrail", "-n", "taffrail-system").mustSucceed(t)
	ready(t)
}

// certificatesChange waits until each replica serves with another certificate of
// this name than before.
func certificatesChange(t *testing.T, certificate string, cause func()) {
	t.Helper()
	const metric = "taffrail_certificate_expiry_timestamp_seconds"
	before := map[string]string{}
	for _, pod := range replicas(t) {
		eventually(t, pod.Name+" tells when its certificate ends: "+certificate, func() (told bool) {
			before[pod.Name], told = podMetric(t, pod.Name, metric+`{certificate="`+certificate+`"}`)
			return told
		})
	}
	cause()
	for name, expiry := range before {
		eventually(t, name+" has another certificate: "+certificate, func() bool {
			is, told := podMetric(t, name, metric+`{certificate="`+certificate+`"}`)
			return told && is != expiry
		})
	}
}

// podMetric is the value of a metric of a replica, read through the API server,
// and whether the replica answers and has it.
func podMetric(t *testing.T, pod, metric string) (value string, told bool) {
	t.Helper()
	all := cluster(t).kubectl(t, "", "get", "--raw", "/api/v1/namespaces/taffrail-system/pods/"+pod+":8080/proxy/metrics")
	for line := range strings.Lines(all.stdout) {
		if value, found := strings.CutPrefix(line, metric+" "); found {
			return strings.TrimSpace(value), true
		}
	}
	return "", false
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

// failedOtherwise counts the failures that say none of these.
func (a *admissions) failedOtherwise(texts []string) int {
	n := 0
	for reason, times := range a.failures {
		if !slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(reason, text) }) {
			n += times
		}
	}
	return n
}
