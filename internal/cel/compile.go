package cel

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/ast"
	"k8s.io/apimachinery/pkg/util/validation/field"
	apiservercel "k8s.io/apiserver/pkg/cel"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
)

// expression is one expression, compiled.
type expression struct {
	program cel.Program
	err     error // why there is no program
	// names are the variables of the environment that it reads, uses those of the rule.
	names, uses map[string]bool
	ast         *ast.AST
	watching    func() *expression // the same with all branches evaluated
}

// compiler compiles expressions that may share variables.
type compiler struct {
	env       *cel.Env
	variables *apiservercel.DeclType
	// typesOnly leaves programs out: the expressions will not be evaluated.
	typesOnly bool
}

// declareVariables makes `variables` known, with no fields yet.
func (c *compiler) declareVariables() error {
	c.variables = apiservercel.NewObjectType("kubernetes.variables", map[string]*apiservercel.DeclField{})
	env, err := extend(c.env, []*apiservercel.DeclType{c.variables}, cel.Variable(variablesName, c.variables.CelType()))
	if err != nil {
		return err
	}
	c.env = env
	return nil
}

// compile compiles an expression of a type; nil means any.
func (c *compiler) compile(text string, want *cel.Type, at *field.Path) (*expression, *cel.Type, field.ErrorList) {
	if strings.TrimSpace(text) == "" {
		return nil, nil, field.ErrorList{field.Required(at, "must be set")}
	}
	if len(text) > MaxExpressionBytes {
		return nil, nil, field.ErrorList{field.TooLong(at, "", MaxExpressionBytes)}
	}
	checked, issues := c.env.Compile(text)
	if issues.Err() != nil {
		return nil, nil, explain(issues, at)
	}
	output := checked.OutputType()
	if want != nil && !output.IsExactType(want) {
		return nil, output, field.ErrorList{field.Invalid(at, field.OmitValueType{},
			fmt.Sprintf("must be of type %s, is of type %s", want, output))}
	}
	out := &expression{names: map[string]bool{}, ast: checked.NativeRep()}
	for _, reference := range out.ast.ReferenceMap() {
		out.names[reference.Name] = true
	}
	if c.typesOnly {
		return out, output, nil
	}
	var err error
	out.program, err = c.env.Program(checked, tracking()...)
	if err != nil {
		return nil, output, field.ErrorList{field.Invalid(at, field.OmitValueType{}, err.Error())}
	}
	out.uses = usesIn(out.ast.Expr())
	out.watching = newConjunct(c.env, out.ast, out.ast.Expr(), nil).watching
	return out, output, nil
}

// variable is a named expression that others may use.
type variable struct {
	name string
	*expression
}

// compileVariables compiles them in their order: each may use those before it.
func (c *compiler) compileVariables(in []admissionregistrationv1.Variable, at *field.Path) ([]variable, field.ErrorList) {
	if len(in) == 0 {
		return nil, nil
	}
	if err := c.declareVariables(); err != nil {
		return nil, field.ErrorList{field.InternalError(at, err)}
	}
	var all []variable
	var mistakes field.ErrorList
	for i, v := range in {
		at := at.Index(i)
		switch {
		case v.Name == "":
			mistakes = append(mistakes, field.Required(at.Child("name"), "must be set"))
		case !isIdentifier(v.Name):
			mistakes = append(mistakes, field.Invalid(at.Child("name"), v.Name, "must be an identifier of CEL"))
		case c.variables.Fields[v.Name] != nil:
			mistakes = append(mistakes, field.Duplicate(at.Child("name"), v.Name))
		}
		compiled, output, wrong := c.compile(v.Expression, nil, at.Child("expression"))
		mistakes = append(mistakes, wrong...)
		declared := apiservercel.DynType // so that what is wrong with a variable is said once
		if output != nil {
			declared = variableType(output)
		}
		c.variables.Fields[v.Name] = apiservercel.NewDeclField(v.Name, declared, true, nil, nil)
		all = append(all, variable{v.Name, compiled})
	}
	return all, mistakes
}

var (
	identifier = regexp.MustCompile(`^[_a-zA-Z][_a-zA-Z0-9]*$`)
	reserved   = map[string]bool{
		"true": true, "false": true, "null": true, "in": true, "as": true, "break": true, "const": true, "continue": true,
		"else": true, "for": true, "function": true, "if": true, "import": true, "let": true, "loop": true, "package": true,
		"namespace": true, "return": true, "var": true, "void": true, "while": true,
	}
)

// isIdentifier is by CEL's grammar.
func isIdentifier(name string) bool { return identifier.MatchString(name) && !reserved[name] }

// explain makes a mistake of each thing that CEL finds wrong, with its place in
// the expression: line:column.
func explain(issues *cel.Issues, at *field.Path) field.ErrorList {
	var mistakes field.ErrorList
	for _, issue := range issues.Errors() {
		text := strings.TrimSuffix(strings.Join(strings.Fields(issue.Message), " "), " (in container '')")
		switch text {
		case "undeclared reference to 'params'", "undeclared reference to 'authorizer'":
			text += ": Guardrails have neither params nor an authorizer"
		case "undeclared reference to 'variables'":
			text += ": there are none here"
		}
		mistakes = append(mistakes, field.Invalid(at, field.OmitValueType{},
			fmt.Sprintf("%d:%d: %s", issue.Location.Line(), issue.Location.Column()+1, text)))
	}
	return mistakes
}
