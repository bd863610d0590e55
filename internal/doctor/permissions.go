package doctor

import (
	"context"
	"fmt"
	"slices"
	"strings"

	authorizationv1 "k8s.io/api/authorization/v1"

	"taffrail.dev/taffrail/internal/names"
)

var permissions = Check{
	Name:    "permissions",
	Summary: "the ServiceAccount may do what it must, and nothing dangerous besides",
	Run: func(ctx context.Context, i *Installation) ([]Finding, error) {
		if i.outside(ctx) {
			return nil, nil // it is not this ServiceAccount that it uses
		}
		var found []Finding
		for _, r := range i.needed(ctx) {
			may, err := i.may(ctx, r)
			if err != nil {
				return found, err // and so would be all others
			}
			if !may {
				found = append(found, Finding{
					Fail, fmt.Sprintf("it may not %s", r), account, "apply the role " + r.role + " and its binding: " + install,
				})
			}
		}
		ofKits, err := i.kitRights(ctx)
		if err != nil {
			return found, err
		}
		missing, err := i.missingForKits(ctx, ofKits)
		found = append(found, missing...)
		if err != nil {
			return found, err
		}
		for _, r := range forbidden {
			if slices.ContainsFunc(ofKits, func(k right) bool { return k.verb == r.verb && k.group == r.group && k.resource == r.resource }) {
				continue
			}
			may, err := i.may(ctx, r)
			if err != nil {
				return found, err
			}
			if may {
				found = append(found, Finding{
					Warn, fmt.Sprintf("it may %s, which it never needs", r), account,
					"find the binding and delete it: `kubectl get clusterrolebindings,rolebindings -A -o wide | grep taffrail`",
				})
			}
		}
		return found, nil
	},
}

const account = "ServiceAccount " + names.Namespace + "/" + names.Name

// needed are the rights that an installation of this form needs.
func (i *Installation) needed(ctx context.Context) []right {
	led := i.led(ctx)
	unused := map[string]bool{
		names.Guardrails: i.fromFiles(ctx), names.AuthorityRole: !i.managed(ctx), names.LeaderRole: !led,
		names.Webhooks: !led, // a leader fills in the caBundle, if nothing else
	}
	return slices.DeleteFunc(slices.Clone(rights), func(r right) bool { return unused[r.role] })
}

// may asks the API server's authorizers.
func (i *Installation) may(ctx context.Context, r right) (bool, error) {
	resource, sub, _ := strings.Cut(r.resource, "/")
	review := &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
		User:   "system:serviceaccount:" + names.Namespace + ":" + names.Name,
		Groups: []string{"system:serviceaccounts", "system:serviceaccounts:" + names.Namespace, "system:authenticated"},
		ResourceAttributes: &authorizationv1.ResourceAttributes{
			Group: r.group, Version: "*", Resource: resource, Subresource: sub, Namespace: r.namespace, Name: r.name, Verb: r.verb,
		},
	}}
	if err := i.Client.Create(ctx, review); err != nil {
		return false, fmt.Errorf("ask whether %s may %s: %w", account, r, err)
	}
	return review.Status.Allowed, nil
}
