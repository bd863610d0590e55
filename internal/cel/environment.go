package cel

import (
	"fmt"
	"sync"

	"github.com/google/cel-go/cel"
	apiservercel "k8s.io/apiserver/pkg/cel"
	"k8s.io/apiserver/pkg/cel/environment"
)

// What an expression may name.
const (
	objectName    = "object"
	oldObjectName = "oldObject"
	requestName   = "request"
	namespaceName = "namespaceObject"
	variablesName = "variables"
)

// untyped is the environment in which expressions are evaluated. As in a ValidatingAdmissionPolicy
// nothing is known of the type of objects: a rule may hold for any.
var untyped = sync.OnceValue(func() *cel.Env {
	env, err := environmentFor(nil)
	if err != nil {
		panic(err) // every test of a rule comes here: this is a mistake in the program
	}
	return env
})

// environmentFor makes the environment of expressions about objects of a type; nil means any.
func environmentFor(object *apiservercel.DeclType) (*cel.Env, error) {
	// This environment takes what any API server up to that version takes.
	base := environment.MustBaseEnvSet(environment.DefaultCompatibilityVersion()).StoredExpressionsEnv()
	objectType, declared := cel.DynType, []*apiservercel.DeclType{requestType(), namespaceType()}
	if object != nil {
		objectType, declared = object.CelType(), append(declared, object)
	}
	base, err := base.Extend(bounded()...)
	if err != nil {
		return nil, fmt.Errorf("bounding functions: %w", err)
	}
	return extend(base, declared,
		cel.Variable(objectName, objectType),
		cel.Variable(oldObjectName, objectType),
		cel.Variable(requestName, requestType().CelType()),
		cel.Variable(namespaceName, namespaceType().CelType()),
	)
}

// extend adds types, and variables of these types.
func extend(env *cel.Env, declared []*apiservercel.DeclType, options ...cel.EnvOption) (*cel.Env, error) {
	provider := apiservercel.NewDeclTypeProvider(declared...)
	provider.SetRecognizeKeywordAsFieldName(true) // object.metadata.namespace, as since Kubernetes 1.31
	types, err := provider.EnvOptions(env.CELTypeProvider())
	if err != nil {
		return nil, fmt.Errorf("declaring types: %w", err)
	}
	return env.Extend(append(types, options...)...)
}
