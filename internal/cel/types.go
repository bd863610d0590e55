package cel

import (
	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	apiservercel "k8s.io/apiserver/pkg/cel"
)

// The types of request and namespaceObject are those of an API server, which keeps them in a
// package that would bring its whole admission machinery along. A test compares them.

type fields map[string]*apiservercel.DeclType

func objectType(name string, of fields) *apiservercel.DeclType {
	declared := make(map[string]*apiservercel.DeclField, len(of))
	for field, t := range of {
		declared[field] = apiservercel.NewDeclField(field, t, true, nil, nil)
	}
	return apiservercel.NewObjectType(name, declared)
}

func listOf(t *apiservercel.DeclType) *apiservercel.DeclType { return apiservercel.NewListType(t, -1) }

func mapOf(t *apiservercel.DeclType) *apiservercel.DeclType {
	return apiservercel.NewMapType(apiservercel.StringType, t, -1)
}

func requestType() *apiservercel.DeclType {
	text := apiservercel.StringType
	kind := objectType("kubernetes.GroupVersionKind", fields{"group": text, "version": text, "kind": text})
	resource := objectType("kubernetes.GroupVersionResource", fields{"group": text, "version": text, "resource": text})
	return objectType("kubernetes.AdmissionRequest", fields{
		"kind": kind, "resource": resource, "subResource": text,
		"requestKind": kind, "requestResource": resource, "requestSubResource": text,
		"name": text, "namespace": text, "operation": text,
		"userInfo": objectType("kubernetes.UserInfo", fields{
			"username": text, "uid": text, "groups": listOf(text), "extra": mapOf(listOf(text)),
		}),
		"dryRun": apiservercel.BoolType, "options": apiservercel.DynType,
	})
}

// namespaceType lacks spec and status, which an API server has: we watch no more of a Namespace
// than its metadata, and an expression that wants more is told so when it is compiled.
func namespaceType() *apiservercel.DeclType {
	text, time, integer := apiservercel.StringType, apiservercel.TimestampType, apiservercel.IntType
	return objectType("kubernetes.Namespace", fields{
		"metadata": objectType("kubernetes.NamespaceMetadata", fields{
			"name": text, "generateName": text, "namespace": text, "UID": text, "resourceVersion": text,
			"labels": mapOf(text), "annotations": mapOf(text), "finalizers": listOf(text),
			"generation": integer, "creationTimestamp": time,
			"deletionTimestamp": time, "deletionGracePeriodSeconds": integer,
		}),
	})
}

// simpleTypes are those that a variable passes on as they are.
var simpleTypes = map[*cel.Type]*apiservercel.DeclType{
	cel.AnyType: apiservercel.AnyType, cel.BoolType: apiservercel.BoolType, cel.BytesType: apiservercel.BytesType,
	cel.DoubleType: apiservercel.DoubleType, cel.DurationType: apiservercel.DurationType, cel.IntType: apiservercel.IntType,
	cel.NullType: apiservercel.NullType, cel.StringType: apiservercel.StringType,
	cel.TimestampType: apiservercel.TimestampType, cel.UintType: apiservercel.UintType,
}

// variableType is the type that expressions see of a variable. As in an API
// server, what is neither simple nor a list or a map of such is dynamic.
func variableType(t *cel.Type) *apiservercel.DeclType {
	if simple, ok := simpleTypes[t]; ok {
		return simple
	}
	switch parameters := t.Parameters(); t.Kind() {
	case types.ListKind:
		return listOf(variableType(parameters[0]))
	case types.MapKind:
		return apiservercel.NewMapType(variableType(parameters[0]), variableType(parameters[1]), -1)
	default:
		return apiservercel.DynType
	}
}
