package manifest

// Excerpt is a line of a file, with the part of it that is meant.
type Excerpt struct {
	Line int
	// Before, Marked and After are the text of the line. Of a long one the ends are left out, which
	// CutBefore and CutAfter tell.
	Before, Marked, After string
	CutBefore, CutAfter   bool
}

// The most letters that are kept of a line: of a document in a single line, a few.
const (
	keptBefore = 120
	keptMarked = 160
	keptAfter  = 80
)

// Excerpt is the line that a span of the object begins in. It keeps nothing of the document.
func (o *Object) Excerpt(s Span) *Excerpt {
	d := o.document
	e := &Excerpt{Line: s.Line}
	begin := d.offsetOf(d.inDocument(position{s.Line, s.Column}))
	end, cut := d.lineEnd(begin, keptMarked)
	if marked := d.offsetOf(d.inDocument(position{s.EndLine, s.EndColumn})); s.EndLine == s.Line && marked < end {
		end, cut = marked, false
	}
	var from int
	from, e.CutBefore = d.lineStart(begin, keptBefore)
	to := end
	if e.CutAfter = cut; !cut {
		to, e.CutAfter = d.lineEnd(end, keptAfter)
	}
	// What begins in the middle of a line of the file is another document before it.
	e.CutBefore = e.CutBefore || from == 0 && d.start.column > 1
	e.Before, e.Marked, e.After = string(d.data[from:begin]), string(d.data[begin:end]), string(d.data[end:to])
	return e
}
