package fix

import (
	"bytes"
	"context"
	"errors"
	"io"
	"reflect"

	kjson "sigs.k8s.io/json"

	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/check"
	"taffrail.dev/taffrail/internal/edit"
	"taffrail.dev/taffrail/internal/inorder"
	"taffrail.dev/taffrail/internal/manifest"
	"taffrail.dev/taffrail/internal/report"
)

// Options are what to fix, and with what.
type Options struct {
	check.Options
	// Only are names of checks, of their controls or of defaults: nothing else is fixed. Nil is all.
	Only []string
	// Unsafe allows fixes that change what an object does.
	Unsafe bool
	// Passing says that nobody asks for Result.Stream: no file is kept then.
	Passing bool
}

// Result is what has been fixed.
type Result struct {
	// Files are all, unless they were only passed on.
	Files []*File
	Notes []string
	// Errors are about inputs that cannot be read.
	Errors []report.Error

	totals Totals
}

// File is what has become of a file.
type File struct {
	Name string
	// Before is what is in it, and Edits what is to be different.
	Before []byte
	Edits  []edit.Edit
	// Objects is how many are in it.
	Objects int
	// Defaults and Fixes count what has been written: defaults of guardrails, and fixes of findings.
	Defaults, Fixes int
	// Left are the findings that are left, with lines of the file as it is after the edits.
	Left []Left
	// Errors are why the file is left as it is.
	Errors []report.Error
}

// Left is a finding that is left.
type Left struct {
	report.Result
	// Why says why its fix has not been made, where it has one.
	Why string
}

// After is what the file should hold.
func (f *File) After() []byte { return edit.Apply(f.Before, f.Edits) }

// Run fixes what arguments stand for, in memory, and passes each file on in its order. Its error is
// about the options.
func Run(ctx context.Context, o Options, stdin io.Reader, then func(*File), args ...string) (*Result, error) {
	only, err := newSelection(o.Only, o.Objects)
	if err != nil {
		return nil, err
	}
	sources := manifest.Open(stdin, args...)
	r := &run{Evaluator: check.NewEvaluator(sources, o.Options), only: only, unsafe: o.Unsafe}
	if r.set, err = r.Compile(o.Objects); err != nil {
		return nil, err
	}
	if r.defaults, err = r.Compile(only.defaultsOf(o.Objects)); err != nil {
		return nil, err
	}
	if r.mutations, err = r.Compile(only.mutationsOf(o.Objects)); err != nil {
		return nil, err
	}
	result := &Result{}
	for _, e := range sources.Errors {
		result.Errors = append(result.Errors, errorOf(e))
	}
	inorder.Each(sources.Len(), func() func(int) *File {
		own := *r
		own.Evaluator = r.Twin()
		return func(i int) *File {
			if ctx.Err() != nil {
				return nil
			}
			return own.file(ctx, sources.File(i))
		}
	}, func(file *File) {
		if ctx.Err() != nil {
			return
		}
		then(file)
		result.totals.add(file)
		if !o.Passing {
			result.Files = append(result.Files, file)
		}
	})
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	result.Notes = r.Notes(r.set, o.Objects)
	return result, nil
}

func errorOf(e *manifest.Error) report.Error {
	return report.Error{File: e.File, Line: e.Line, Message: e.Text}
}

// run are files on their way.
type run struct {
	*check.Evaluator
	set *guardrail.Set
	// defaults is a set of nothing but the defaults that are to be written.
	defaults *guardrail.Set
	// mutations is one of nothing but the mutations that are to be written.
	mutations *guardrail.Set
	only      *selection
	unsafe    bool
}

func (r *run) file(ctx context.Context, source *manifest.File) *File {
	f := &File{Name: source.Name, Before: source.Text}
	input := source.Parse(source.Text)
	f.Objects = len(input.Objects)
	if isTemplate(source.Text, input) {
		f.Errors = []report.Error{{File: f.Name, Message: templateAdvice}}
		return f
	}
	for _, e := range input.Errors {
		f.Errors = append(f.Errors, errorOf(e))
	}
	var patches []*patching
	ignored := r.ignored(ctx, source)
	for _, object := range input.Objects {
		p := r.object(ctx, object, ignored)
		if p.err != nil {
			f.Errors = append(f.Errors, *p.err)
		}
		patches = append(patches, p)
	}
	if len(f.Errors) > 0 {
		return f
	}
	if err := f.edit(source, patches); err != nil {
		f.Errors = []report.Error{{File: f.Name, Message: err.Error()}}
		return f
	}
	f.left(r, r.Report(ctx, r.set, source.Parse(f.After())), patches)
	return f
}

// edit makes the edits of all objects, and holds that the text then says what is meant by them.
func (f *File) edit(source *manifest.File, patches []*patching) (err error) {
	var all []manifest.Patch
	for _, p := range patches {
		f.Defaults += p.defaults
		f.Fixes += p.fixes
		if len(p.operations) > 0 {
			all = append(all, manifest.Patch{Object: p.object, Operations: p.operations})
		}
	}
	if f.Edits, err = manifest.Edits(all...); err != nil {
		return err
	}
	after := source.Parse(f.After())
	different := len(after.Errors) > 0 || len(after.Objects) != len(patches)
	for i := 0; !different && i < len(patches); i++ {
		different = !same(after.Objects[i].Raw, patches[i].raw)
	}
	if different {
		f.Edits, f.Defaults, f.Fixes = nil, 0, 0
		return errors.New("cannot be fixed without changing something else in it; please report this as a bug of Taffrail")
	}
	return nil
}

// same tells whether two JSON texts say the same.
func same(a, b []byte) bool {
	var x, y any
	return bytes.Equal(a, b) || kjson.UnmarshalCaseSensitivePreserveInts(a, &x) == nil &&
		kjson.UnmarshalCaseSensitivePreserveInts(b, &y) == nil && reflect.DeepEqual(x, y)
}
