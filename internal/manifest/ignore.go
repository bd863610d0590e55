package manifest

import (
	"bytes"
	"regexp"
	"strings"
	"sync"
)

// IgnoreComment is a comment that says what of a manifest is to be ignored.
type IgnoreComment struct {
	// Line is where it stands, About the line that it is about: its own, or where it stands alone the
	// next that has anything but comments.
	Line, About int
	// Text is what follows the mark.
	Text string
}

// Ignores are the comments of the document that an object is in: one pointer a document.
func (o *Object) Ignores() *[]IgnoreComment {
	d := o.document
	d.ignores.once.Do(func() {
		if !d.json && bytes.Contains(d.data, []byte(ignoreMark)) {
			d.ignores.all = ignoresIn(d.data, d.start.line)
		}
	})
	return &d.ignores.all
}

// ignores are read when they are first asked for.
type ignores struct {
	once sync.Once
	all  []IgnoreComment
}

const ignoreMark = "taffrail:ignore"

var ignoreComment = regexp.MustCompile(`(?:^|[ \t])#[ \t]*` + ignoreMark + `\b(.*)$`)

// blockHeader ends a line that a text follows which may hold anything.
var blockHeader = regexp.MustCompile(`(?:^|[ \t])[|>][-+0-9]*[ \t]*(?:#.*)?$`)

// ignoresIn finds the comments. What looks like one in a block of text, such as a script, is none.
func ignoresIn(data []byte, first int) (all []IgnoreComment) {
	waiting := 0 // how many of the last stand alone, before the line that they are about
	block := -1  // how far the text of a block is indented at least
	number := first - 1
	for raw := range bytes.Lines(data) {
		number++
		text := strings.TrimRight(string(raw), "\r\n")
		content := strings.TrimLeft(text, " \t")
		indent := len(text) - len(content)
		if block >= 0 && (content == "" || indent > block) {
			continue
		}
		block = -1
		comment := strings.HasPrefix(content, "#")
		if content != "" && !comment && content != "---" {
			for i := range waiting {
				all[len(all)-1-i].About = number
			}
			waiting = 0
		}
		if found := ignoreComment.FindStringSubmatch(text); found != nil {
			all = append(all, IgnoreComment{Line: number, About: number, Text: found[1]})
			if comment {
				waiting++
			}
		}
		if blockHeader.MatchString(text) && !comment {
			block = indent + len(content) - len(strings.TrimLeft(content, "- "))
		}
	}
	return all
}
