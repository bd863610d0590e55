package check

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/builtin"
	"taffrail.dev/taffrail/internal/manifest"
	"taffrail.dev/taffrail/internal/report"
	"taffrail.dev/taffrail/internal/workload"
)

// kustomizeGroup is that of the files of kustomize.
const kustomizeGroup = "kustomize.config.k8s.io"

// isNone tells of a document that is no object of a cluster, or of none that there could be.
func (e *evaluated) isNone(object *manifest.Object) bool {
	if wrong := builtin.Misnamed(object.APIVersion, object.Kind); wrong != nil {
		e.fail(object, wrong.Pointer, wrong.Error())
		return true
	}
	gvk := object.GroupVersionKind()
	switch {
	case gvk.Group == "admission.k8s.io":
		e.skip(object, object.Namespace, "", gvk.Kind+" is no manifest: it carries an object in request.object")
	case gvk.Group == kustomizeGroup && !object.Found:
		e.fail(object, "", fmt.Sprintf("is a %s of kustomize, and no object of a cluster: `taffrail check -k %s` builds it", gvk.Kind, filepath.Dir(object.File)))
	case builtin.IsOfClients(gvk) && object.Found:
		e.Summary.Objects--
		what := manifest.Other
		if gvk.Group == kustomizeGroup {
			what = manifest.Kustomization
		}
		line, _ := object.PositionAt("")
		e.passedOver = append(e.passedOver, manifest.Skipped{Place: manifest.Place{File: object.File, Line: line}, Stranger: what})
	case builtin.IsOfClients(gvk):
		e.skip(object, object.Namespace, "", fmt.Sprintf("%s of %s is the file of a client, and no object of a cluster", gvk.Kind, gvk.GroupVersion()))
	default:
		return false
	}
	return true
}

func (e *evaluated) skip(object *manifest.Object, namespace, by, reason string) {
	line, _ := object.PositionAt("")
	e.Summary.Skipped = append(e.Summary.Skipped, report.Skipped{
		File: object.File, Line: line, Kind: object.Kind, Namespace: namespace, Name: object.Name, Reason: reason, By: by,
	})
}

// cover notes who evaluates an object, or why nobody does.
func (e *evaluated) cover(object *manifest.Object, review *workload.Review, c guardrail.Coverage) {
	for _, name := range c.By {
		e.EvaluatedBy[name]++
	}
	var by, why []string
	for _, not := range c.Not {
		e.NotMatchedBy(not.Guardrail, not.Why)
		by, why = append(by, not.Guardrail), append(why, not.Why)
	}
	gvk := object.GroupVersionKind()
	switch {
	case len(c.By) > 0:
		e.Summary.Evaluated++
	case len(why) > 0:
		by, why := strings.Join(by, ", "), strings.Join(slices.Compact(why), "; ")
		e.skip(object, review.Namespace, by, by+": "+why)
	case builtin.Has(gvk), gvk.Group == v1alpha1.GroupVersion.Group:
		e.skip(object, review.Namespace, "", report.Unlooked+gvk.Kind)
	default:
		e.skip(object, review.Namespace, "", fmt.Sprintf("%s%s of %s", report.Unknown, gvk.Kind, gvk.GroupVersion()))
	}
}
