//go:build e2e && !kind

package e2e

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	"sigs.k8s.io/yaml"
)

// forged is a review of a Pod that no-latest refuses, which says that an object
// owns it, and what else it likes.
func forged(owner, more string) string {
	return `{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"u-1","operation":"CREATE",
		"kind":{"version":"v1","kind":"Pod"},"resource":{"version":"v1","resource":"pods"},` + more + `
		"object":{"apiVersion":"v1","kind":"Pod","metadata":{"name":"forged","uid":"u-2","ownerReferences":[` + owner + `]},
		"spec":{"containers":[{"name":"web","image":"forged"}]}}}}`
}

func owner(kind, name, uid string) string {
	return `{"apiVersion":"apps/v1","kind":"` + kind + `","name":"` + name + `","uid":"` + uid + `","controller":true}`
}

// post sends a review, and answers with which status it was answered.
func post(t *testing.T, client *http.Client, url, review string) int {
	t.Helper()
	response, err := client.Post(url, "application/json", strings.NewReader(review))
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	return response.StatusCode
}

// TestTheAPIServerShowsItsCertificate does what docs/operations.md says, with the
// commands and files that are there.
func TestTheAPIServerShowsItsCertificate(t *testing.T) {
	parallel(t)
	dir := t.TempDir()
	cluster(t).shell(t, dir, documented(t, "operations.md", "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650"))
	address := freeAddresses(t, 1)[0]
	// The Service has no address that anybody reaches here: the server is outside, and a user is
	// called like it.
	for name, start := range map[string]string{"config.yaml": "# /etc/kubernetes/admission/config.yaml", "kubeconfig.yaml": "# /etc/kubernetes/admission/kubeconfig.yaml"} {
		content := strings.NewReplacer("/etc/kubernetes/admission", dir, "taffrail.taffrail-system.svc", address).Replace(documented(t, "operations.md", start))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600))
	}
	useControlPlane(t, map[string][]string{"admission-control-config-file": {filepath.Join(dir, "config.yaml")}})
	cluster(t).kubectl(t, unlucky, "apply", "-f", "-").mustSucceed(t)
	pod := unluckyPod(t)
	caFile := filepath.Join(dir, "client-ca.crt")
	server := serveClusterWith(t, 1, options{webhookURL: "https://" + address, flags: []string{
		"--bind-address", address, "--client-ca", caFile, "--client-name", "kube-apiserver", "--break-glass-group", "firefighters",
	}})[0]
	namespace := cluster(t).namespace(t)
	apply(t, noLatest)
	refusedSoon(t, namespace, "of no-latest")
	cluster(t).kubectl(t, "", "run", "-n", namespace, "good", "--image=nginx:1.29").mustSucceed(t)

	t.Run("a forged review is refused, and leaves nothing", func(t *testing.T) {
		const findings = `taffrail_findings_total{action="Deny",guardrail="no-latest",validator="image-latest-tag"}`
		before, logged, start := server.metric(t, findings), len(server.log()), time.Now()
		uid := string(get[appsv1.ReplicaSet](t, "default", "replicaset/web-1").UID)
		selfMade, err := tls.LoadX509KeyPair(wrongCertificate(t))
		require.NoError(t, err)
		for name, client := range map[string]*http.Client{"without a certificate": server.client(), "with a wrong one": showing(selfMade)} {
			for range 100 {
				require.Equal(t, http.StatusForbidden, post(t, client, server.webhookURL+"/validate",
					forged(owner("ReplicaSet", "web-1", uid), `"namespace":"default","userInfo":{"groups":["firefighters"]},`)), name)
			}
			require.Equal(t, http.StatusForbidden, post(t, client, server.webhookURL+"/mutate", forged("", "")), name)
		}
		assert.Equal(t, before, server.metric(t, findings))
		assert.Equal(t, "0", server.metric(t, "taffrail_break_glass_total"))
		assert.Empty(t, events(t, "Deployment"))
		lines := server.log()[logged:]
		assert.Contains(t, lines, "its sender has no right to send any")
		assert.LessOrEqual(t, strings.Count(lines, "\n"), 20+int(time.Since(start).Seconds()), lines)
	})
	t.Run("a true one is an Event, and broken glass", func(t *testing.T) {
		cluster(t).kubectl(t, pod, "create", "-f", "-", "--as=system:serviceaccount:kube-system:replicaset-controller", "--as-group=system:masters").mustFail(t, "of no-latest")
		require.Eventually(t, func() bool { return strings.Contains(events(t, "Deployment"), "image-latest-tag") }, soon, interval)
		cluster(t).kubectl(t, "", "run", "-n", namespace, "fire", "--image=nginx", "--as=chief", "--as-group=firefighters", "--as-group=system:masters").mustSucceed(t)
		assert.Equal(t, "1", server.metric(t, "taffrail_break_glass_total"))
	})
	t.Run("the doctor says that the port is not open", func(t *testing.T) {
		outcome, says := diagnose(t, cluster(t).kubeconfig).of("senders")
		assert.Equal(t, "ok", outcome, says)
	})
	t.Run("whoever is refused for want of it is told so", func(t *testing.T) {
		ours, err := os.ReadFile(caFile)
		require.NoError(t, err)
		other, _ := wrongCertificate(t)
		cluster(t).shell(t, dir, "cp "+other+" client-ca.crt")
		refusedSoon(t, namespace, `failed calling webhook "validate.taffrail.dev"`,
			`taffrail takes reviews of the API server alone (--client-ca): the client certificate "kube-apiserver" is not accepted: x509: certificate signed by unknown authority`)
		finds(t, "reachability", "fail", "does not accept what the API server shows", "--admission-control-config-file")
		require.NoError(t, os.WriteFile(caFile, ours, 0o600))
		refusedSoon(t, namespace, "of no-latest")
	})
}

// wrongCertificate is one that somebody has made for themselves, of the right name.
func wrongCertificate(t *testing.T) (certificate, key string) {
	t.Helper()
	dir := t.TempDir()
	cluster(t).shell(t, dir, "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=kube-apiserver -keyout x.key -out x.crt")
	return filepath.Join(dir, "x.crt"), filepath.Join(dir, "x.key")
}

func showing(certificate tls.Certificate) *http.Client {
	return &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{
		InsecureSkipVerify: true, Certificates: []tls.Certificate{certificate},
	}}}
}

// Where nobody asks for a certificate, what is written down is confirmed first.
func TestForgedReviewsAreNotWrittenDown(t *testing.T) {
	parallel(t)
	cluster(t).kubectl(t, unlucky, "apply", "-f", "-").mustSucceed(t)
	pod := unluckyPod(t)
	server := serveClusterWith(t, 1, options{flags: []string{"--break-glass-group=firefighters"}})[0]
	apply(t, noLatest)
	refusedSoon(t, "default", "of no-latest")
	namespace := cluster(t).namespace(t)
	cluster(t).kubectl(t, "", "delete", "events", "--all", "-A").mustSucceed(t)

	client := server.client()
	send := func(review string) {
		t.Helper()
		require.Equal(t, http.StatusOK, post(t, client, server.webhookURL+"/validate", review))
	}
	uid := string(get[appsv1.ReplicaSet](t, "default", "replicaset/web-1").UID)
	deployment := string(get[appsv1.Deployment](t, "default", "deployment/web").UID)
	for _, of := range []struct{ owner, namespace string }{
		{owner("ReplicaSet", "web-1", "made-up"), "default"},
		{owner("ReplicaSet", "web-1", uid), "kube-system"},
		{owner("ReplicaSet", "web-1", uid), namespace},
		{owner("ReplicaSet", "other", uid), "default"},
		{owner("StatefulSet", "web-1", uid), "default"},
		{owner("Deployment", "web", uid), "default"},
		{owner("ReplicaSet", "web-1", deployment), "default"},
		{owner("ReplicaSet", "../deployments/web", deployment), "default"},
		{owner("ReplicaSet", "../../namespaces/default/replicasets/web-1", uid), namespace},
		{owner("ReplicaSet", "web-1", uid), "../namespaces/default"},
		{strings.Replace(owner("ReplicaSet", "web-1", uid), "apps/v1", "example.com/v1", 1), "default"},
		{strings.Replace(owner("Node", "web-1", uid), "apps/v1", "v1", 1), ""},
	} {
		send(forged(of.owner, `"namespace":"`+of.namespace+`",`))
	}
	send(forged("", `"namespace":"default","userInfo":{"username":"mallory","groups":["firefighters"]},`))
	assert.Contains(t, server.metric(t, `taffrail_break_glass_total`), "0")

	// What is asked about later is answered later: by then all the others are.
	cluster(t).kubectl(t, pod, "create", "-f", "-", "--as=system:serviceaccount:kube-system:replicaset-controller", "--as-group=system:masters").mustFail(t, "of no-latest")
	cluster(t).kubectl(t, "", "run", "-n", namespace, "fire", "--image=nginx", "--as=chief", "--as-group=firefighters", "--as-group=system:masters").mustSucceed(t)
	require.Eventually(t, func() bool {
		return events(t, "Deployment") != "" && server.metric(t, "taffrail_break_glass_total") == "1" && strings.Contains(server.log(), "is not confirmed")
	}, soon, interval)
	all := cluster(t).kubectl(t, "", "get", "events", "-A", "-o", `jsonpath={range .items[?(@.reason=="PodRefused")]}{.metadata.namespace}/{.involvedObject.kind}/{.involvedObject.name}{"\n"}{end}`).mustSucceed(t).stdout
	assert.Equal(t, "default/Deployment/web\n", all)
	assert.Equal(t, "1", server.metric(t, "taffrail_break_glass_total"), "the glass that was broken is counted, and no other")
	assert.Equal(t, 1, strings.Count(server.log(), `"result":"break-glass"`))

	logged, start := strings.Count(server.log(), "\n"), time.Now()
	for i := range 1000 {
		send(forged(owner("ReplicaSet", fmt.Sprint("web-", i), "made-up"), `"namespace":"default",`))
	}
	assert.LessOrEqual(t, strings.Count(server.log(), "\n")-logged, 260+25*int(time.Since(start).Seconds()+1), "a flood does not fill the log")
}

// What is documented is YAML that a kubeconfig can be.
func TestTheDocumentedUserIsThatOfTheService(t *testing.T) {
	parallel(t)
	var config struct{ Users []struct{ Name string } }
	require.NoError(t, yaml.Unmarshal([]byte(documented(t, "operations.md", "# /etc/kubernetes/admission/kubeconfig.yaml")), &config))
	_, validating := readWebhooks(t)
	service := validating.Webhooks[0].ClientConfig.Service
	require.Len(t, config.Users, 1)
	assert.Equal(t, service.Name+"."+service.Namespace+".svc", config.Users[0].Name)
}
