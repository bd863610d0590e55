package docs_test

import (
	"go/ast"
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// codeName is a name of the code: `package.Name` or `package.Type.Member`.
var codeName = regexp.MustCompile("`([a-z]+)\\.([A-Za-z]+(?:\\.[A-Za-z]+)?)`")

// A document that names what the code does not have any more sends its reader astray.
func TestEveryNameOfTheCodeThatTheDocumentsNameExists(t *testing.T) {
	known := declared(t)
	checked := 0
	for _, document := range documents(t) {
		for _, found := range codeName.FindAllStringSubmatch(read(t, document), -1) {
			names, ours := known[found[1]]
			if !ours {
				continue // of another project, or a file such as `doctor.go`
			}
			checked++
			assert.True(t, names[found[2]] || strings.HasSuffix(found[2], "go"),
				"%s names %s.%s, which does not exist", document, found[1], found[2])
		}
	}
	assert.Greater(t, checked, 20)
}

// declared are the names of each package: functions and types, fields and methods behind their type.
func declared(t *testing.T) map[string]map[string]bool {
	t.Helper()
	packages := map[string]map[string]bool{}
	require.NoError(t, filepath.WalkDir("..", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file := parse(t, path)
		names := packages[file.Name.Name]
		if names == nil {
			names = map[string]bool{}
			packages[file.Name.Name] = names
		}
		for _, d := range file.Decls {
			declare(names, d)
		}
		return nil
	}))
	return packages
}

func declare(names map[string]bool, d ast.Decl) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		name := d.Name.Name
		if d.Recv != nil {
			name = receiver(d.Recv.List[0].Type) + "." + name
		}
		names[name] = true
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch spec := spec.(type) {
			case *ast.ValueSpec:
				for _, name := range spec.Names {
					names[name.Name] = true
				}
			case *ast.TypeSpec:
				names[spec.Name.Name] = true
				declareMembers(names, spec)
			}
		}
	}
}

func declareMembers(names map[string]bool, spec *ast.TypeSpec) {
	var members *ast.FieldList
	switch kind := spec.Type.(type) {
	case *ast.StructType:
		members = kind.Fields
	case *ast.InterfaceType:
		members = kind.Methods
	default:
		return
	}
	for _, member := range members.List {
		for _, name := range member.Names {
			names[spec.Name.Name+"."+name.Name] = true
		}
	}
}

// receiver is the name of a receiver's type, without its star and its type parameters.
func receiver(t ast.Expr) string {
	switch t := t.(type) {
	case *ast.StarExpr:
		return receiver(t.X)
	case *ast.IndexExpr:
		return receiver(t.X)
	case *ast.Ident:
		return t.Name
	default:
		return ""
	}
}
