package reference

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// goTypes are the types of a package, by their names.
type goTypes map[string]*ast.TypeSpec

func typesOf(t *testing.T, directory string) goTypes {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(directory, "*.go"))
	require.NoError(t, err)
	all := goTypes{}
	for _, name := range files {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.ParseComments)
		require.NoError(t, err)
		for _, d := range file.Decls {
			list, is := d.(*ast.GenDecl)
			if !is {
				continue
			}
			for _, spec := range list.Specs {
				if of, is := spec.(*ast.TypeSpec); is {
					of.Doc = list.Doc
					all[of.Name.Name] = of
				}
			}
		}
	}
	return all
}

// schema is what the generator of definitions would say of a type, as far as the page shows it.
func (g goTypes) schema(name string) fieldSchema {
	s := g.of(g[name].Type)
	s.Description, s.Enum = describedBy(g[name].Doc)
	return s
}

func (g goTypes) of(expression ast.Expr) fieldSchema {
	switch e := expression.(type) {
	case *ast.StarExpr:
		return g.of(e.X)
	case *ast.ArrayType:
		items := g.of(e.Elt)
		return fieldSchema{Type: "array", Items: &items}
	case *ast.StructType:
		return g.fields(e)
	case *ast.Ident:
		switch {
		case g[e.Name] != nil:
			return g.schema(e.Name)
		case e.Name == "bool":
			return fieldSchema{Type: "boolean"}
		default:
			return fieldSchema{Type: e.Name}
		}
	default: // a map, or a type of Kubernetes
		return fieldSchema{Type: "object"}
	}
}

func (g goTypes) fields(of *ast.StructType) fieldSchema {
	s := fieldSchema{Type: "object", Properties: map[string]fieldSchema{}}
	for _, f := range of.Fields.List {
		name, options, _ := strings.Cut(strings.Split(f.Tag.Value, `"`)[1], ",")
		if name == "" {
			continue
		}
		field := g.of(f.Type)
		about, enum := describedBy(f.Doc)
		field.Description = about
		if len(enum) > 0 {
			field.Enum = enum
		}
		if !strings.Contains(options, "omitempty") {
			s.Required = append(s.Required, name)
		}
		s.Properties[name] = field
	}
	return s
}

// describedBy parts what a comment tells people from what it tells the generator.
func describedBy(doc *ast.CommentGroup) (about string, enum []any) {
	var words []string
	for line := range strings.Lines(doc.Text()) {
		line = strings.TrimSpace(line)
		if values, is := strings.CutPrefix(line, "+kubebuilder:validation:Enum="); is {
			for value := range strings.SplitSeq(values, ";") {
				enum = append(enum, value)
			}
		}
		if !strings.HasPrefix(line, "+") {
			words = append(words, line)
		}
	}
	return strings.TrimSpace(strings.Join(words, "\n")), enum
}
