//go:build e2e && !kind && linux

package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// fleet is a large cluster: Deployments with their Pods, and other objects, over many namespaces.
type fleet struct{ namespaces, deployments, pods, others int }

// make creates the objects. The Pods are those of the Deployments, by their owner references, and as
// large as Pods are in a cluster (4 KB).
func (f fleet) make(t *testing.T) {
	t.Helper()
	names := make([]string, f.namespaces)
	for i := range names {
		names[i] = cluster(t).namespace(t)
	}
	of := func(i int) string { return names[i%len(names)] }
	each := func(n int, path func(i int) string, manifest func(i int) string) {
		byPath := map[string][]string{}
		for i := range n {
			byPath[path(i)] = append(byPath[path(i)], manifest(i))
		}
		for path, manifests := range byPath {
			cluster(t).post(t, path, manifests)
		}
	}
	each(f.deployments, func(i int) string { return "/apis/apps/v1/namespaces/" + of(i) + "/deployments" }, func(i int) string {
		return fmt.Sprintf(`{apiVersion: apps/v1, kind: Deployment, metadata: {name: web-%d}, spec: {clusterIP: None, selector: {matchLabels: {app: web-%[1]d}},
			template: {metadata: {labels: {app: web-%[1]d}}, spec: %s}}}`, i, fleetPod(i))
	})
	uids := map[string]string{}
	list := cluster(t).kubectl(t, "", "get", "deployments", "-A", "-o", `jsonpath={range .items[*]}{.metadata.name} {.metadata.uid}{"\n"}{end}`).mustSucceed(t)
	for line := range strings.Lines(list.stdout) {
		name, uid, _ := strings.Cut(strings.TrimSpace(line), " ")
		uids[name] = uid
	}
	each(f.pods, func(i int) string { return "/api/v1/namespaces/" + of(i%f.deployments) + "/pods" }, func(i int) string {
		d := i % f.deployments
		return fmt.Sprintf(`{apiVersion: v1, kind: Pod, metadata: {name: web-%d-%d, labels: {app: web-%[1]d}, ownerReferences: [
			{apiVersion: apps/v1, kind: Deployment, name: web-%[1]d, uid: %[3]s, controller: true}]}, spec: %[4]s}`, d, i, uids[fmt.Sprintf("web-%d", d)], fleetPod(d))
	})
	each(f.others, func(i int) string { return "/api/v1/namespaces/" + of(i) + "/services" }, func(i int) string {
		return fmt.Sprintf(`{apiVersion: v1, kind: Service, metadata: {name: web-%d}, spec: {clusterIP: None, selector: {app: web-%[1]d}, ports: [{port: 80}]}}`, i)
	})
}

// fleetPod is the spec of a Pod with an agent beside it. One in ten has an image that must not be.
func fleetPod(i int) string {
	image := "registry.example.com/web:1.0"
	if i%10 == 0 {
		image = "nginx:latest"
	}
	var env bytes.Buffer
	for n := range 20 {
		fmt.Fprintf(&env, "{name: SETTING_%d, value: a-value-of-some-length-%d},", n, n)
	}
	container := func(name, image string) string {
		return fmt.Sprintf(`{name: %s, image: %q, ports: [{containerPort: 8080}], env: [%s], resources: {requests: {cpu: 100m, memory: 128Mi}, limits: {memory: 128Mi}},
			readinessProbe: {httpGet: {path: /, port: 8080}}, livenessProbe: {httpGet: {path: /, port: 8080}}}`, name, image, &env)
	}
	return "{containers: [" + container("web", image) + ", " + container("agent", "registry.example.com/agent:1.0") + "]}"
}

// A large cluster is audited in less time than somebody waits, and in the memory of a laptop's
// leftover.
func TestAuditOfALargeCluster(t *testing.T) {
	parallel(t)
	f := fleet{namespaces: 6, deployments: 100, pods: 500, others: 50}
	if os.Getenv("TAFFRAIL_E2E_LARGE") != "" { // as docs/audit.md has it: a minute to make
		f = fleet{namespaces: 60, deployments: 1000, pods: 5000, others: 500}
	}
	start := time.Now()
	f.make(t)
	t.Logf("made in %s", time.Since(start).Round(time.Second))

	binary, err := taffrailBinary()
	require.NoError(t, err)
	cmd := exec.Command(binary, "audit", "--kubeconfig", cluster(t).kubeconfig, "-o", "json", "--fail-on", "never")
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	start = time.Now()
	resident, err := runMeasured(cmd)
	require.NoError(t, err, "%s", &stderr)
	took := time.Since(start)
	t.Logf("audited in %s, %s of CPU, %.1f MiB resident", took.Round(time.Millisecond),
		(cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Round(time.Millisecond), float64(resident)/1024)
	assert.Less(t, resident, 150<<10, "KiB")

	var a audited
	require.NoError(t, json.Unmarshal(stdout.Bytes(), &a))
	assert.GreaterOrEqual(t, a.Summary.Evaluated, f.deployments+f.pods)
	latest := 0
	for _, found := range a.Results {
		if found.Validator == "image-latest-tag" {
			latest++
			assert.Equal(t, 6, found.Objects, "a Deployment and its Pods: %+v", found)
		}
	}
	assert.Equal(t, f.deployments/10, latest)
}

// runMeasured runs a program, and tells how many KiB it has held at most. What the kernel has of a
// process that has ended (ru_maxrss) counts what this one held when it began the other.
func runMeasured(cmd *exec.Cmd) (most int, err error) {
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for {
		select {
		case err := <-ended:
			return most, err
		case <-time.After(time.Millisecond):
			status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", cmd.Process.Pid)) // gone, once it has ended
			_, rest, _ := strings.Cut(string(status), "VmHWM:")
			if words := strings.Fields(rest); len(words) > 0 {
				kib, _ := strconv.Atoi(words[0])
				most = max(most, kib)
			}
		}
	}
}
