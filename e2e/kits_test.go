//go:build e2e && !kind && linux

package e2e

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/rand"
	"k8s.io/client-go/kubernetes"
)

// serveKits starts a server that furnishes Namespaces.
func serveKits(t *testing.T) *taffrail {
	t.Helper()
	cluster(t).kubectl(t, "", "apply", "-f", "../deploy/components/kits/namespacekits.yaml").mustSucceed(t)
	cluster(t).kubectl(t, "", "wait", "crd", "--for=condition=established", "--timeout=50s", "namespacekits.taffrail.dev").mustSucceed(t)
	return serveClusterWith(t, 1, options{flags: []string{"--kits"}})[0]
}

// team is a kit of three objects.
func team(name, more string) string {
	return fmt.Sprintf(`
apiVersion: taffrail.dev/v1alpha1
kind: NamespaceKit
metadata: {name: %[1]s}
spec:
  namespaceSelector: {matchLabels: {furnish: %[1]s}}
  %[2]s
  objects:
  - {apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: %[1]s-deny}, spec: {podSelector: {}, policyTypes: [Ingress]}}
  - {apiVersion: v1, kind: ResourceQuota, metadata: {name: %[1]s-quota}, spec: {hard: {pods: "10"}}}
  - {apiVersion: v1, kind: ConfigMap, metadata: {name: "%[1]s-${namespace}", labels: {of: "${labels.furnish}"}}, data: {name: "${namespace}"}}
`, name, more)
}

func kitStatus(t *testing.T, name, path string) string {
	t.Helper()
	return cluster(t).kubectl(t, "", "get", "namespacekit", name, "-o", "jsonpath={.status"+path+"}").stdout
}

// kitSoon waits until so many Namespaces are furnished, waiting and in conflict.
func kitSoon(t *testing.T, name, want string) {
	t.Helper()
	var is string
	require.Eventually(t, func() bool {
		is = cluster(t).kubectl(t, "", "get", "namespacekit", name, "-o", "jsonpath={.status.furnished}/{.status.waiting}/{.status.inConflict}").stdout
		return is == want
	}, 2*soon, interval, "%s: want %s: %s", name, want, kitStatus(t, name, ""))
}

// there tells whether an object is there.
func there(t *testing.T, namespace, object string) bool {
	t.Helper()
	return cluster(t).kubectl(t, "", "get", object, "-n", namespace).exitCode == 0
}

// TestAKitOverManyNamespaces: 500 Namespaces are furnished within half a minute, it costs little
// memory, and nothing at all once it is done.
func TestAKitOverManyNamespaces(t *testing.T) {
	parallel(t)
	server := serveKits(t)
	const many = 500
	var manifests []string
	for i := range many {
		manifests = append(manifests, fmt.Sprintf(`{apiVersion: v1, kind: Namespace, metadata: {name: many-%d, labels: {furnish: many}}}`, i))
	}
	cluster(t).post(t, "/api/v1/namespaces", manifests)
	before := server.residentKiB(t)
	began := time.Now()
	apply(t, team("many", ""))
	require.Eventually(t, func() bool { return kitStatus(t, "many", ".furnished") == strconv.Itoa(many) }, time.Minute, interval,
		"%s", kitStatus(t, "many", ""))
	took := time.Since(began)
	assert.Less(t, took, 30*time.Second)
	assert.Equal(t, strconv.Itoa(3*many), server.metric(t, `taffrail_kit_writes_total{operation="create"}`))
	assert.Equal(t, "many-7", cluster(t).kubectl(t, "", "get", "configmap", "many-many-7", "-n", "many-7", "-o", "jsonpath={.data.name}").stdout)

	const quiet = 15 * time.Second
	busy := server.processorTime(t)
	time.Sleep(quiet) // what is measured is that nothing happens
	busy = server.processorTime(t) - busy
	more := float64(server.residentKiB(t)-before) / 1024
	t.Logf("furnished %d Namespaces in %s; then %s of processor time in %s; %.1f MiB more", many, took.Round(time.Millisecond), busy, quiet, more)
	assert.Less(t, busy, quiet/50)
	assert.Less(t, more, 20.0)

	began = time.Now()
	cluster(t).kubectl(t, "", "delete", "networkpolicy", "many-deny", "-n", "many-7").mustSucceed(t)
	deleted := time.Since(began)
	require.Eventually(t, func() bool { return there(t, "many-7", "networkpolicy/many-deny") }, soon, 20*time.Millisecond)
	t.Logf("deleted after %s, back after %s", deleted.Round(time.Millisecond), time.Since(began).Round(time.Millisecond))
	assert.Less(t, time.Since(began)-deleted, time.Second)
}

// TestWhatAKitMakesIsKept: what is changed and deleted is mended, what somebody else has made or
// applies is left alone and told, and nobody is fought.
func TestWhatAKitMakesIsKept(t *testing.T) {
	parallel(t)
	server := serveKits(t)
	a, b := cluster(t).namespace(t, "furnish=kept"), cluster(t).namespace(t, "furnish=kept")
	cluster(t).kubectl(t, "", "create", "quota", "kept-quota", "--hard=pods=99", "-n", b).mustSucceed(t)
	apply(t, team("kept", ""))
	kitSoon(t, "kept", "1/0/1")
	assert.Contains(t, kitStatus(t, "kept", ".details[0].reason"), "ResourceQuota kept-quota is there already, and no kit has made it")
	pods := func(namespace string) string {
		return cluster(t).kubectl(t, "", "get", "quota", "kept-quota", "-n", namespace, "-o", "jsonpath={.spec.hard.pods}").stdout
	}
	assert.Equal(t, "99", pods(b), "what is somebody's stays as it is")
	assert.Equal(t, "kept", cluster(t).kubectl(t, "", "get", "quota", "kept-quota", "-n", a, "-o", `jsonpath={.metadata.labels.taffrail\.dev/kit}`).stdout)
	require.Eventually(t, func() bool {
		return strings.Contains(cluster(t).kubectl(t, "", "describe", "namespace", b).stdout+
			cluster(t).kubectl(t, "", "get", "events", "-n", "default").stdout, "KitConflict")
	}, soon, interval)

	// What somebody has changed is mended; a field that they add is theirs.
	cluster(t).kubectl(t, "", "patch", "quota", "kept-quota", "-n", a, "--type=merge", "-p", `{"spec":{"hard":{"pods":"50","services":"3"}}}`).mustSucceed(t)
	require.Eventually(t, func() bool { return pods(a) == "10" }, soon, interval)
	assert.Equal(t, "3", cluster(t).kubectl(t, "", "get", "quota", "kept-quota", "-n", a, "-o", "jsonpath={.spec.hard.services}").stdout)

	// A label that was taken away comes back.
	cluster(t).kubectl(t, "", "label", "networkpolicy", "kept-deny", "-n", a, "taffrail.dev/kit-").mustSucceed(t)
	require.Eventually(t, func() bool {
		return cluster(t).kubectl(t, "", "get", "networkpolicy", "-l", "taffrail.dev/kit=kept", "-n", a, "-o", "name").stdout != ""
	}, soon, interval)

	// What somebody else applies is theirs, and told.
	cluster(t).kubectl(t, `{apiVersion: v1, kind: ConfigMap, metadata: {name: kept-`+a+`}, data: {name: theirs}}`,
		"apply", "--server-side", "--force-conflicts", "--field-manager=gitops", "-n", a, "-f", "-").mustSucceed(t)
	kitSoon(t, "kept", "0/0/2")
	assert.Contains(t, kitStatus(t, "kept", ".details"), "is applied by gitops, too, which wants it otherwise")
	assert.Equal(t, "theirs", cluster(t).kubectl(t, "", "get", "configmap", "kept-"+a, "-n", a, "-o", "jsonpath={.data.name}").stdout)
	cluster(t).kubectl(t, "", "delete", "configmap", "kept-"+a, "-n", a).mustSucceed(t)
	kitSoon(t, "kept", "1/0/1")

	// A change of the kit reaches every Namespace; what cannot be rendered waits, and says why.
	apply(t, strings.Replace(team("kept", ""), `pods: "10"`, `pods: "11", services: "${labels['cost']}"`, 1))
	require.Eventually(t, func() bool {
		return strings.Contains(kitStatus(t, "kept", ".details"), "the Namespace has no label cost")
	}, soon, interval)
	cluster(t).kubectl(t, "", "label", "namespace", a, "cost=5").mustSucceed(t)
	require.Eventually(t, func() bool { return pods(a) == "11" }, soon, interval)

	// Two replicas, or the next leader: nothing is written again that is as it must be.
	server.kill(t)
	next := startTaffrail(t, options{managesWebhooks: true, flags: []string{"--kits"}})
	require.Eventually(t, func() bool {
		return next.metric(t, `taffrail_kit_namespaces{kit="kept",state="Furnished"}`) == "1"
	}, time.Minute, interval)
	assert.Equal(t, "0", next.metric(t, `taffrail_kit_writes_total{operation="create"}`))
	assert.Equal(t, "0", next.metric(t, `taffrail_kit_writes_total{operation="mend"}`))
}

// TestAKitFightsNobody: a controller that undoes what the kit says, as fast as it can, has few
// writes of ours, and is told of.
func TestAKitFightsNobody(t *testing.T) {
	parallel(t)
	server := serveKits(t)
	namespace := cluster(t).namespace(t, "furnish=fought")
	apply(t, team("fought", ""))
	kitSoon(t, "fought", "1/0/0")
	client, err := kubernetes.NewForConfig(cluster(t).config)
	require.NoError(t, err)
	ctx, stop := context.WithCancel(background)
	ended := make(chan struct{})
	t.Cleanup(func() { stop(); <-ended })
	var theirs atomic.Int32
	go func() { // it looks at the quota all the while
		defer close(ended)
		for ctx.Err() == nil {
			quota, err := client.CoreV1().ResourceQuotas(namespace).Get(ctx, "fought-quota", metav1.GetOptions{})
			if err == nil && quota.Spec.Hard.Pods().String() != "77" {
				quota.Spec.Hard[corev1.ResourcePods] = resource.MustParse("77")
				if _, err := client.CoreV1().ResourceQuotas(namespace).Update(ctx, quota, metav1.UpdateOptions{FieldManager: "stranger"}); err == nil {
					theirs.Add(1)
				}
			}
			time.Sleep(5 * time.Millisecond)
		}
	}()
	kitSoon(t, "fought", "0/0/1")
	assert.Contains(t, kitStatus(t, "fought", ".details[0].reason"), "ResourceQuota fought-quota is changed again and again by stranger: it is mended, at growing intervals")
	time.Sleep(20 * time.Second) // what is measured is how little is written
	mended, err := strconv.Atoi(server.metric(t, `taffrail_kit_writes_total{operation="mend"}`))
	require.NoError(t, err)
	t.Logf("mended %d times, changed %d times by the other", mended, theirs.Load())
	assert.LessOrEqual(t, mended, 8, "at once, and after 0.5, 1, 2, 4, 8, 16 s")
	assert.LessOrEqual(t, theirs.Load(), int32(9))
	stop()
}

// TestAKitLeavesWhatItSays: onDelete says what becomes of what a kit has made: with the kit gone, and
// with Taffrail gone, with no server running too.
func TestAKitLeavesWhatItSays(t *testing.T) {
	parallel(t)
	server := serveKits(t)
	keeps := cluster(t).namespace(t, "furnish=keeps")
	removes := cluster(t).namespace(t, "furnish=removes")
	once := cluster(t).namespace(t, "furnish=once")
	apply(t, team("keeps", "onDelete: Keep"))
	apply(t, team("removes", "onDelete: Remove"))
	apply(t, team("once", "sync: CreateOnce"))
	for _, kit := range []string{"keeps", "removes", "once"} {
		kitSoon(t, kit, "1/0/0")
	}

	// What is made once is left to the Namespace.
	cluster(t).kubectl(t, "", "delete", "networkpolicy", "once-deny", "-n", once).mustSucceed(t)
	cluster(t).kubectl(t, "", "patch", "quota", "once-quota", "-n", once, "--type=merge", "-p", `{"spec":{"hard":{"pods":"50"}}}`).mustSucceed(t)

	// A Namespace that is not selected any more is told before anything is removed.
	cluster(t).kubectl(t, "", "label", "namespace", removes, "furnish-").mustSucceed(t)
	require.Eventually(t, func() bool { return kitStatus(t, "removes", ".leaving[0].namespace") == removes }, soon, interval)
	require.Eventually(t, func() bool {
		return strings.Contains(cluster(t).kubectl(t, "", "get", "events", "-n", "default").stdout, "KitLeaving")
	}, soon, interval)
	assert.True(t, there(t, removes, "quota/removes-quota"))
	cluster(t).kubectl(t, "", "label", "namespace", removes, "furnish=removes").mustSucceed(t)
	kitSoon(t, "removes", "1/0/0")
	assert.Empty(t, kitStatus(t, "removes", ".leaving"))

	// With the kit.
	cluster(t).kubectl(t, "", "delete", "namespacekit", "removes", "keeps").mustSucceed(t)
	require.Eventually(t, func() bool {
		return !there(t, removes, "quota/removes-quota") && !there(t, removes, "networkpolicy/removes-deny")
	}, soon, interval)
	assert.True(t, there(t, keeps, "quota/keeps-quota"))
	assert.False(t, there(t, once, "networkpolicy/once-deny"))
	assert.Equal(t, "50", cluster(t).kubectl(t, "", "get", "quota", "once-quota", "-n", once, "-o", "jsonpath={.spec.hard.pods}").stdout)

	// With Taffrail, and no server.
	apply(t, team("removes", "onDelete: Remove"))
	kitSoon(t, "removes", "1/0/0")
	require.Eventually(t, func() bool { return kitStatus(t, "removes", ".kinds[0].kind") != "" }, soon, interval)
	server.kill(t)
	said := program(t, "uninstall", "--kubeconfig", cluster(t).kubeconfig, "--yes", "--timeout=1s")
	assert.Contains(t, said.stdout, "deleted 1 of kind ResourceQuota that NamespaceKit removes had made")
	assert.Contains(t, said.stdout, "left 1 of kind ResourceQuota that NamespaceKit once had made: it keeps them")
	assert.Contains(t, said.stdout, "deleted CustomResourceDefinition namespacekits.taffrail.dev")
	assert.False(t, there(t, removes, "quota/removes-quota"))
	assert.False(t, there(t, removes, "networkpolicy/removes-deny"))
	assert.True(t, there(t, keeps, "quota/keeps-quota"))
	assert.True(t, there(t, once, "quota/once-quota"))
}

// TestAGateHoldsPodsBack: Pods wait for the kit of their Namespace, and never for longer than half a
// minute from its creation.
func TestAGateHoldsPodsBack(t *testing.T) {
	parallel(t)
	serveKits(t)
	pod := func(namespace string) result {
		return cluster(t).kubectl(t, `{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{name: a, image: "a:1"}]}}`,
			"create", "--dry-run=server", "-n", namespace, "-f", "-")
	}
	old := cluster(t).namespace(t, "furnish=gated")
	cluster(t).kubectl(t, "", "create", "quota", "gated-quota", "-n", old).mustSucceed(t) // which it cannot have
	apply(t, team("gated", "gate: true"))
	kitSoon(t, "gated", "0/0/1")
	require.Eventually(t, func() bool {
		return strings.Contains(cluster(t).kubectl(t, "", "get", "validatingwebhookconfiguration", "taffrail", "-o", "jsonpath={.webhooks[*].rules[*].resources}").stdout, "pods")
	}, soon, interval)
	began := time.Now()
	young := "young-" + rand.String(5)
	apply(t, `{apiVersion: v1, kind: List, items: [
		{apiVersion: v1, kind: Namespace, metadata: {name: `+young+`}},
		{apiVersion: v1, kind: ResourceQuota, metadata: {name: gated-quota, namespace: `+young+`}}]}`)
	pod(young).mustSucceed(t)
	cluster(t).kubectl(t, "", "label", "namespace", young, "furnish=gated").mustSucceed(t)
	require.Eventually(t, func() bool { return pod(young).exitCode != 0 }, soon, interval)
	pod(young).mustFail(t, "the namespace is being furnished, try again", `has not got NamespaceKit "gated" yet`)
	cluster(t).kubectl(t, "", "delete", "quota", "gated-quota", "-n", young).mustSucceed(t)
	cluster(t).kubectl(t, "", "label", "namespace", young, "again=1").mustSucceed(t)
	require.Eventually(t, func() bool { return pod(young).exitCode == 0 }, soon, interval)
	assert.Less(t, time.Since(began), 30*time.Second, "not by its age")

	stuck := "stuck-" + rand.String(5)
	began = time.Now()
	apply(t, `{apiVersion: v1, kind: List, items: [
		{apiVersion: v1, kind: Namespace, metadata: {name: `+stuck+`}},
		{apiVersion: v1, kind: ResourceQuota, metadata: {name: gated-quota, namespace: `+stuck+`}}]}`)
	cluster(t).kubectl(t, "", "label", "namespace", stuck, "furnish=gated").mustSucceed(t)
	require.Eventually(t, func() bool { return pod(stuck).exitCode != 0 }, soon, interval)
	require.Eventually(t, func() bool { return pod(stuck).exitCode == 0 }, 40*time.Second, interval)
	assert.InDelta(t, 30, time.Since(began).Seconds(), 4)
	pod(old).mustSucceed(t)
}

// TestTheReadyMadeKitsUnderTheRightsOfTheirComponent: what is installed suffices, and what a kit lacks
// is told in words that say where it comes from.
func TestTheReadyMadeKitsUnderTheRightsOfTheirComponent(t *testing.T) {
	parallel(t)
	define(t)
	kubeconfig := asServiceAccount(t, rights...)
	cluster(t).kubectl(t, "", "apply", "-f", "../deploy/components/kits/namespacekits.yaml", "-f", "../deploy/components/kits/rbac.yaml").mustSucceed(t)
	cluster(t).kubectl(t, "", "wait", "crd", "--for=condition=established", "--timeout=50s", "namespacekits.taffrail.dev").mustSucceed(t)
	// Whoever binds a role that is not there grants nothing; the API server makes those of users later.
	cluster(t).kubectl(t, "", "wait", "clusterrole/edit", "--for=create", "--timeout=50s").mustSucceed(t)
	server := startTaffrail(t, options{standalone: true, managesWebhooks: true, flags: []string{"--kubeconfig", kubeconfig, "--kits"}})
	cluster(t).kubectl(t, "", "apply", "-f", "../deploy/kits").mustSucceed(t)
	tenant := cluster(t).namespace(t, "taffrail.dev/tenant=shop")
	cluster(t).namespace(t, "taffrail.dev/network=isolated")
	cluster(t).namespace(t, "taffrail.dev/quota=standard")
	for _, kit := range []string{"multi-tenant", "default-deny-network", "standard-quota"} {
		kitSoon(t, kit, "1/0/0")
	}
	assert.Equal(t, "tenant:shop", cluster(t).kubectl(t, "", "get", "rolebinding", "tenant-edit", "-n", tenant, "-o", "jsonpath={.subjects[0].name}").stdout)
	assert.NotContains(t, server.log(), "cannot ")

	apply(t, team("more", ""))
	cluster(t).namespace(t, "furnish=more")
	require.Eventually(t, func() bool {
		return strings.Contains(kitStatus(t, "more", ".details"), "no right to list configmaps: `taffrail install --kits FILE` prints those that kits need")
	}, 2*soon, interval, kitStatus(t, "more", ""))
	doctor := strings.Join(strings.Fields(program(t, "doctor", "--kubeconfig", cluster(t).kubeconfig).stdout), " ")
	assert.Contains(t, doctor, "NamespaceKit more")
}

// TestMistakesInAKitAreRefusedAtApply: all at once, in words that name them.
func TestMistakesInAKitAreRefusedAtApply(t *testing.T) {
	parallel(t)
	serveKits(t)
	wrong := `
apiVersion: taffrail.dev/v1alpha1
kind: NamespaceKit
metadata: {name: wrong}
spec:
  namespaceSelector: {}
  objects:
  - {apiVersion: v1, kind: Namespace, metadata: {name: a}}
  - {apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {k: "${labels.team"}}
`
	var r result
	require.Eventually(t, func() bool {
		r = cluster(t).kubectl(t, wrong, "apply", "--dry-run=server", "-f", "-")
		return r.exitCode != 0
	}, soon, interval)
	r.mustFail(t, `The NamespaceKit "wrong" is invalid`,
		`spec.objects[0].kind: Invalid value: "Namespace": must be a kind of objects that lie in a Namespace`,
		`spec.objects[1].data.k: Invalid value: "${labels.team": must close ${ with }`)
	misspelt := strings.Replace(team("wrong", ""), "policyTypes", "policyType", 1)
	cluster(t).kubectl(t, misspelt, "apply", "-f", "-").mustFail(t, `spec.objects[0]: unknown field "spec.policyType"`, `did you mean "policyTypes"?`)
	apply(t, team("right", ""))
}

// processorTime is what the process has taken so far.
func (s *taffrail) processorTime(t *testing.T) time.Duration {
	t.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.process.Pid))
	require.NoError(t, err)
	_, rest, found := strings.Cut(string(stat), ") ")
	require.True(t, found)
	fields := strings.Fields(rest)
	var ticks int
	for _, field := range fields[11:13] {
		n, err := strconv.Atoi(field)
		require.NoError(t, err)
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}
