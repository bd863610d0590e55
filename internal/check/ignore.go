package check

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

	kjson "sigs.k8s.io/json"

	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/builtin"
	"taffrail.dev/taffrail/internal/manifest"
	"taffrail.dev/taffrail/internal/report"
	"taffrail.dev/taffrail/validators"
)

// ignores are what the manifests of a file say is to be ignored. No cluster hears of it.
type ignores struct {
	names    *ignorable
	comments map[*[]manifest.IgnoreComment][]ignore
	// of is the object that annotations were last read of.
	of          *manifest.Object
	annotations []ignore
}

// ignore is one check that is to be ignored.
type ignore struct {
	report.Ignore
	reason string
	// about is a line. Of an annotation it is 0: that is about all of the object.
	about int
}

// ignored fills in why a finding at a JSON Pointer of an object is ignored, if it is.
func (e *evaluated) ignored(result *report.Result, object *manifest.Object, pointer string) {
	all := e.ignoresOf(object)
	if len(all) == 0 {
		return
	}
	lines := linesAbout(object, pointer)
	for i := range all {
		if one := &all[i]; one.covers(result) && (one.about == 0 || slices.Contains(lines, one.about)) {
			result.Ignored = one.reason
			e.Ignores(one.Ignore, true)
			return
		}
	}
}

func (i *ignore) covers(result *report.Result) bool {
	check, control, narrow := strings.Cut(i.Name, "/")
	return i.Wrong == "" && check == result.Validator && (!narrow || control == result.Control)
}

// linesAbout are where a comment must stand to be about a value: on its line. What is found in an
// object as a whole has several lines.
func linesAbout(object *manifest.Object, pointer string) []int {
	line, column := object.PositionAt(pointer)
	lines := []int{line}
	if first, begin := object.PositionAt(""); first != line || begin != column {
		return lines
	}
	for _, head := range []string{"/apiVersion", "/kind", "/metadata", "/metadata/name"} {
		line, _ := object.PositionAt(head)
		lines = append(lines, line)
	}
	return lines
}

// ignoresOf reads what is to be ignored of an object.
func (e *evaluated) ignoresOf(object *manifest.Object) []ignore {
	i := &e.ignores
	if i.of != object {
		i.of, i.annotations = object, i.annotated(object)
	}
	comments := object.Ignores()
	if len(*comments) == 0 {
		return i.annotations
	}
	if i.comments == nil {
		i.comments = map[*[]manifest.IgnoreComment][]ignore{}
	}
	known, is := i.comments[comments]
	if !is {
		for _, comment := range *comments {
			known = append(known, i.commented(object.File, comment)...)
		}
		i.comments[comments] = known
	}
	return slices.Concat(i.annotations, known)
}

// see notes what is to be ignored of an object that is evaluated: what ignores nothing is told.
func (e *evaluated) see(object *manifest.Object) {
	for _, one := range e.ignoresOf(object) {
		e.Ignores(one.Ignore, false)
	}
}

// commented reads a comment: names, a colon and a reason.
func (i *ignores) commented(file string, comment manifest.IgnoreComment) (all []ignore) {
	names, reason, _ := strings.Cut(comment.Text, ":")
	if strings.TrimSpace(names) == "" {
		return []ignore{{Ignore: report.Ignore{
			File: file, Line: comment.Line, Wrong: "taffrail:ignore names no check: must be `# taffrail:ignore CHECK: REASON`",
		}}}
	}
	for name := range strings.SplitSeq(names, ",") {
		at := report.Ignore{File: file, Line: comment.Line, Name: strings.TrimSpace(name)}
		all = append(all, i.one(at, reason, "# taffrail:ignore "+at.Name+": REASON", comment.About))
	}
	return all
}

// annotationPrefix begins the annotations that say what of an object is to be ignored. A key has one
// slash: a control stands behind a dot.
const annotationPrefix = "ignore.taffrail.dev/"

func (i *ignores) annotated(object *manifest.Object) (all []ignore) {
	if !bytes.Contains(object.Raw, []byte(annotationPrefix)) {
		return nil
	}
	var in struct {
		Metadata struct {
			Annotations map[string]string `json:"annotations"`
		} `json:"metadata"`
	}
	// What cannot be read is told when the object is evaluated.
	if kjson.UnmarshalCaseSensitivePreserveInts(object.Raw, &in) != nil {
		return nil
	}
	for _, key := range slices.Sorted(maps.Keys(in.Metadata.Annotations)) {
		if name, is := strings.CutPrefix(key, annotationPrefix); is {
			line, _ := object.PositionAt("/metadata/annotations/" + strings.ReplaceAll(key, "/", "~1"))
			at := report.Ignore{File: object.File, Line: line, Name: strings.Replace(name, ".", "/", 1)}
			all = append(all, i.one(at, in.Metadata.Annotations[key], key+": REASON", 0))
		}
	}
	return all
}

func (i *ignores) one(at report.Ignore, reason, form string, about int) ignore {
	reason = strings.TrimSpace(reason)
	if at.Wrong = i.names.wrong(at.Name); at.Wrong == "" && reason == "" {
		at.Wrong = fmt.Sprintf("taffrail:ignore %s has no reason: must be `%s`", at.Name, form)
	}
	if at.Wrong != "" {
		at.Wrong += "; nothing is ignored by it"
	}
	return ignore{at, reason, about}
}

// ignorable are the names of what can be ignored.
type ignorable struct{ rules map[string]bool }

func ignorableIn(objects guardrail.Objects) *ignorable {
	i := &ignorable{rules: map[string]bool{builtin.SchemaName: true}}
	for _, g := range objects.Guardrails {
		for _, rule := range g.Spec.Rules {
			i.rules[rule.Name] = true
		}
	}
	return i
}

// wrong says what is wrong with a name: a check, a check and one of its controls, or a rule.
func (i *ignorable) wrong(name string) string {
	check, control, narrow := strings.Cut(name, "/")
	v, known := validators.Find(check)
	switch {
	case i.rules[name], known && !narrow, known && slices.Contains(v.Controls, control):
		return ""
	case known:
		return fmt.Sprintf("taffrail:ignore %s: must name a control of %s%s; `taffrail explain %s` lists them", name, check, didYouMean(control, v.Controls), check)
	}
	names := slices.AppendSeq(validators.Names(), maps.Keys(i.rules))
	return fmt.Sprintf("taffrail:ignore %s: must be a name of the catalogue or of a rule%s", name, didYouMean(check, names))
}

func didYouMean(name string, names []string) string {
	if nearest := guardrail.NearestName(name, names); nearest != "" {
		return fmt.Sprintf(", did you mean %q?", nearest)
	}
	return ""
}
