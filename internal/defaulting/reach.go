package defaulting

import (
	"reflect"
	"sync"
)

// reaches remembers of types whether there is anything in them that has defaults: most of an object
// has none, and is not gone through.
var reaches sync.Map

func mayHaveDefaults(t reflect.Type) bool {
	if known, ok := reaches.Load(t); ok {
		return known.(bool)
	}
	may := search(t, map[reflect.Type]bool{})
	reaches.Store(t, may)
	return may
}

// search goes through a type. Types that are seen again, such as a schema's, say nothing new.
func search(t reflect.Type, seen map[reflect.Type]bool) bool {
	if table[t] != nil {
		return true
	}
	if seen[t] {
		return false
	}
	seen[t] = true
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice:
		return search(t.Elem(), seen)
	case reflect.Struct:
		for field := range t.Fields() {
			if field.IsExported() && search(field.Type, seen) {
				return true
			}
		}
	}
	return false
}
