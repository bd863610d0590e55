package report

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"io"

	"taffrail.dev/taffrail/internal/manifest"
	"taffrail.dev/taffrail/internal/workload"
)

// packer writes findings into memory, unpacker reads them. A field that is new must be in both: a test
// fills each.
type packer struct{ buffer []byte }

func (p *packer) number(all ...int) {
	for _, n := range all {
		p.buffer = binary.AppendVarint(p.buffer, int64(n))
	}
}

func (p *packer) text(all ...string) {
	for _, text := range all {
		p.number(len(text))
		p.buffer = append(p.buffer, text...)
	}
}

func (p *packer) truth(all ...bool) {
	for _, is := range all {
		n := 0
		if is {
			n = 1
		}
		p.number(n)
	}
}

func (p *packer) texts(all []string) {
	p.number(len(all))
	p.text(all...)
}

func (p *packer) span(s manifest.Span) { p.number(s.Line, s.Column, s.EndLine, s.EndColumn) }

func (p *packer) result(f *Result) {
	p.number(f.Line, f.Column, f.EndLine, f.EndColumn)
	p.text(f.File, f.Kind, f.Namespace, f.Name, f.Guardrail, f.Validator, f.Control, string(f.Action), f.Severity, f.Path, f.Message,
		f.Ignored, f.Resource, f.Missing, f.Identity, f.Cause, f.Must)
	p.truth(f.FixIsSafe, f.Rule, f.Excerpt != nil, f.Diff != nil)
	p.span(f.Value)
	p.number(len(f.Fix))
	for _, op := range f.Fix {
		p.text(op.Op, op.Path, jsonOf(op.Value))
	}
	if e := f.Excerpt; e != nil {
		p.number(e.Line)
		p.text(e.Before, e.Marked, e.After)
		p.truth(e.CutBefore, e.CutAfter)
	}
	p.number(len(f.Changes))
	for _, c := range f.Changes {
		p.span(c.Span)
		p.text(c.New)
	}
	if d := f.Diff; d != nil {
		p.number(d.Line)
		p.texts(d.Removed)
		p.texts(d.Added)
	}
}

// jsonOf is a value as forms write it, or nothing where there is none.
func jsonOf(value any) string {
	if value == nil {
		return ""
	}
	var b bytes.Buffer
	encode(&b, value, "")
	return string(bytes.TrimSpace(b.Bytes()))
}

type unpacker struct{ in *bufio.Reader }

func (u *unpacker) number() int {
	n, _ := binary.ReadVarint(u.in)
	return int(n)
}

func (u *unpacker) text() string {
	text := make([]byte, u.number())
	_, _ = io.ReadFull(u.in, text)
	return string(text)
}

func (u *unpacker) truth() bool { return u.number() != 0 }

func (u *unpacker) texts() (all []string) {
	for range u.number() {
		all = append(all, u.text())
	}
	return all
}

func (u *unpacker) span() manifest.Span {
	return manifest.Span{Line: u.number(), Column: u.number(), EndLine: u.number(), EndColumn: u.number()}
}

func (u *unpacker) result() *Result {
	f := &Result{Line: u.number(), Column: u.number(), EndLine: u.number(), EndColumn: u.number()}
	for _, into := range []*string{
		&f.File, &f.Kind, &f.Namespace, &f.Name, &f.Guardrail, &f.Validator, &f.Control, (*string)(&f.Action), &f.Severity, &f.Path, &f.Message,
		&f.Ignored, &f.Resource, &f.Missing, &f.Identity, &f.Cause, &f.Must,
	} {
		*into = u.text()
	}
	f.FixIsSafe, f.Rule = u.truth(), u.truth()
	quoted, changed := u.truth(), u.truth()
	f.Value = u.span()
	for range u.number() {
		f.Fix = append(f.Fix, u.operation())
	}
	if quoted {
		f.Excerpt = &manifest.Excerpt{Line: u.number(), Before: u.text(), Marked: u.text(), After: u.text(), CutBefore: u.truth(), CutAfter: u.truth()}
	}
	for range u.number() {
		f.Changes = append(f.Changes, manifest.Replacement{Span: u.span(), New: u.text()})
	}
	if changed {
		f.Diff = &manifest.Diff{Line: u.number(), Removed: u.texts(), Added: u.texts()}
	}
	return f
}

func (u *unpacker) operation() workload.Operation {
	op := workload.Operation{Op: u.text(), Path: u.text()}
	if value := u.text(); value != "" {
		op.Value = json.RawMessage(value)
	}
	return op
}
