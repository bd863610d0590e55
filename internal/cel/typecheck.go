package cel

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"strings"
	"sync"

	"github.com/google/cel-go/cel"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	apiservercel "k8s.io/apiserver/pkg/cel"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/workload"
)

// TypeCheck compiles a rule once more as one about objects of a kind, and lists
// what does not fit: a field that is misspelt, a number that is compared with a
// text. It knows the kinds that Taffrail knows. As in an API server these are
// warnings, and never mistakes: a newer API server may know more fields.
func TypeCheck(in *v1alpha1.Rule, kind schema.GroupVersionKind, at *field.Path) field.ErrorList {
	env := typed(kind)
	if env == nil {
		return nil
	}
	c := &compiler{env: env, typesOnly: true}
	_, warnings := c.rule(in, at)
	return ofKind(warnings, kind)
}

func ofKind(warnings field.ErrorList, kind schema.GroupVersionKind) field.ErrorList {
	for _, w := range warnings {
		w.Detail += fmt.Sprintf(" (%s)", kind.Kind)
	}
	return warnings
}

var typedEnvironments sync.Map // by kind

// typed is the environment of expressions about objects of a kind, or nil for a
// kind that Taffrail does not know.
func typed(kind schema.GroupVersionKind) *cel.Env {
	if env, known := typedEnvironments.Load(kind); known {
		return env.(*cel.Env)
	}
	object := workload.New(kind)
	if object == nil {
		return nil
	}
	env, err := environmentFor(goTypes{}.declare(reflect.TypeOf(object).Elem()))
	if err != nil {
		return nil // nothing that hangs on types must keep a rule from being evaluated
	}
	typedEnvironments.Store(kind, env)
	return env
}

// goTypes declares types of Go to CEL, as their JSON looks.
type goTypes map[reflect.Type]*apiservercel.DeclType

var marshaler = reflect.TypeFor[json.Marshaler]()

func (g goTypes) declare(t reflect.Type) *apiservercel.DeclType {
	if declared, known := g[t]; known {
		return declared
	}
	if t.Implements(marshaler) || reflect.PointerTo(t).Implements(marshaler) {
		return apiservercel.DynType // a time, a quantity, an IntOrString
	}
	switch t.Kind() {
	case reflect.Pointer:
		return g.declare(t.Elem())
	case reflect.Bool:
		return apiservercel.BoolType
	case reflect.String:
		return apiservercel.StringType
	case reflect.Int, reflect.Int32, reflect.Int64:
		return apiservercel.IntType
	case reflect.Float64:
		return apiservercel.DoubleType
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return apiservercel.StringType // in base64
		}
		return listOf(g.declare(t.Elem()))
	case reflect.Map:
		return mapOf(g.declare(t.Elem()))
	case reflect.Struct:
		g[t] = apiservercel.DynType // for a type that holds itself
		g[t] = objectType(typeName(t), g.fieldsOf(t))
		return g[t]
	default:
		return apiservercel.DynType
	}
}

func (g goTypes) fieldsOf(t reflect.Type) fields {
	of := fields{}
	for f := range t.Fields() {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous && (name == "" || strings.Contains(options, "inline")) {
			maps.Copy(of, g.fieldsOf(f.Type))
			continue
		}
		if name, ok := apiservercel.Escape(name); ok && f.IsExported() {
			of[name] = g.declare(f.Type)
		}
	}
	return of
}

func typeName(t reflect.Type) string {
	return strings.NewReplacer("/", ".", "-", "_").Replace(t.PkgPath()) + "." + t.Name()
}
