package patching

import (
	"errors"
	"fmt"
	"maps"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/managedfields"
	smd "sigs.k8s.io/structured-merge-diff/v6/schema"
	"sigs.k8s.io/structured-merge-diff/v6/typed"
	"sigs.k8s.io/structured-merge-diff/v6/value"
)

// ApplyConfiguration merges a configuration into an object as an API server does for a
// MutatingAdmissionPolicy: items of lists find each other by their keys, and lists that are replaced
// as a whole (atomic) must not be in the configuration. Fields that Taffrail's schema does not know
// survive. Of kinds that it does not know at all every list is atomic. With onlyMissing, what the
// object has stays as it is.
func ApplyConfiguration(
	kind schema.GroupVersionKind, object, configuration map[string]any, onlyMissing bool,
) (map[string]any, error) {
	converter := converterOf(kind)
	patch, err := typedOf(converter, kind, configuration)
	if err != nil {
		return nil, fmt.Errorf("the Object does not fit a %s: %w", kind.Kind, err)
	}
	if lists := atomics(patch.Schema(), patch.TypeRef(), patch.AsValue(), ""); len(lists) > 0 {
		return nil, fmt.Errorf("the Object must not set %s, which is replaced as a whole: use jsonPatch", strings.Join(lists, ", "))
	}
	known := prune(patch.Schema(), patch.TypeRef(), object).(map[string]any)
	live, err := typedOf(converter, kind, known, typed.AllowDuplicates)
	if err != nil {
		return nil, fmt.Errorf("the object is none of its kind: %w", err)
	}
	merged, err := live.Merge(patch)
	if err != nil {
		return nil, fmt.Errorf("merge the Object: %w", err)
	}
	if onlyMissing { // the order of items is settled by now
		if merged, err = merged.Merge(live); err != nil {
			return nil, fmt.Errorf("keep what the object has: %w", err)
		}
	}
	out, is := merged.AsValue().Unstructured().(map[string]any)
	if !is {
		return nil, errors.New("merge the Object: the result is no object")
	}
	return Apply(object, Diff(known, out))
}

func typedOf(
	converter managedfields.TypeConverter, kind schema.GroupVersionKind, content map[string]any, options ...typed.ValidationOptions,
) (*typed.TypedValue, error) {
	object := &unstructured.Unstructured{Object: make(map[string]any, len(content)+2)}
	maps.Copy(object.Object, content)
	object.SetGroupVersionKind(kind)
	return converter.ObjectToTyped(object, options...)
}

// atomics are the places where a configuration would replace a list, a map or a struct as a whole.
func atomics(s *smd.Schema, ref smd.TypeRef, v value.Value, at string) (places []string) {
	atom, known := s.Resolve(ref)
	if !known {
		return nil
	}
	switch {
	case v.IsMap() && atom.Map != nil:
		if atom.Map.ElementRelationship == smd.Atomic {
			return []string{at}
		}
		v.AsMap().Iterate(func(key string, item value.Value) bool {
			of := atom.Map.ElementType
			if field, is := atom.Map.FindField(key); is {
				of = field.Type
			}
			places = append(places, atomics(s, of, item, strings.TrimPrefix(at+"."+key, "."))...)
			return true
		})
	case v.IsList() && atom.List != nil:
		if atom.List.ElementRelationship == smd.Atomic {
			return []string{at}
		}
		list := v.AsList()
		for i := range list.Length() {
			places = append(places, atomics(s, atom.List.ElementType, list.At(i), fmt.Sprintf("%s[%d]", at, i))...)
		}
	}
	return places
}

// prune is a value without the fields that a schema does not know, which would be refused. No item of
// a list is left out, so that a patch of what is returned is one of the value too.
func prune(s *smd.Schema, ref smd.TypeRef, v any) any {
	atom, known := s.Resolve(ref)
	if !known {
		return v
	}
	switch v := v.(type) {
	case map[string]any:
		if atom.Map == nil {
			return v
		}
		out := make(map[string]any, len(v))
		open := atom.Map.ElementType != smd.TypeRef{}
		for key, item := range v {
			if field, is := atom.Map.FindField(key); is {
				out[key] = prune(s, field.Type, item)
			} else if open {
				out[key] = prune(s, atom.Map.ElementType, item)
			}
		}
		return out
	case []any:
		if atom.List == nil {
			return v
		}
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = prune(s, atom.List.ElementType, item)
		}
		return out
	default:
		return v
	}
}
