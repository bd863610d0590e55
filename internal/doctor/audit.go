package doctor

import (
	"context"
	"fmt"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"taffrail.dev/taffrail/internal/names"
)

// audit finds what keeps the audit of what is already there from being right, where it is installed.
// Nothing is refused for that, so it only warns.
func (i *Installation) audit(ctx context.Context, webhooks *appsv1.Deployment) (found []Finding, err error) {
	deployment := &appsv1.Deployment{}
	err = i.Client.Get(ctx, client.ObjectKey{Namespace: names.Namespace, Name: names.Audit}, deployment)
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	where := "Deployment " + names.Namespace + "/" + names.Audit
	if ours, theirs := leftOut(deployment), leftOut(webhooks); !slices.Equal(ours, theirs) {
		found = append(found, Finding{
			Warn, fmt.Sprintf("it leaves out other namespaces than the webhooks: %s, and they %s", either(ours), either(theirs)), where,
			"give both the same --exclude-namespaces, as `taffrail install` does",
		})
	}
	if deployment.Status.ReadyReplicas == 0 {
		found = append(found, Finding{
			Warn, "no replica of the audit is ready: its page does not answer, and its reports stay as they were", where,
			"kubectl logs -n taffrail-system deployment/taffrail-audit",
		})
	}
	pods := &corev1.PodList{}
	err = i.Client.List(ctx, pods, inNamespace(), client.MatchingLabels{"app.kubernetes.io/name": names.Audit})
	for n := range pods.Items {
		for _, f := range stuck(&pods.Items[n]) {
			f.Level = Warn
			found = append(found, f)
		}
	}
	return found, err
}

// leftOut are the namespaces that a Deployment leaves out besides those that are never matched.
func leftOut(deployment *appsv1.Deployment) []string {
	given, _ := argument(deployment, "--exclude-namespaces")
	all := strings.FieldsFunc(given, func(r rune) bool { return r == ',' })
	slices.Sort(all)
	return slices.Compact(all)
}

func either(namespaces []string) string {
	if len(namespaces) == 0 {
		return "none"
	}
	return strings.Join(namespaces, ", ")
}
