package workload

import (
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
)

// A verb is an exported method that returns nothing. One that no every… function calls would be
// tested by nothing.
func TestEveryVerbIsCovered(t *testing.T) {
	called := verbsCalled(t, "patch_test.go", "verbs_test.go")
	for variable, receiver := range map[string]reflect.Type{"pod": reflect.TypeFor[*Pod](), "c": reflect.TypeFor[Container]()} {
		for method := range receiver.Methods() {
			_, promoted := reflect.TypeFor[*corev1.Container]().MethodByName(method.Name) // Kubernetes' own
			if method.Type.NumOut() == 0 && !promoted {
				assert.Contains(t, called, variable+"."+method.Name, "call it in everyVerb, everySpecVerb, everyReplace or everyRemove")
			}
		}
	}
}

// verbsCalled are the calls within the functions every… of the files, as they are written:
// pod.SetLabel, c.SetRunAsUser.
func verbsCalled(t *testing.T, files ...string) (called []string) {
	t.Helper()
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		require.NoError(t, err)
		for _, decl := range parsed.Decls {
			if f, ok := decl.(*ast.FuncDecl); !ok || !strings.HasPrefix(f.Name.Name, "every") {
				continue
			}
			ast.Inspect(decl, func(n ast.Node) bool {
				if call, ok := n.(*ast.CallExpr); ok {
					if selector, ok := call.Fun.(*ast.SelectorExpr); ok {
						if variable, ok := selector.X.(*ast.Ident); ok {
							called = append(called, variable.Name+"."+selector.Sel.Name)
						}
					}
				}
				return true
			})
		}
	}
	return called
}
