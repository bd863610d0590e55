package defaulting

import (
	"reflect"
	"strings"
)

// keepUnknown takes over the fields that a type does not have.
func keepUnknown(written, completed any, of reflect.Type) {
	for of.Kind() == reflect.Pointer {
		of = of.Elem()
	}
	switch written := written.(type) {
	case map[string]any:
		completed, isMap := completed.(map[string]any)
		if !isMap {
			return
		}
		for name, value := range written {
			if field, known := member(of, name); known {
				keepUnknown(value, completed[name], field)
			} else if _, is := completed[name]; !is && value != nil {
				completed[name] = value
				isNoEmptyDir(completed, written)
			}
		}
	case []any:
		completed, _ := completed.([]any)
		for i := range min(len(written), len(completed)) {
			keepUnknown(written[i], completed[i], of.Elem())
		}
	}
}

// isNoEmptyDir takes back what is the default of a volume: one of a type that nobody knows has a
// type.
func isNoEmptyDir(volume, written map[string]any) {
	if written["emptyDir"] == nil {
		delete(volume, "emptyDir")
	}
}

// member is the type of a field of a struct, or of a map's values.
func member(of reflect.Type, name string) (field reflect.Type, known bool) {
	switch of.Kind() {
	case reflect.Map:
		return of.Elem(), true
	case reflect.Struct:
		for f := range of.Fields() {
			tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if tag == name {
				return f.Type, true
			}
			if f.Anonymous && tag == "" {
				if field, known = member(f.Type, name); known {
					return field, true
				}
			}
		}
	}
	return nil, false
}
