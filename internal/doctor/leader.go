package doctor

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"taffrail.dev/taffrail/internal/names"
)

// silence is how long a leader may say nothing. It renews its Lease every two
// seconds, and loses it after ten.
const silence = 30 * time.Second

var leaderElection = Check{
	Name:    "leader",
	Summary: "a replica leads: it writes status and keeps the webhook configurations",
	Run: func(ctx context.Context, i *Installation) ([]Finding, error) {
		if !i.led(ctx) {
			return nil, nil
		}
		const where = "Lease " + names.Namespace + "/" + names.Lease
		const do = "see the check rollout, and why it cannot lead: `kubectl logs -n taffrail-system deployment/taffrail --all-pods`"
		lease := &coordinationv1.Lease{}
		err := i.Client.Get(ctx, client.ObjectKey{Namespace: names.Namespace, Name: names.Lease}, lease)
		if apierrors.IsNotFound(err) {
			return []Finding{{Fail, "no replica has ever led: status and webhook configurations are nobody's", where, do}}, nil
		}
		if err != nil {
			return nil, err
		}
		holder := ptr.Deref(lease.Spec.HolderIdentity, "")
		switch {
		case holder == "":
			return []Finding{{Warn, "no replica leads", where, do}}, nil
		case lease.Spec.RenewTime == nil || i.Now().Sub(lease.Spec.RenewTime.Time) > silence:
			return []Finding{{Fail, fmt.Sprintf("the leader %s has not been heard of since %s", holder, renewed(lease)), where, do}}, nil
		case i.outside(ctx):
			return nil, nil // the leader is no Pod
		}
		pods, err := i.pods(ctx)
		if err != nil {
			return nil, err
		}
		name, _, _ := strings.Cut(holder, "_")
		if !slices.ContainsFunc(pods, func(p corev1.Pod) bool { return p.Name == name }) {
			return []Finding{{
				Warn, fmt.Sprintf("the leader %s is no Pod of taffrail-system: something else writes the webhook configurations", holder), where,
				"find who runs `taffrail serve` for this cluster, and stop it",
			}}, nil
		}
		return nil, nil
	},
}

func renewed(lease *coordinationv1.Lease) string {
	if lease.Spec.RenewTime == nil {
		return "ever"
	}
	return lease.Spec.RenewTime.UTC().Format(time.RFC3339)
}
