package doctor

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write what is printed into the golden files")

func result(check Check, outcome Outcome, findings ...Finding) Result {
	return Result{Check: check.Name, Summary: check.Summary, Outcome: outcome, Findings: findings}
}

func TestTextGolden(t *testing.T) {
	refused := result(reachability, Skipped)
	refused.NotDone = []string{`no right: guardrails.taffrail.dev is forbidden: User "nobody" cannot create resource "guardrails" in API group "taffrail.dev" at the cluster scope`}
	for name, report := range map[string]Report{
		"well": {[]Result{result(installed, OK), result(certificate, OK)}},
		"broken": {[]Result{
			result(installed, OK),
			result(reachability, Outcome(Fail), unreachable(`Internal error occurred: failed calling webhook "validate.taffrail.dev": failed to call webhook: Post "https://taffrail.taffrail-system.svc:443/validate?timeout=2s": tls: failed to verify certificate: x509: certificate signed by unknown authority`)),
			result(mutationOrder, Outcome(Note), Finding{Note, "it changes Pods after Taffrail, which is then asked once more (reinvocationPolicy: IfNeeded)", "MutatingWebhookConfiguration vault-agent-injector, webhook vault.hashicorp.com", "nothing: what it adds gets its defaults, and /validate sees the Pod as it ends up"}),
			result(endpoints, Outcome(Warn), tooFew([]address{{ip: "192.0.2.1"}})...),
			result(infrastructure, Outcome(Warn), exclude([]string{"calico-system", "rook-ceph"},
				map[string]string{"calico-system": "DaemonSet calico-node installs a CNI (mounts /opt/cni/bin)", "rook-ceph": "DaemonSet csi-rbdplugin is a CSI driver (mounts /var/lib/kubelet/plugins)"},
				[]string{"kube-node-lease", "kube-public", "kube-system", "taffrail-system"}, false)...),
		}},
		"no-right": {[]Result{result(installed, OK), refused}},
	} {
		t.Run(name, func(t *testing.T) {
			var text strings.Builder
			require.NoError(t, report.WriteText(&text))
			file := filepath.Join("testdata", name+".txt")
			if *update {
				require.NoError(t, os.WriteFile(file, []byte(text.String()), 0o600))
			}
			golden, err := os.ReadFile(file)
			require.NoError(t, err)
			assert.Equal(t, string(golden), text.String())
			for line := range strings.Lines(text.String()) {
				if len(strings.Fields(line)) > 2 { // a long word stays whole, for somebody to copy
					assert.LessOrEqual(t, len([]rune(strings.TrimSpace(line))), width, line)
				}
			}
		})
	}
}

func TestSummariesFitTheirLine(t *testing.T) {
	for _, check := range Checks() {
		assert.LessOrEqual(t, len(check.Summary), width-len("fail  mutation-order  "), check.Name)
	}
}
