package cel

import (
	"sync"

	"github.com/google/cel-go/cel"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/cel/environment"
)

// Text is an expression of a NamespaceKit that yields a text: what stands in ${...}.
type Text struct{ *expression }

// What such an expression may name. CEL reserves the word namespace.
const (
	textName   = "name"
	textLabels = "labels"
)

var ofNamespaces = sync.OnceValue(func() *cel.Env {
	env, err := environment.MustBaseEnvSet(environment.DefaultCompatibilityVersion()).StoredExpressionsEnv().Extend(bounded()...)
	if err == nil {
		env, err = env.Extend(
			cel.Variable(textName, cel.StringType),
			cel.Variable(textLabels, cel.MapType(cel.StringType, cel.StringType)),
		)
	}
	if err != nil {
		panic(err) // every test of a kit comes here: this is a mistake in the program
	}
	return env
})

// CompileText lists every mistake in an expression.
func CompileText(text string, at *field.Path) (*Text, field.ErrorList) {
	c := &compiler{env: ofNamespaces()}
	compiled, _, mistakes := c.compile(text, cel.StringType, at)
	return &Text{compiled}, mistakes
}

// Of is the text for a Namespace.
func (t *Text) Of(name string, labels map[string]string) (string, error) {
	value, _, err := t.program.Eval(map[string]any{textName: name, textLabels: labels})
	if err != nil {
		return "", explainFailure(err)
	}
	text, _ := value.Value().(string) // the type is checked
	return text, nil
}
