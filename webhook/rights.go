package webhook

import (
	"fmt"
	"slices"
	"strings"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	rbacv1 "k8s.io/api/rbac/v1"

	"taffrail.dev/taffrail/validators"
)

// ownRights are Taffrail's own that lie in no Namespace. They are judged as
// others are while a replica answers, and let in while none does: to mend them
// may be what it takes for one to answer.
var ownRights = []string{
	"clusterrolebindings/taffrail",
	"clusterrolebindings/taffrail-guardrails",
	"clusterrolebindings/taffrail-webhooks",
	"clusterroles/taffrail",
	"clusterroles/taffrail-exemption-editor",
	"clusterroles/taffrail-guardrails",
	"clusterroles/taffrail-webhooks",
}

// isOwnRight goes by the whole name: anybody could begin theirs like ours. What
// has no name yet, or is a whole collection, is not ours.
var isOwnRight = fmt.Sprintf(`request.resource.group == %q && has(request.name) && (request.resource.resource + "/" + request.name) in ["%s"]`,
	rbacv1.GroupName, strings.Join(ownRights, `", "`))

func holdsNoRights(r validators.Resource) bool {
	return !slices.Contains([]string{"*", rbacv1.GroupName}, r.Group) ||
		!slices.Contains([]string{"*", "*/*", "clusterroles", "clusterrolebindings"}, r.Resource)
}

func condition(w *admissionregistrationv1.ValidatingWebhook, name, expression string) {
	w.MatchConditions = append(slices.Clip(w.MatchConditions), admissionregistrationv1.MatchCondition{Name: name, Expression: expression})
}
