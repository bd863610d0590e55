package kits

import (
	"maps"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metav1validation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/workload"
)

// maxObjects and maxBytes bound a kit: what each of thousands of Namespaces gets.
const (
	maxObjects = 32
	maxBytes   = 256 << 10
)

// maxName is that of the value of a label, which the name becomes.
const maxName = validation.LabelValueMaxLength

// Compile lists every mistake in a kit, each with its place. Without one there is a Kit.
func Compile(in *v1alpha1.NamespaceKit) (*Kit, field.ErrorList) {
	spec := field.NewPath("spec")
	k := &Kit{
		Name: in.Name, UID: in.UID, Generation: in.Generation,
		Sync: in.Spec.Sync, OnDelete: in.Spec.OnDelete, Gate: in.Spec.Gate,
	}
	var mistakes field.ErrorList
	if in.Name == "" || len(in.Name) > maxName {
		mistakes = append(mistakes, field.Invalid(field.NewPath("metadata", "name"), in.Name, "must have 1 to 63 characters: it is the value of a label"))
	}
	if !slices.Contains([]v1alpha1.KitSync{"", v1alpha1.KitEnsure, v1alpha1.KitCreateOnce}, k.Sync) {
		mistakes = append(mistakes, field.Invalid(spec.Child("sync"), k.Sync, "must be Ensure or CreateOnce"))
	}
	if !slices.Contains([]v1alpha1.KitDeletion{"", v1alpha1.KitKeep, v1alpha1.KitRemove}, k.OnDelete) {
		mistakes = append(mistakes, field.Invalid(spec.Child("onDelete"), k.OnDelete, "must be Keep or Remove"))
	}
	mistakes = append(mistakes, k.compileSelector(in.Spec.NamespaceSelector, spec.Child("namespaceSelector"))...)
	mistakes = append(mistakes, k.compileObjects(in, spec.Child("objects"))...)
	if len(mistakes) > 0 {
		return nil, mistakes
	}
	return k, nil
}

func (k *Kit) compileSelector(in *metav1.LabelSelector, at *field.Path) field.ErrorList {
	if in == nil {
		return field.ErrorList{field.Required(at, "must be set; {} selects all Namespaces")}
	}
	if mistakes := metav1validation.ValidateLabelSelector(in, metav1validation.LabelSelectorValidationOptions{}, at); len(mistakes) > 0 {
		return mistakes
	}
	selector, err := metav1.LabelSelectorAsSelector(in)
	if err != nil {
		return field.ErrorList{field.Invalid(at, field.OmitValueType{}, err.Error())}
	}
	k.selector = selector
	return nil
}

func (k *Kit) compileObjects(in *v1alpha1.NamespaceKit, at *field.Path) (mistakes field.ErrorList) {
	n := 0
	for i := range in.Spec.Objects {
		n += len(in.Spec.Objects[i].Raw)
	}
	switch all := len(in.Spec.Objects); {
	case all == 0:
		return field.ErrorList{field.Required(at, "must have an object")}
	case all > maxObjects:
		return field.ErrorList{field.TooMany(at, all, maxObjects)}
	case n > maxBytes:
		return field.ErrorList{field.TooLong(at, "", maxBytes)}
	}
	seen := map[string]bool{}
	for i := range in.Spec.Objects {
		at := at.Index(i)
		object, key, wrong := compileObject(in.Spec.Objects[i].Raw, at)
		mistakes = append(mistakes, wrong...)
		if seen[key] {
			mistakes = append(mistakes, field.Duplicate(at.Child("metadata", "name"), key))
		}
		seen[key] = key != ""
		k.Objects = append(k.Objects, object)
	}
	return mistakes
}

func compileObject(raw []byte, at *field.Path) (out Object, key string, mistakes field.ErrorList) {
	in, err := document(raw)
	if err != nil || in == nil {
		return out, "", field.ErrorList{field.Invalid(at, field.OmitValueType{}, "must be an object")}
	}
	version, _ := in["apiVersion"].(string)
	kind, _ := in["kind"].(string)
	gv, err := schema.ParseGroupVersion(version)
	if err != nil || gv.Version == "" || strings.Contains(version, "${") {
		mistakes = append(mistakes, field.Invalid(at.Child("apiVersion"), version, "must be the version of an API, such as v1 or networking.k8s.io/v1, without placeholders"))
	}
	if kind == "" || strings.Contains(kind, "${") {
		mistakes = append(mistakes, field.Invalid(at.Child("kind"), kind, "must be a kind, without placeholders"))
	}
	out.Kind = gv.WithKind(kind)
	if _, namespaced := workload.ResourceFor(out.Kind); !namespaced {
		mistakes = append(mistakes, field.Invalid(at.Child("kind"), kind, "must be a kind of objects that lie in a Namespace"))
	}
	if _, list := in["items"]; list && strings.HasSuffix(kind, "List") {
		mistakes = append(mistakes, field.Invalid(at.Child("kind"), kind, "must be a single object: list those in it one by one"))
	}
	name, wrong := checkMetadata(in, at.Child("metadata"))
	mistakes = append(mistakes, wrong...)
	if _, has := in["status"]; has {
		mistakes = append(mistakes, field.Forbidden(at.Child("status"), "must not be set"))
	}
	template, wrong := compile(in, at)
	out.template = template
	return out, kind + "." + gv.Group + "/" + name, append(mistakes, wrong...)
}

// metadata is what a template may say of its own.
var metadata = []string{"annotations", "labels", "name", "namespace"}

func checkMetadata(in map[string]any, at *field.Path) (name string, mistakes field.ErrorList) {
	meta, _ := in["metadata"].(map[string]any)
	name, _ = meta["name"].(string)
	if name == "" {
		mistakes = append(mistakes, field.Required(at.Child("name"), "must be set"))
	} else if wrong := validation.IsDNS1123Subdomain(name); len(wrong) > 0 && !strings.Contains(name, "${") {
		mistakes = append(mistakes, field.Invalid(at.Child("name"), name, wrong[0]))
	}
	if namespace, has := meta["namespace"]; has && namespace != "${namespace}" {
		mistakes = append(mistakes, field.Invalid(at.Child("namespace"), namespace, "must be left out: an object lies in the Namespace that is furnished"))
	}
	for _, key := range slices.Sorted(maps.Keys(meta)) {
		if !slices.Contains(metadata, key) {
			mistakes = append(mistakes, field.Forbidden(at.Child(key), "must not be set; a template has a name, labels and annotations"))
		}
	}
	for of, key := range map[string]string{"labels": v1alpha1.KitLabel, "annotations": v1alpha1.KitHash} {
		all, is := meta[of].(map[string]any)
		if meta[of] != nil && !is {
			mistakes = append(mistakes, field.Invalid(at.Child(of), field.OmitValueType{}, "must be a mapping"))
		}
		if _, has := all[key]; has {
			mistakes = append(mistakes, field.Forbidden(at.Child(of).Key(key), "must not be set: Taffrail sets it"))
		}
		for k, value := range all {
			if _, is := value.(string); !is {
				mistakes = append(mistakes, field.Invalid(at.Child(of).Key(k), value, "must be a string"))
			}
		}
	}
	slices.SortStableFunc(mistakes, func(a, b *field.Error) int { return strings.Compare(a.Field, b.Field) })
	return name, mistakes
}
