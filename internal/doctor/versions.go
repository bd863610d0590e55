package doctor

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/version"
)

// oldest is the first Kubernetes in which matchConditions of webhooks, by which
// nodes and the control plane are left out, are on for everybody.
var oldest = version.MustParseGeneric("1.30")

var versions = Check{
	Name:    "versions",
	Summary: "Kubernetes is new enough, and all replicas are of one version",
	Run: func(ctx context.Context, i *Installation) ([]Finding, error) {
		var found []Finding
		is, err := i.Kubernetes()
		errs := []error{err}
		if parsed, err := version.ParseGeneric(is); err == nil && parsed.LessThan(oldest) {
			found = append(found, Finding{
				Fail, "Kubernetes " + is + " is older than 1.30: it takes no match conditions, and nodes wait for Taffrail", "API server", "upgrade the cluster",
			})
		}
		pods, err := i.pods(ctx)
		errs = append(errs, err)
		ofVersion, images := map[string][]string{}, map[string][]string{}
		for n := range pods {
			pod := &pods[n]
			if pod.DeletionTimestamp != nil {
				continue
			}
			for _, c := range pod.Spec.Containers {
				images[c.Image] = append(images[c.Image], pod.Name)
			}
			if built := i.builtAs(ctx, pod); built != "" {
				ofVersion[built] = append(ofVersion[built], pod.Name)
			}
		}
		const where = "Deployment taffrail-system/taffrail"
		const do = "wait for the rollout: `kubectl rollout status -n taffrail-system deployment/taffrail`; it should not stay so"
		switch {
		case len(ofVersion) > 1:
			found = append(found, Finding{Warn, "replicas are of different versions: " + list(ofVersion), where, do})
		case len(images) > 1:
			found = append(found, Finding{Warn, "replicas run different images: " + list(images), where, do})
		}
		for _, other := range slices.Sorted(maps.Keys(ofVersion)) {
			if other != i.Version {
				found = append(found, Finding{
					Note, fmt.Sprintf("the replicas are %s, and this program is %s: it looks for what its own version needs", other, i.Version), where,
					"use the doctor of that version",
				})
			}
		}
		return found, errors.Join(errs...)
	},
}

func list(of map[string][]string) string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(of)) {
		all = append(all, fmt.Sprintf("%s (%s)", name, strings.Join(of[name], ", ")))
	}
	return strings.Join(all, "; ")
}

// builtAs is the version that a replica says it is; empty where it cannot be
// asked, which the check certificate tells.
func (i *Installation) builtAs(ctx context.Context, pod *corev1.Pod) string {
	if !running(pod) {
		return ""
	}
	body, err := i.Metrics(ctx, pod)
	if err != nil {
		return ""
	}
	for _, s := range samples(body, "taffrail_build_info") {
		return s.labels["version"]
	}
	return ""
}
