package validators

import (
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apimachinery/pkg/util/version"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "deprecated-api",
	Summary: "API versions that are deprecated, or that Kubernetes no longer serves",
	Doc: `
A manifest in a version that is gone cannot be applied: what was a rollback
yesterday fails on the day of the upgrade. A deprecated version will be gone
some releases later.

Write the version that the message names. Its fields may have other names or
stricter rules; the deprecation guide of Kubernetes tells of each. To hear
before an upgrade what it will break, name the version that you upgrade to:

    targetVersion: "1.40"

To hear of nothing but what that version no longer serves:

    removedOnly: true

In a cluster the version that the user sent is checked, not the one that the API
server has made of it; only versions that Kubernetes 1.36 or a later one still
serves can be met there. Manifests are checked in all versions there have been.
`,
	Severity: Medium,
	References: slices.Concat(
		params.Refs(params.Kubernetes, "reference/using-api/deprecation-guide"),
		params.Refs(params.Kyverno, "check-deprecated-apis"),
		params.Refs(params.Gatekeeper, "VerifyDeprecatedAPI"),
		params.Refs(params.KubeLinter, "no-extensions-v1beta"),
	),
	Resources: deprecatedResources(),
	New:       newDeprecatedAPI,
})

type deprecatedAPI struct {
	TargetVersion string `json:"targetVersion" doc:"The version of Kubernetes that objects must be ready for."`
	RemovedOnly   bool   `json:"removedOnly" doc:"Whether versions that are deprecated, and still served, are let pass."`
}

func newDeprecatedAPI(decode params.Decode) (Validate, error) {
	p := deprecatedAPI{TargetVersion: kubernetesVersion}
	if err := decode(&p); err != nil {
		return nil, err
	}
	target, err := version.ParseMajorMinor(p.TargetVersion)
	if err != nil || target.Major() != 1 {
		return nil, field.ErrorList{
			field.Invalid(field.NewPath("targetVersion"), p.TargetVersion, `must be a version of Kubernetes, such as "1.40"`),
		}.ToAggregate()
	}
	return func(r *workload.Review) []Finding {
		api, known := lifecycleOf(r.RequestKind)
		since := api.deprecated
		if p.RemovedOnly {
			since = api.gone
		}
		if !known || since > release(target.Minor()) {
			return nil
		}
		path := (*workload.Path)(nil).Child("apiVersion")
		f := invalid(path, r.RequestKind.GroupVersion().String(), api.detail(release(target.Minor())))
		if slices.Contains(sameForm[r.RequestKind.GroupVersion()], r.RequestKind.Kind) {
			f = f.fixedBy(workload.Replace(path, api.replacement)).safely()
		}
		return []Finding{f}
	}, nil
}

// lifecycle is what becomes of a kind in one version of its API.
type lifecycle struct {
	deprecated, gone release
	// replacement is the apiVersion to write instead, or empty where there is none.
	replacement string
}

// release is the x of Kubernetes 1.x.
type release uint

func (l *lifecycle) detail(target release) string {
	must := "must not be used"
	if l.replacement != "" {
		must = "must be " + l.replacement
	}
	if target < l.gone {
		return fmt.Sprintf("%s: deprecated since Kubernetes 1.%d, gone in 1.%d", must, l.deprecated, l.gone)
	}
	return fmt.Sprintf("%s: gone since Kubernetes 1.%d", must, l.gone)
}

func lifecycleOf(gvk schema.GroupVersionKind) (lifecycle, bool) {
	if l, known := deprecatedAPIs[gvk]; known {
		return l, true
	}
	l, known := goneAPIs[gvk]
	return l, known
}
