package kits

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"taffrail.dev/taffrail/api/v1alpha1"
)

// Kit is a NamespaceKit, compiled. It never changes.
type Kit struct {
	Name       string
	UID        types.UID
	Generation int64
	Sync       v1alpha1.KitSync
	OnDelete   v1alpha1.KitDeletion
	Gate       bool
	Objects    []Object

	selector labels.Selector
}

// Namespace is what a kit sees of one.
type Namespace struct {
	Name   string
	Labels map[string]string
}

// Object is the template of an object.
type Object struct {
	Kind     schema.GroupVersionKind
	template node
}

// Selects tells whether a Namespace with these labels is to be furnished.
func (k *Kit) Selects(all map[string]string) bool { return k.selector.Matches(labels.Set(all)) }

// Removes tells whether what the kit has made goes with it.
func (k *Kit) Removes() bool { return k.OnDelete == v1alpha1.KitRemove }

// Once tells whether what the kit has made is left alone from then on.
func (k *Kit) Once() bool { return k.Sync == v1alpha1.KitCreateOnce }

// Render makes an object for a Namespace, as it is applied.
func (k *Kit) Render(i int, n *Namespace) (*unstructured.Unstructured, error) {
	o := &k.Objects[i]
	rendered, err := render(o.template, n)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", o.Kind.Kind, err)
	}
	out := &unstructured.Unstructured{Object: rendered.(map[string]any)}
	if wrong := validation.NameIsDNSSubdomain(out.GetName(), false); len(wrong) > 0 {
		return nil, fmt.Errorf("%s: metadata.name: %q: %s", o.Kind.Kind, out.GetName(), wrong[0])
	}
	out.SetNamespace(n.Name)
	setIn(out, v1alpha1.KitLabel, k.Name, (*unstructured.Unstructured).GetLabels, (*unstructured.Unstructured).SetLabels)
	if k.Removes() && k.UID != "" {
		// The garbage collector removes it with the kit, with no Pod of ours running too.
		out.SetOwnerReferences([]metav1.OwnerReference{{
			APIVersion: v1alpha1.GroupVersion.String(), Kind: "NamespaceKit", Name: k.Name, UID: k.UID,
		}})
	}
	hash, err := hashOf(out)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", o.Kind.Kind, out.GetName(), err)
	}
	setIn(out, v1alpha1.KitHash, hash, (*unstructured.Unstructured).GetAnnotations, (*unstructured.Unstructured).SetAnnotations)
	return out, nil
}

func setIn(
	o *unstructured.Unstructured, key, value string,
	get func(*unstructured.Unstructured) map[string]string, set func(*unstructured.Unstructured, map[string]string),
) {
	all := get(o)
	if all == nil {
		all = map[string]string{}
	}
	all[key] = value
	set(o, all)
}

// hashOf tells one version of an object from another.
func hashOf(o *unstructured.Unstructured) (string, error) {
	raw, err := json.Marshal(o.Object)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:8]), nil
}
