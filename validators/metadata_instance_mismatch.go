package validators

import (
	"fmt"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "metadata-instance-mismatch",
	Summary: "workloads whose label app.kubernetes.io/instance is not their name",
	Doc: `
Where one workload is one instance of an application, dashboards and alerts find
it by the recommended label. A name that was changed in one place and not in the
other sends them to nothing, or to somebody else.

    metadata:
      name: shop-web
      labels:
        app.kubernetes.io/instance: shop-web

Charts of Helm write the name of the release there, which several workloads
share: leave those out by a selector. A workload without the label passes,
unless it is asked for:

    required: true

What another object controls is left to that, and what has a generated name has
none to write there.
`,
	Severity:   Low,
	References: params.Refs(params.Polaris, "metadataAndInstanceMismatched"),
	Resources:  reading(Owners, reading(Labels, controllers...)...),
	New:        newMetadataInstanceMismatch,
})

// controllers are the templates' resources that make Pods of theirs.
var controllers = slices.DeleteFunc(slices.Clone(templates), func(r Resource) bool { return r.Resource == "podtemplates" })

const instanceLabel = "app.kubernetes.io/instance"

type metadataInstanceMismatch struct {
	Required bool `json:"required" doc:"Whether workloads without the label are refused as well."`
}

func newMetadataInstanceMismatch(decode params.Decode) (Validate, error) {
	var p metadataInstanceMismatch
	if err := decode(&p); err != nil {
		return nil, err
	}
	return func(r *workload.Review) []Finding {
		// The name that the API server makes of generateName may be there already: nobody wrote it.
		if r.Object == nil || r.Object.GetGenerateName() != "" || metav1.GetControllerOfNoCopy(r.Object) != nil {
			return nil
		}
		name, labels := r.Object.GetName(), r.Object.GetLabels()
		instance, there := labels[instanceLabel]
		// A longer name is no value of a label.
		if name == "" || len(name) > validation.LabelValueMaxLength || instance == name || !there && !p.Required {
			return nil
		}
		all := (*workload.Path)(nil).Child("metadata", "labels")
		detail := fmt.Sprintf("must be %s, the name of the %s", name, r.Kind.Kind)
		f := required(all.Key(instanceLabel), detail)
		if there {
			f = invalid(all.Key(instanceLabel), instance, detail)
		}
		return []Finding{f.fixedBy(setKey(all, labels, instanceLabel, name))}
	}, nil
}
