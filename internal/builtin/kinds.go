package builtin

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	"k8s.io/apimachinery/pkg/version"
	"k8s.io/client-go/kubernetes/scheme"

	"taffrail.dev/taffrail/guardrail"
)

// types are those of every kind that k8s.io/api carries, and of CustomResourceDefinitions.
var types = sync.OnceValue(func() *runtime.Scheme {
	s := runtime.NewScheme()
	utilruntime.Must(scheme.AddToScheme(s))
	utilruntime.Must(apiextensionsv1.AddToScheme(s))
	return s
})

// kinds are all that Kubernetes has and has had, by group.
var kinds = sync.OnceValue(func() map[string][]schema.GroupVersionKind {
	all := map[string][]schema.GroupVersionKind{}
	for gvk := range types().AllKnownTypes() {
		if gvk.Version != runtime.APIVersionInternal {
			all[gvk.Group] = append(all[gvk.Group], gvk)
		}
	}
	for _, once := range onceServed {
		gv, err := schema.ParseGroupVersion(once.apiVersion)
		utilruntime.Must(err)
		for _, kind := range once.kinds {
			all[gv.Group] = append(all[gv.Group], gv.WithKind(kind))
		}
	}
	// The first is the one to name: what is no alpha nor beta, and the latest of these.
	for _, of := range all {
		slices.SortFunc(of, func(a, b schema.GroupVersionKind) int {
			return cmp.Or(version.CompareKubeAwareVersionStrings(b.Version, a.Version), cmp.Compare(a.Kind, b.Kind))
		})
	}
	return all
})

// Has tells whether Kubernetes has a kind, or has had it.
func Has(gvk schema.GroupVersionKind) bool { return slices.Contains(kinds()[gvk.Group], gvk) }

// IsOfClients tells whether a document is configuration that a program reads from a file: no
// cluster has objects of it.
func IsOfClients(gvk schema.GroupVersionKind) bool {
	switch gvk.Group {
	case "":
		return gvk == schema.GroupVersionKind{Version: "v1", Kind: "Config"} || gvk == schema.GroupVersionKind{Version: "v1", Kind: "Policy"}
	case "kubeadm.k8s.io", "audit.k8s.io", "client.authentication.k8s.io", "kind.x-k8s.io":
		return true
	default:
		return strings.HasSuffix(gvk.Group, ".config.k8s.io") || guardrail.IsTest(gvk)
	}
}

// Misnamed says what is wrong with a kind that is written as one of Kubernetes' own and that
// Kubernetes never had in that version, and which was meant; else it is nil.
func Misnamed(apiVersion, kind string) *Mistake {
	gv, err := schema.ParseGroupVersion(apiVersion)
	if err != nil {
		return misnamed("/apiVersion", apiVersion, "must be VERSION or GROUP/VERSION", of(kind))
	}
	gvk := gv.WithKind(kind)
	if Has(gvk) || IsOfClients(gvk) {
		return nil
	}
	own := kinds()[gv.Group]
	if own == nil {
		return misnamedGroup(gv, kind)
	}
	if same := in(own, kind); len(same) > 0 { // the version is the mistake
		if elsewhere := of(kind); !isStable(same[0]) && isStable(elsewhere[0]) { // it has moved since
			same = elsewhere
		}
		return misnamed("/apiVersion", apiVersion, fmt.Sprintf("must be a version that %s has", kind), same)
	}
	if elsewhere := of(kind); len(elsewhere) > 0 {
		return misnamed("/apiVersion", apiVersion, fmt.Sprintf("must be the one that %s has", kind), elsewhere)
	}
	if gv, is := others[kind]; is {
		return misnamed("/apiVersion", apiVersion, fmt.Sprintf("must be the one that %s has", kind), []schema.GroupVersionKind{gv.WithKind(kind)})
	}
	return misspelt(gv, kind, own)
}

// misnamedGroup goes by groups that nobody else can have: that of a CustomResourceDefinition has a
// dot in it.
func misnamedGroup(gv schema.GroupVersion, kind string) *Mistake {
	if same := of(kind); len(same) > 0 && !strings.Contains(gv.Group, ".") {
		return misnamed("/apiVersion", gv.String(), fmt.Sprintf("must be the one that %s has", kind), same)
	}
	return nil
}

// misspelt is what was meant by a kind that no group has.
func misspelt(gv schema.GroupVersion, kind string, own []schema.GroupVersionKind) *Mistake {
	var everywhere []schema.GroupVersionKind
	for _, list := range kinds() {
		everywhere = append(everywhere, list...)
	}
	var meant []schema.GroupVersionKind
	if name := nearest(kind, own); name != "" {
		meant = in(own, name)
		if at := slices.Index(meant, gv.WithKind(name)); at > 0 {
			meant = meant[at:]
		}
	} else if name := nearest(kind, everywhere); name != "" {
		meant = of(name)
	}
	return misnamed("/kind", kind, fmt.Sprintf("must be a kind of %s", gv), meant)
}

func nearest(kind string, list []schema.GroupVersionKind) string {
	names := make([]string, 0, len(list))
	for _, gvk := range list {
		if strings.EqualFold(gvk.Kind, kind) || strings.EqualFold(gvk.Kind+"s", kind) {
			return gvk.Kind
		}
		names = append(names, gvk.Kind)
	}
	slices.Sort(names) // so that of two that are as near it is always the same
	return guardrail.NearestName(kind, names)
}

// of are the kinds of a name in all groups, the ones to name first.
func of(kind string) (all []schema.GroupVersionKind) {
	for _, list := range kinds() {
		all = append(all, in(list, kind)...)
	}
	slices.SortStableFunc(all, func(a, b schema.GroupVersionKind) int {
		return cmp.Or(version.CompareKubeAwareVersionStrings(b.Version, a.Version), cmp.Compare(a.Group, b.Group))
	})
	return all
}

// Stable are the kinds of a name that are neither alpha nor beta, the latest first.
func Stable(kind string) []schema.GroupVersionKind {
	return slices.DeleteFunc(of(kind), func(gvk schema.GroupVersionKind) bool { return !isStable(gvk) })
}

func isStable(gvk schema.GroupVersionKind) bool {
	return !strings.Contains(gvk.Version, "alpha") && !strings.Contains(gvk.Version, "beta")
}

func in(list []schema.GroupVersionKind, kind string) (some []schema.GroupVersionKind) {
	for _, gvk := range list {
		if gvk.Kind == kind {
			some = append(some, gvk)
		}
	}
	return some
}

func misnamed(at, is, must string, meant []schema.GroupVersionKind) *Mistake {
	text := must
	if len(meant) > 0 {
		text = fmt.Sprintf("%s; did you mean apiVersion: %s, kind: %s?", must, meant[0].GroupVersion(), meant[0].Kind)
	}
	return &Mistake{Pointer: at, Path: strings.TrimPrefix(at, "/"), Text: fmt.Sprintf("Invalid value: %q: %s", is, text)}
}
