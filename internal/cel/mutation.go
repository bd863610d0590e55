package cel

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"sync"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
	"google.golang.org/protobuf/types/known/structpb"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/cel/common"
	"k8s.io/apiserver/pkg/cel/library"
	"k8s.io/apiserver/pkg/cel/mutation"
	"k8s.io/apiserver/pkg/cel/mutation/dynamic"
	kjson "sigs.k8s.io/json"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/workload"
)

// Mutation is the expressions of a mutation, compiled. Reviews may use it side by side.
type Mutation struct {
	scope
	conditions Conditions
	expression *expression
}

// Outcome is what a mutation wants of an object: one of both.
type Outcome struct {
	// Apply is an apply configuration: what the object must have.
	Apply map[string]any
	// Patch is a JSON patch (RFC 6902).
	Patch json.RawMessage
}

var (
	applyConfigurationType = types.NewObjectType(mutation.ObjectTypeName)
	jsonPatchType          = cel.ListType(types.NewObjectType(mutation.JSONPatchTypeName))
)

// patching is the environment in which an expression may make an Object, or a JSONPatch.
var patching = sync.OnceValue(func() *cel.Env {
	env, err := withPatchTypes(untyped())
	if err != nil {
		panic(err) // every test of a mutation comes here: this is a mistake in the program
	}
	return env
})

func withPatchTypes(env *cel.Env) (*cel.Env, error) {
	return env.Extend(common.ResolverEnvOption(&mutation.DynamicTypeResolver{}), library.JSONPatch())
}

// CompileMutation lists every mistake in the expressions of a mutation, each with its place.
func CompileMutation(in *v1alpha1.Mutation, at *field.Path) (*Mutation, field.ErrorList) {
	conditions, mistakes := CompileConditions(in.MatchConditions, at.Child("matchConditions"))
	out, wrong := (&compiler{env: patching()}).mutation(in, at)
	out.conditions = conditions
	return out, append(mistakes, wrong...)
}

func (c *compiler) mutation(in *v1alpha1.Mutation, at *field.Path) (*Mutation, field.ErrorList) {
	out := &Mutation{}
	var mistakes, wrong field.ErrorList
	out.variables, mistakes = c.compileVariables(in.Variables, at.Child("variables"))
	out.declared = c.variables
	switch {
	case in.ApplyConfiguration != nil && in.JSONPatch != nil:
		wrong = field.ErrorList{field.Forbidden(at.Child("jsonPatch"), "must not be set beside applyConfiguration: make two mutations of it")}
	case in.ApplyConfiguration != nil:
		out.expression, _, wrong = c.compile(in.ApplyConfiguration.Expression, applyConfigurationType, at.Child("applyConfiguration", "expression"))
	case in.JSONPatch != nil:
		out.expression, _, wrong = c.compile(in.JSONPatch.Expression, jsonPatchType, at.Child("jsonPatch", "expression"))
	default:
		wrong = field.ErrorList{field.Required(at.Child("applyConfiguration"), "must be set, or jsonPatch")}
	}
	return out, append(mistakes, wrong...)
}

// Holds tells whether the match conditions of the mutation are true of the object.
func (m *Mutation) Holds(ctx context.Context, review *workload.Review, budget *Budget) (bool, error) {
	return m.conditions.Hold(ctx, review, budget)
}

// FailureError says that an expression could not be evaluated for an object: it may be for another.
type FailureError struct{ Err error }

func (e *FailureError) Error() string { return e.Err.Error() }

func (e *FailureError) Unwrap() error { return e.Err }

// TypeCheckMutation is TypeCheck for a mutation. What an Object has is not checked by this.
func TypeCheckMutation(in *v1alpha1.Mutation, kind schema.GroupVersionKind, at *field.Path) field.ErrorList {
	env := typed(kind)
	if env == nil {
		return nil
	}
	conditions := &compiler{env: env, typesOnly: true}
	var warnings field.ErrorList
	for i, condition := range in.MatchConditions {
		_, _, wrong := conditions.compile(condition.Expression, cel.BoolType, at.Child("matchConditions").Index(i).Child("expression"))
		warnings = append(warnings, wrong...)
	}
	if env, err := withPatchTypes(env); err == nil {
		_, wrong := (&compiler{env: env, typesOnly: true}).mutation(in, at)
		warnings = append(warnings, wrong...)
	}
	return ofKind(warnings, kind)
}

// Evaluate is what the mutation wants of the object of a review. The error says that it could not be
// evaluated, or is none that an API server would take.
func (m *Mutation) Evaluate(ctx context.Context, review *workload.Review, budget *Budget) (Outcome, error) {
	value, err := m.evaluate(ctx, m.expression, m.inputs(review), budget)
	if err != nil {
		return Outcome{}, &FailureError{explainFailure(err)}
	}
	if list, is := value.(traits.Lister); is {
		patch, err := jsonPatch(list)
		return Outcome{Patch: patch}, err
	}
	object, is := value.(*dynamic.ObjectVal)
	if !is {
		return Outcome{}, fmt.Errorf("the expression yields %s, must yield an Object", value.Type().TypeName())
	}
	configuration, err := applyConfiguration(object)
	return Outcome{Apply: configuration}, err
}

// applyConfiguration is an Object as a document has it: numbers are whole where they can be.
func applyConfiguration(object *dynamic.ObjectVal) (map[string]any, error) {
	if err := object.CheckTypeNamesMatchFieldPathNames(); err != nil {
		return nil, err
	}
	if err, failed := object.Value().(error); failed {
		return nil, err
	}
	raw, err := json.Marshal(object.Value())
	if err != nil {
		return nil, fmt.Errorf("the Object is none that JSON can say: %w", err)
	}
	var out map[string]any
	if err := kjson.UnmarshalCaseSensitivePreserveInts(raw, &out); err != nil {
		return nil, fmt.Errorf("the Object is none that JSON can say: %w", err)
	}
	return out, nil
}

// patchOperation is an operation of a JSON patch. A value that is null is there.
type patchOperation struct {
	Op    string          `json:"op"`
	Path  string          `json:"path"`
	From  string          `json:"from,omitempty"`
	Value json.RawMessage `json:"value,omitempty"`
}

func jsonPatch(list traits.Lister) (json.RawMessage, error) {
	operations := []patchOperation{}
	for i := list.Iterator(); i.HasNext() == types.True; {
		value, is := i.Next().(*mutation.JSONPatchVal)
		if !is {
			return nil, errors.New("the expression yields a list of something else than JSONPatch")
		}
		operation := patchOperation{Op: value.Op, Path: value.Path, From: value.From}
		if value.Val != nil {
			var err error
			if operation.Value, err = jsonOf(value.Val); err != nil {
				return nil, fmt.Errorf("the value for %s: %w", value.Path, err)
			}
		}
		operations = append(operations, operation)
	}
	return json.Marshal(operations)
}

var protobufValue = reflect.TypeFor[*structpb.Value]()

// jsonOf is a value in JSON, by way of protobuf's values as in an API server.
func jsonOf(value ref.Val) (json.RawMessage, error) {
	if object, is := value.(*dynamic.ObjectVal); is {
		if err := object.CheckTypeNamesMatchFieldPathNames(); err != nil {
			return nil, err
		}
	}
	native, err := value.ConvertToNative(protobufValue)
	if err != nil {
		return nil, fmt.Errorf("none that JSON can say: %w", err)
	}
	return native.(*structpb.Value).MarshalJSON()
}
