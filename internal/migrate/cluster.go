package migrate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/rest"

	"taffrail.dev/taffrail/internal/manifest"
	"taffrail.dev/taffrail/internal/migrate/policy"
)

// groups are those whose objects are policies, or what policies refer to, whatever their kind.
var groups = []string{
	"constraints.gatekeeper.sh", "templates.gatekeeper.sh", "config.gatekeeper.sh", "mutations.gatekeeper.sh",
	"kyverno.io", "policies.kyverno.io", "wgpolicyk8s.io", "openreports.io",
}

// kinds are the others, by their groups.
var kinds = map[schema.GroupKind]bool{
	{Group: "admissionregistration.k8s.io", Kind: "ValidatingAdmissionPolicy"}:        true,
	{Group: "admissionregistration.k8s.io", Kind: "ValidatingAdmissionPolicyBinding"}: true,
	{Group: "policy", Kind: "PodSecurityPolicy"}:                                      true,
	{Kind: "Namespace"}: true,
}

// Cluster reads the policies of a cluster: each kind is listed once, and nothing is written.
func Cluster(ctx context.Context, known discovery.DiscoveryInterface, objects rest.Interface, in *policy.Inputs) error {
	lists, err := known.ServerPreferredResources()
	if len(lists) == 0 && err != nil {
		return fmt.Errorf("asking the cluster for its kinds: %w", err)
	}
	var parameters []schema.GroupVersionKind
	for _, pass := range []bool{false, true} { // what bindings refer to is known when they are read
		for _, list := range lists {
			for i := range list.APIResources {
				r := &list.APIResources[i]
				gv, err := schema.ParseGroupVersion(list.GroupVersion)
				if err != nil || !slices.Contains(r.Verbs, "list") {
					continue
				}
				gvk := gv.WithKind(r.Kind)
				wanted := slices.Contains(groups, gv.Group) || kinds[gvk.GroupKind()]
				if pass {
					wanted = slices.Contains(parameters, gvk) && !wanted
				}
				if wanted {
					if err := listKind(ctx, objects, gv, r, in); err != nil {
						return err
					}
				}
			}
		}
		parameters = parameterKinds(in)
	}
	return nil
}

// parameterKinds are the kinds of parameters that the policies have.
func parameterKinds(in *policy.Inputs) (all []schema.GroupVersionKind) {
	for _, o := range in.Of("admissionregistration.k8s.io", "ValidatingAdmissionPolicy") {
		spec, _ := o.Content["spec"].(map[string]any)
		kind, _ := spec["paramKind"].(map[string]any)
		version, _ := kind["apiVersion"].(string)
		name, _ := kind["kind"].(string)
		all = append(all, schema.FromAPIVersionAndKind(version, name))
	}
	return all
}

func listKind(ctx context.Context, objects rest.Interface, gv schema.GroupVersion, r *metav1.APIResource, in *policy.Inputs) error {
	path := "/apis/" + gv.String() + "/" + r.Name
	if gv.Group == "" {
		path = "/api/" + gv.Version + "/" + r.Name
	}
	for token := ""; ; {
		request := objects.Get().AbsPath(path).SetHeader("Accept", "application/json").Param("limit", "200")
		if token != "" {
			request = request.Param("continue", token)
		}
		raw, err := request.Do(ctx).Raw()
		if apierrors.IsNotFound(err) || apierrors.IsMethodNotSupported(err) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("listing %s: %w", strings.Trim(r.Name+"."+gv.Group, "."), err)
		}
		var page struct {
			Metadata metav1.ListMeta  `json:"metadata"`
			Items    []map[string]any `json:"items"`
		}
		if err := json.Unmarshal(raw, &page); err != nil {
			return errors.New("listing " + r.Name + ": the answer is no list")
		}
		for _, content := range page.Items {
			content["apiVersion"], content["kind"] = gv.String(), r.Kind
			plain, _ := policy.Plain(content).(map[string]any)
			in.Objects = append(in.Objects, policy.NewObject(manifest.Place{File: "cluster"}, plain))
		}
		if token = page.Metadata.Continue; token == "" {
			return nil
		}
	}
}
