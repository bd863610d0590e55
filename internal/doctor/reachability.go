package doctor

import (
	"context"
	"errors"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/names"
)

var reachability = Check{
	Name:    "reachability",
	Summary: "the API server reaches Taffrail, which refused a mistake in a dry run",
	Run: func(ctx context.Context, i *Installation) ([]Finding, error) {
		ours, err := i.ours(ctx)
		if err != nil {
			return nil, err
		}
		if !named(ours, names.OwnKindsWebhook) {
			return i.tryPod(ctx, ours, false)
		}
		wrong := &v1alpha1.Guardrail{
			ObjectMeta: metav1.ObjectMeta{GenerateName: "taffrail-doctor-"},
			Spec:       v1alpha1.GuardrailSpec{Validators: []v1alpha1.Validator{{Name: "taffrail-doctor", Action: v1alpha1.Audit}}},
		}
		err = i.Client.Create(ctx, wrong, client.DryRunAll)
		switch {
		case err == nil:
			return i.tryPod(ctx, ours, true)
		case strings.Contains(err.Error(), "failed calling webhook"):
			return []Finding{unreachable(err.Error())}, nil
		case strings.Contains(err.Error(), names.OwnKindsWebhook):
			return nil, nil // refused: it was asked
		default:
			return nil, err
		}
	},
}

func named(ours []configuration, webhook string) bool {
	return slices.ContainsFunc(ours, func(c configuration) bool {
		return slices.ContainsFunc(c.webhooks, func(w entry) bool { return w.Name == webhook })
	})
}

// tryPod learns from the API server why it does not reach us, or whether: a
// webhook that fails closed says so to whoever makes a Pod.
func (i *Installation) tryPod(ctx context.Context, ours []configuration, letIn bool) ([]Finding, error) {
	const namespace = corev1.NamespaceDefault
	closed := slices.ContainsFunc(ours, func(c configuration) bool {
		return slices.ContainsFunc(c.webhooks, func(w entry) bool {
			return w.failsClosed() && w.evaluatesPods(map[string]string{corev1.LabelMetadataName: namespace})
		})
	})
	var err error
	if closed {
		err = i.Client.Create(ctx, plainPod(namespace), client.DryRunAll)
	}
	switch {
	case err != nil && strings.Contains(err.Error(), "failed calling webhook") && strings.Contains(err.Error(), "taffrail.dev"):
		return []Finding{unreachable(err.Error())}, nil
	case letIn:
		return []Finding{unreachable("")}, nil
	case !closed:
		return nil, errors.New("no webhook of Taffrail is there by which to tell whether the API server reaches it")
	case apierrors.IsForbidden(err) && !strings.Contains(err.Error(), "taffrail.dev"):
		return nil, err
	default:
		return nil, nil
	}
}

// plainPod is one that Pod Security lets in.
func plainPod(namespace string) *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{GenerateName: "taffrail-doctor-", Namespace: namespace},
		Spec: corev1.PodSpec{
			SecurityContext: &corev1.PodSecurityContext{
				RunAsNonRoot: new(true), SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
			},
			Containers: []corev1.Container{{
				Name: "doctor", Image: "taffrail-doctor:dry-run",
				SecurityContext: &corev1.SecurityContext{
					AllowPrivilegeEscalation: new(false), Capabilities: &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
				},
			}},
		},
	}
}

// unreachable tells from the API server's words what is broken.
func unreachable(words string) Finding {
	var what, do string
	says := func(texts ...string) bool {
		return slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(words, text) })
	}
	switch {
	case words == "":
		what = "it let a Guardrail with a mistake in"
		do = "see the checks endpoints and certificate; the API server's log has `failed calling webhook`"
	case says("(--client-ca)"):
		what = "Taffrail takes reviews of clients with a certificate, and does not accept what the API server shows"
		do = `give it one with --admission-control-config-file (docs/operations.md, "Who may send reviews"); until then, install without --client-ca`
	case says("x509:", "tls:"):
		what = "TLS: it does not trust the serving certificate"
		do = "see the check certificate; `kubectl rollout restart -n taffrail-system deployment/taffrail` writes the caBundle anew"
	case says("no endpoints available"):
		what = "the Service has no endpoints"
		do = "see the checks endpoints and rollout"
	case says("not found"):
		what = "the Service is not there"
		do = install
	case says("connection refused", "no route to host", "EOF"):
		what = "nobody answers at the address"
		do = "see the checks endpoints and rollout; then whether kube-proxy and the CNI work on the API server's node"
	case says("deadline exceeded", "i/o timeout", "Client.Timeout"):
		what = "no answer within the timeout"
		do = "see whether a NetworkPolicy, a firewall or a security group keeps the API server from port 9443 of the Pods"
	default:
		what = "the call fails"
		do = "see the message, and the checks endpoints and certificate"
	}
	if words != "" {
		what += ": " + words
	}
	return Finding{Fail, "the API server does not reach Taffrail: " + what, "API server", do}
}
