package validators

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// BenchmarkAllChecks runs every check of the catalogue that looks at Pods on one of five
// containers, as a Deployment's author writes it with care: what is found, and told, is little.
func BenchmarkAllChecks(b *testing.B) {
	r := reviewOf(b, fiveContainers(), nil, nil)
	var checks []Validate
	for _, v := range All() {
		for _, resource := range v.Resources {
			if resource.Matches(r) {
				checks = append(checks, constructed(b, v))
				break
			}
		}
	}
	findings := 0
	b.ReportAllocs()
	for b.Loop() {
		findings = 0
		for _, validate := range checks {
			findings += len(validate(r))
		}
	}
	b.ReportMetric(float64(len(checks)), "checks")
	b.ReportMetric(float64(findings), "findings")
}

// BenchmarkDecode is what comes before any check.
func BenchmarkDecode(b *testing.B) {
	pod := fiveContainers()
	b.SetBytes(int64(len(pod)))
	b.ReportAllocs()
	for b.Loop() {
		reviewOf(b, pod, nil, nil)
	}
}

// constructed is a check with the parameters of its first fixture that has some.
func constructed(tb testing.TB, v Validator) Validate {
	tb.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", v.Name, "pass-*.yaml"))
	require.NoError(tb, err)
	for _, file := range files {
		if validate, err := v.New(decoder(string(readFixture(tb, file).params))); err == nil {
			return validate
		}
	}
	require.FailNow(tb, "no parameters for "+v.Name)
	return nil
}

// fiveContainers is a Pod of about 10 KB.
func fiveContainers() []byte {
	var containers []string
	for i := range 5 {
		var env []string
		for j := range 12 {
			env = append(env, fmt.Sprintf(`{"name":"SETTING_%d","value":"a value of the usual length %d"}`, j, j))
		}
		containers = append(containers, fmt.Sprintf(`{"name":"c%[1]d","image":"registry.example.com/shop/service-%[1]d:1.%[1]d.0@sha256:33e0bbc7ca9ecf108140af6288c7c9d1ecc77548cbfd3952fd8466a75edefe57",
			"args":["--listen=:808%[1]d","--log-format=json","--config=/etc/service/config.yaml","--shutdown-timeout=20s"],
			"ports":[{"name":"http","containerPort":808%[1]d,"protocol":"TCP"},{"name":"metrics","containerPort":909%[1]d,"protocol":"TCP"}],
			"env":[%[2]s,{"name":"DATABASE_PASSWORD","valueFrom":{"secretKeyRef":{"name":"database","key":"password"}}}],
			"resources":{"requests":{"cpu":"250m","memory":"256Mi"},"limits":{"memory":"256Mi"}},
			"readinessProbe":{"httpGet":{"path":"/ready","port":"http","scheme":"HTTP"},"periodSeconds":5,"timeoutSeconds":1,"successThreshold":1,"failureThreshold":3},
			"livenessProbe":{"httpGet":{"path":"/live","port":"http","scheme":"HTTP"},"periodSeconds":10,"timeoutSeconds":1,"successThreshold":1,"failureThreshold":3},
			"volumeMounts":[{"name":"config","mountPath":"/etc/service","readOnly":true},{"name":"scratch","mountPath":"/tmp"}],
			"securityContext":{"allowPrivilegeEscalation":false,"readOnlyRootFilesystem":true,"runAsNonRoot":true,"capabilities":{"drop":["ALL"]}},
			"imagePullPolicy":"IfNotPresent","terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File"}`, i, strings.Join(env, ",")))
	}
	return []byte(`{"apiVersion":"v1","kind":"Pod","metadata":{"name":"shop-7f9c","namespace":"shop",
		"labels":{"app.kubernetes.io/name":"shop","app.kubernetes.io/version":"1.4.2","team":"checkout"},
		"ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"shop-7f9c","uid":"0c1d2e3f-7777-4222-8333-444455556666","controller":true}]},
		"spec":{"serviceAccountName":"shop","automountServiceAccountToken":false,"terminationGracePeriodSeconds":30,"enableServiceLinks":true,
		"securityContext":{"seccompProfile":{"type":"RuntimeDefault"}},"restartPolicy":"Always","dnsPolicy":"ClusterFirst","schedulerName":"default-scheduler",
		"volumes":[{"name":"config","configMap":{"name":"shop","defaultMode":420}},{"name":"scratch","emptyDir":{"sizeLimit":"1Gi"}}],
		"containers":[` + strings.Join(containers, ",") + `]}}`)
}
