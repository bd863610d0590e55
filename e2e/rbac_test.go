//go:build e2e && !kind

package e2e

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	rbacv1 "k8s.io/api/rbac/v1"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"
)

// rights are the files of deploy/base that say what Taffrail may do.
var rights = []string{"rbac.yaml", "rbac-guardrails.yaml", "rbac-webhooks.yaml", "rbac-authority.yaml"}

// loss is what becomes of Taffrail without a right.
type loss struct {
	what string
	// shows tells whether it is so; nil where the log alone does, as what is
	// watched is read again now and then.
	shows func(*testing.T, *taffrail) bool
	// provoke has it come about, where provoke does not.
	provoke func(*testing.T)
	// said is in the log then; left out, that the right is missed.
	said string
}

// notCreated is what the log says in every version of Kubernetes; older ones do not name the verb.
func notCreated(configurations string) string {
	return configurations + `.admissionregistration.k8s.io \"taffrail\" is forbidden`
}

// without says for each right why Taffrail has it.
var without = map[string]loss{
	"get namespaces":   {what: "what is in a Namespace younger than the cache is refused"},
	"list namespaces":  {what: "never ready", shows: neverReady},
	"watch namespaces": {what: "new labels of a Namespace are seen late"},
	"list pods": {
		what: "whoever tightens a Namespace is not told which of its Pods break that",
		said: "must be checked against the Pods that are there, which could not be listed",
	},
	"get replicasets":            {what: "a Deployment does not tell why its Pods are refused", shows: noEvent("Deployment")},
	"get statefulsets":           {what: "a StatefulSet does not tell why its Pods are refused"},
	"get daemonsets":             {what: "a DaemonSet does not tell why its Pods are refused"},
	"get jobs":                   {what: "a Job does not tell why its Pods are refused"},
	"get replicationcontrollers": {what: "a ReplicationController does not tell why its Pods are refused"},
	"get pods":                   {what: "a Pod for which the glass was broken is not counted"},
	"get deployments":            {what: "a Deployment for which the glass was broken is not counted"},
	"get cronjobs":               {what: "a CronJob for which the glass was broken is not counted"},
	"create events":              {what: "neither a Deployment nor a Guardrail tells anything", shows: noEvent("Guardrail")},

	"list guardrails":         {what: "never ready", shows: neverReady},
	"watch guardrails":        {what: "a Guardrail takes effect late"},
	"list exemptions":         {what: "never ready", shows: neverReady},
	"watch exemptions":        {what: "an Exemption takes effect late"},
	"patch guardrails/status": {what: "kubectl get guardrails does not tell what is in force", shows: noStatus("guardrail")},
	"patch exemptions/status": {what: "kubectl get exemptions does not tell what is in force", shows: noStatus("exemption")},

	"get " + mutating:      {what: "no defaults are set", shows: notInstalled(mutating)},
	"list " + mutating:     {what: "what a person has changed is put back late"},
	"watch " + mutating:    {what: "what a person has changed is put back late"},
	"create " + mutating:   {what: "no defaults are set", said: notCreated(mutating), shows: notInstalled(mutating)},
	"patch " + mutating:    {what: "no defaults are set", shows: notInstalled(mutating)},
	"update " + mutating:   {what: "what a person has added stays", shows: hasHole(mutating)},
	"delete " + mutating:   {what: "it outlives its Namespace for a while", provoke: deleteNamespace},
	"get " + validating:    {what: "nothing is refused", shows: notInstalled(validating)},
	"list " + validating:   {what: "what a person has changed is put back late"},
	"watch " + validating:  {what: "what a person has changed is put back late"},
	"create " + validating: {what: "nothing is refused", said: notCreated(validating), shows: notInstalled(validating)},
	"patch " + validating:  {what: "nothing is refused", shows: notInstalled(validating)},
	"update " + validating: {what: "what a person has added stays", shows: hasHole(validating)},
	"delete " + validating: {what: "all is refused until the garbage collector's turn", provoke: deleteNamespace},

	"create guardrails": {what: "a new installation enforces nothing", shows: hasNoGuardrail},

	"get secrets":    {what: "there is no authority, and so no certificate", shows: neverReady},
	"list secrets":   {what: "a replica knows no authority, and has no certificate", shows: neverReady},
	"watch secrets":  {what: "a new authority is seen late"},
	"create secrets": {what: "there is no authority, and so no certificate", shows: neverReady},
	"update secrets": {what: "the authority is not renewed"},

	"get leases":    {what: "nobody leads", shows: nobodyLeads},
	"create leases": {what: "nobody leads", shows: nobodyLeads},
	"update leases": {what: "no leader stays"},
}

// deleteNamespace leaves it terminating, as nothing here empties it.
func deleteNamespace(t *testing.T) {
	t.Helper()
	cluster(t).kubectl(t, "", "delete", "namespace", "taffrail-system", "--wait=false").mustSucceed(t)
}

func neverReady(_ *testing.T, s *taffrail) bool { return s.probe("/readyz") != http.StatusOK }

func nobodyLeads(_ *testing.T, s *taffrail) bool {
	return !strings.Contains(s.log(), "this replica leads")
}

func hasNoGuardrail(t *testing.T, _ *taffrail) bool {
	return cluster(t).kubectl(t, "", "get", "guardrail", "ruled").exitCode != 0
}

func noStatus(kind string) func(*testing.T, *taffrail) bool {
	return func(t *testing.T, _ *taffrail) bool { return conditions(t, kind) == "" }
}

func notInstalled(kind string) func(*testing.T, *taffrail) bool {
	return func(t *testing.T, _ *taffrail) bool {
		return cluster(t).kubectl(t, "", "get", kind, "taffrail").exitCode != 0
	}
}

func hasHole(kind string) func(*testing.T, *taffrail) bool {
	return func(t *testing.T, _ *taffrail) bool {
		return strings.Contains(cluster(t).kubectl(t, "", "get", kind, "taffrail", "-o", "jsonpath={.webhooks[0].matchConditions}").stdout, "a-hole")
	}
}

func noEvent(kind string) func(*testing.T, *taffrail) bool {
	return func(t *testing.T, _ *taffrail) bool { return events(t, kind) == "" }
}

// events are the messages of the Events on objects of a kind.
func events(t *testing.T, kind string) string {
	t.Helper()
	return cluster(t).kubectl(t, "", "get", "events", "-A", "--field-selector", "involvedObject.kind="+kind+",source=taffrail",
		"-o", `jsonpath={range .items[*]}{.reason}{": "}{.message}{"\n"}{end}`).mustSucceed(t).stdout
}

func conditions(t *testing.T, kind string) string {
	t.Helper()
	return cluster(t).kubectl(t, "", "get", kind, "-A", "-o", "jsonpath={.items[*].status.conditions}").mustSucceed(t).stdout
}

// TestRightsAreTheLeast runs Taffrail with the rights of deploy/base, which must
// be enough; and without each of them in turn, and then something must fail.
func TestRightsAreTheLeast(t *testing.T) {
	parallel(t)
	cluster(t).kubectl(t, "", "apply", "-k", "../deploy/crds").mustSucceed(t)
	kubeconfig := asServiceAccount(t, rights...)
	roles := readRoles(t)
	first := filepath.Join(t.TempDir(), "first.yaml")
	require.NoError(t, os.WriteFile(first, []byte(ruled), 0o600))
	cluster(t).kubectl(t, exempted+"---\n"+unlucky, "apply", "-f", "-").mustSucceed(t)
	fresh, err := cluster(t).read()
	require.NoError(t, err)
	// As if Taffrail had never run, but for a role that is other than deploy/base has it.
	start := func(t *testing.T, changed ...rbacv1.ClusterRole) *taffrail {
		t.Helper()
		require.NoError(t, cluster(t).restore(fresh))
		for _, role := range changed {
			cluster(t).kubectl(t, toYAML(t, role), "apply", "-f", "-").mustSucceed(t)
		}
		server := startTaffrail(t, options{
			standalone: true, managesWebhooks: true, unready: true, tls: "managed",
			// An authority that lives for so short a time is renewed at once.
			flags: []string{"--kubeconfig", kubeconfig, "--first-guardrails", first, "--break-glass-group", "firefighters", "--ca-duration", "15s", "--certificate-duration", "5s"},
			// An API server before 1.34 knows no streaming lists, and asks for the right to list.
			env: []string{"KUBE_FEATURE_WatchListClient=false"},
		})
		t.Cleanup(func() { server.kill(t) })
		return server
	}

	t.Run("all", func(t *testing.T) {
		server := start(t)
		provoked := false
		require.Eventually(t, func() bool {
			if neverReady(t, server) {
				return false
			}
			provoked = provoked || provoke(t, server)
			for _, loss := range without {
				if loss.shows != nil && loss.shows(t, server) {
					return false
				}
			}
			return true
		}, 2*soon, interval)
		assert.Contains(t, events(t, "Guardrail"), "Loaded: in force: 2 validators, 0 mutators")
		assert.Contains(t, events(t, "Deployment"), "image-latest-tag")
		assert.NotContains(t, server.log(), "cannot ", "no right is missed")
		assert.NotContains(t, server.log(), without["list pods"].said)

		deleteNamespace(t)
		require.Eventually(t, func() bool { return notInstalled(mutating)(t, server) && notInstalled(validating)(t, server) }, soon, interval)
	})

	var seen []string
	for i := range roles {
		whole := roles[i].Rules
		for r, rule := range whole {
			right := rule.Verbs[0] + " " + rule.Resources[0]
			seen = append(seen, right)
			t.Run("without "+right, func(t *testing.T) {
				roles[i].Rules = append(append([]rbacv1.PolicyRule{}, whole[:r]...), whole[r+1:]...)
				server := start(t, roles[i])
				loss, known := without[right]
				require.True(t, known, "nobody knows what it is for")
				said := loss.said
				if said == "" {
					said = "cannot " + rule.Verbs[0] + ` resource \"` + rule.Resources[0] + `\"`
				}
				provoked := false
				require.Eventually(t, func() bool {
					if !provoked && !neverReady(t, server) {
						provoked = provoke(t, server)
						if provoked && loss.provoke != nil && assert.Eventually(t, func() bool { return !notInstalled(validating)(t, server) }, soon, interval) {
							loss.provoke(t)
						}
					}
					return strings.Contains(server.log(), said)
				}, 2*soon, interval, "nothing fails: the right is one too many")
				if loss.shows != nil {
					assert.True(t, loss.shows(t, server), loss.what)
				}
				t.Logf("without %s: %s", right, loss.what)
			})
		}
	}
	for right := range without {
		assert.Contains(t, seen, right, "is in no file")
	}
}

// readRoles reads the roles, with a rule for each verb and resource.
func readRoles(t *testing.T) []rbacv1.ClusterRole {
	t.Helper()
	var roles []rbacv1.ClusterRole
	for _, file := range rights {
		content, err := os.ReadFile("../deploy/base/" + file)
		require.NoError(t, err)
		decoder := utilyaml.NewYAMLOrJSONDecoder(bytes.NewReader(content), 4096)
		for {
			var role rbacv1.ClusterRole // a Role has the same fields
			err := decoder.Decode(&role)
			if errors.Is(err, io.EOF) {
				break
			}
			require.NoError(t, err)
			if role.Rules == nil {
				continue // a binding
			}
			var single []rbacv1.PolicyRule
			for _, rule := range role.Rules {
				for _, resource := range rule.Resources {
					for _, verb := range rule.Verbs {
						one := *rule.DeepCopy()
						one.Resources, one.Verbs = []string{resource}, []string{verb}
						single = append(single, one)
					}
				}
			}
			role.Rules = single
			roles = append(roles, role)
		}
	}
	return roles
}

const ruled = `
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: ruled}
spec: {validators: [{name: image-latest-tag}, {name: pod-security, params: {level: namespace}}]}
`

const exempted = `
apiVersion: taffrail.dev/v1alpha1
kind: Exemption
metadata: {name: ruled, namespace: default}
spec: {validators: [image-latest-tag], selector: {matchLabels: {app: ruled}}, reason: a test, owner: e2e, expires: "2999-01-01"}
`

// provoke has Taffrail do all that it does on demand, and answers whether it has:
// before a Guardrail is in force there is nothing to do.
func provoke(t *testing.T, server *taffrail) bool {
	t.Helper()
	client := server.client()
	say := func(request string) (allowed bool) {
		answer, err := server.review(client, "/validate",
			strings.NewReader(`{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"u",`+request+`}}`))
		require.NoError(t, err)
		return answer.Allowed
	}
	const pod = `"operation":"CREATE","kind":{"version":"v1","kind":"Pod"},"resource":{"version":"v1","resource":"pods"},`
	// In a Namespace that the cache does not hold, and of a Deployment.
	if say(pod + `"namespace":"not-there","object":{"apiVersion":"v1","kind":"Pod","metadata":{"name":"web"},"spec":{"containers":[{"name":"web","image":"nginx"}]}}`) {
		return false
	}
	owned, err := yaml.YAMLToJSON([]byte(unluckyPod(t)))
	require.NoError(t, err)
	say(pod + `"namespace":"default","object":` + string(owned))
	// Of owners of other kinds, and of what somebody broke the glass for, which are there only as
	// far as reviews say.
	for _, owner := range []string{"apps/v1 StatefulSet", "apps/v1 DaemonSet", "batch/v1 Job", "v1 ReplicationController"} {
		version, kind, _ := strings.Cut(owner, " ")
		say(pod + `"namespace":"default","object":{"apiVersion":"v1","kind":"Pod","metadata":{"name":"web","ownerReferences":[
			{"apiVersion":"` + version + `","kind":"` + kind + `","name":"web","uid":"u-` + kind + `","controller":true}]},
			"spec":{"containers":[{"name":"web","image":"nginx"}]}}`)
	}
	const containers = `{"containers":[{"name":"web","image":"nginx"}]}`
	for _, of := range []struct{ group, kind, spec string }{
		{"", "Pod", containers},
		{"apps", "Deployment", `{"template":{"spec":` + containers + `}}`},
		{"batch", "CronJob", `{"jobTemplate":{"spec":{"template":{"spec":` + containers + `}}}}`},
	} {
		version := strings.TrimPrefix(of.group+"/v1", "/")
		say(`"operation":"CREATE","kind":{"group":"` + of.group + `","version":"v1","kind":"` + of.kind + `"},
			"resource":{"group":"` + of.group + `","version":"v1","resource":"` + strings.ToLower(of.kind) + `s"},
			"namespace":"default","userInfo":{"groups":["firefighters"]},
			"object":{"apiVersion":"` + version + `","kind":"` + of.kind + `","metadata":{"name":"web","uid":"u"},"spec":` + of.spec + `}`)
	}
	// A Namespace that becomes stricter.
	say(`"operation":"UPDATE","kind":{"version":"v1","kind":"Namespace"},"resource":{"version":"v1","resource":"namespaces"},"name":"default","namespace":"default",
		"oldObject":{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"default"}},
		"object":{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"default","labels":{"pod-security.kubernetes.io/enforce":"restricted"}}}`)
	// Configurations that somebody opens a hole in.
	for _, kind := range []string{mutating, validating} {
		cluster(t).kubectl(t, "", "patch", kind, "taffrail", "--type=json", "-p",
			`[{"op":"add","path":"/webhooks/0/matchConditions/-","value":{"name":"a-hole","expression":"false"}}]`)
	}
	return true
}
