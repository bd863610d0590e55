//go:build e2e && !kind

package e2e

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
)

const platformBaseline = `
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: platform-baseline}
spec:
  validators:
  - name: image-latest-tag
  - name: pod-security
    params: {level: baseline}
`

// The words are part of the contract: people read them in kubectl and in CI, and look for them.
func TestADenialSaysAllThatIsWrong(t *testing.T) {
	parallel(t)
	installWebhooks(t, startTaffrail(t, options{guardrails: platformBaseline}))
	namespace := cluster(t).namespace(t)

	r := cluster(t).kubectl(t, fixture(t, "deployment-bad.yaml"), "apply", "-n", namespace, "-f", "-").mustFail(t)
	_, message, _ := strings.Cut(r.stderr, `"STDIN": `)
	assert.Equal(t, `admission webhook "validate.taffrail.dev" denied the request: deployments.apps "web" violates 2 checks of platform-baseline:
- image-latest-tag: spec.template.spec.containers[0].image: Invalid value: "nginx": must have a tag other than latest (container "web")
- pod-security: spec.template.spec.volumes[1].hostPath: Forbidden: must not be set (baseline, hostPathVolumes)
- pod-security: spec.template.spec.containers[0].securityContext.privileged: Forbidden: must not be true (container "web", baseline, privileged)
See `+"`taffrail explain image-latest-tag`"+`; exceptions: kind Exemption in namespace "`+namespace+`".
`, message, "%s", r)
	cluster(t).kubectl(t, "", "get", "-n", namespace, "deployment/web").mustFail(t, "NotFound")
}

func TestADenialCarriesCauses(t *testing.T) {
	parallel(t)
	installWebhooks(t, startTaffrail(t, options{guardrails: platformBaseline}))
	namespace := cluster(t).namespace(t)

	// kubectl does not show them.
	client, err := rest.HTTPClientFor(cluster(t).config)
	require.NoError(t, err)
	response, err := client.Post(strings.TrimSuffix(cluster(t).config.Host, "/")+"/apis/apps/v1/namespaces/"+namespace+"/deployments",
		"application/yaml", strings.NewReader(fixture(t, "deployment-bad.yaml")))
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	var status metav1.Status
	require.NoError(t, json.Unmarshal(body, &status), "%s", body)

	assert.Equal(t, http.StatusForbidden, response.StatusCode)
	assert.Equal(t, metav1.StatusReasonForbidden, status.Reason)
	require.NotNil(t, status.Details, "%s", body)
	assert.Equal(t, []metav1.StatusCause{
		{
			Type:    metav1.CauseTypeFieldValueInvalid,
			Field:   "spec.template.spec.containers[0].image",
			Message: `image-latest-tag: Invalid value: "nginx": must have a tag other than latest (container "web")`,
		}, {
			Type:    metav1.CauseTypeForbidden,
			Field:   "spec.template.spec.volumes[1].hostPath",
			Message: "pod-security: Forbidden: must not be set (baseline, hostPathVolumes)",
		}, {
			Type:    metav1.CauseTypeForbidden,
			Field:   "spec.template.spec.containers[0].securityContext.privileged",
			Message: `pod-security: Forbidden: must not be true (container "web", baseline, privileged)`,
		},
	}, status.Details.Causes)
}
