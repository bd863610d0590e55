package check

import (
	"taffrail.dev/taffrail/internal/manifest"
	"taffrail.dev/taffrail/internal/report"
)

// quoter says where findings stand, and takes what outputs quote of a manifest while it is at hand.
type quoter struct {
	on bool
}

// locate fills in where a value stands.
func (q *quoter) locate(result *report.Result, object *manifest.Object, pointer string) {
	result.Line, result.Column = object.PositionAt(pointer)
	value, missing := object.SpanAt(pointer)
	result.Missing = report.MissingIn(result.Path, missing)
	q.mark(result, object, value)
}

// mark is for who knows the place.
func (q *quoter) mark(result *report.Result, object *manifest.Object, value manifest.Span) {
	result.Value, result.EndLine, result.EndColumn = value, value.EndLine, value.EndColumn
	if !q.on || len(object.Text()) == 0 { // of what is rendered, the text may not be known
		return
	}
	result.Excerpt = object.Excerpt(value)
	if len(result.Fix) == 0 {
		return
	}
	// What cannot be edited in the text is a fix all the same, for whoever writes it by hand.
	if changes, err := object.Replacements(result.Fix); err == nil {
		result.Changes, result.Diff = changes, object.Diff(changes, report.MostFixed)
	}
}
