package uninstall

import (
	"context"
	"errors"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"

	"taffrail.dev/taffrail/internal/names"
)

// calm is how long what the leader made must have stayed away. A leader that lives looks at them
// within milliseconds of a change, and an API server forgets a right within a second or so.
const calm = 2 * time.Second

// storm bounds the wait for calm: who writes it after that is no leader of ours.
const storm = 30 * time.Second

// pause is how often it is looked for.
const pause = 100 * time.Millisecond

// rights are what the leader needs to write. Without them no leader, however
// alive, brings back what is deleted next.
var rights = []object{
	{"rbac.authorization.k8s.io", "v1", "ClusterRoleBinding", "", names.Webhooks},
	{"rbac.authorization.k8s.io", "v1", "ClusterRoleBinding", "", names.Kits},
	{"rbac.authorization.k8s.io", "v1", "RoleBinding", names.Namespace, names.LeaderRole},
	{"rbac.authorization.k8s.io", "v1", "RoleBinding", names.Namespace, names.AuthorityRole},
}

// authority is the Secret that the leader makes, or in its place cert-manager.
var authority = object{version: "v1", kind: "Secret", namespace: names.Namespace, name: names.Authority}

// madeByLeader is what is in no manifest, so that neither Helm nor GitOps would delete it.
var madeByLeader = []object{
	{"admissionregistration.k8s.io", "v1", "MutatingWebhookConfiguration", "", names.Name},
	{"admissionregistration.k8s.io", "v1", "ValidatingWebhookConfiguration", "", names.Name},
	{"coordination.k8s.io", "v1", "Lease", names.Namespace, names.Lease},
	authority,
}

// Webhooks switches Taffrail off, for good: it takes the leader's rights away, deletes the webhook
// configurations and what else the leader has made, and sees that all of it stays away.
func (r *Remover) Webhooks(ctx context.Context) error {
	failed := r.all(ctx, rights)
	if _, err := r.sweep(ctx); err != nil {
		return errors.Join(failed, err)
	}
	return errors.Join(failed, r.stayAway(ctx))
}

// sweep deletes what the leader has made, and answers what was there.
func (r *Remover) sweep(ctx context.Context) (there []object, err error) {
	for _, o := range madeByLeader {
		if o == authority {
			secret, wrong := r.read(ctx, o)
			err = errors.Join(err, wrong)
			// cert-manager would make its own again at once; it goes with its Certificate.
			if secret == nil || secret.GetAnnotations()["cert-manager.io/certificate-name"] != "" {
				continue
			}
		}
		was, wrong := r.delete(ctx, o)
		err = errors.Join(err, wrong)
		if was {
			there = append(there, o)
		}
	}
	return there, err
}

// stayAway deletes again for as long as something comes back: an apply of the
// leader that was under way when its right was taken.
func (r *Remover) stayAway(ctx context.Context) error {
	since := time.Now()
	var back []object
	var wrong error
	err := wait.PollUntilContextTimeout(ctx, pause, storm, true, func(ctx context.Context) (bool, error) {
		again, err := r.sweep(ctx)
		if wrong = err; err != nil || len(again) > 0 {
			back, since = again, time.Now()
		}
		return time.Since(since) >= calm, nil
	})
	switch {
	case err == nil:
		return nil
	case wrong != nil:
		return fmt.Errorf("see that the webhook configurations stay away: %w", wrong)
	default:
		return fmt.Errorf("%v comes back: something other than the leader writes it (Helm, GitOps, a `taffrail serve` with rights of its own): stop that, and run this again: %w", back, err)
	}
}
