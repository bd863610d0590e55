// Package edit applies a JSON patch to the text of a YAML or JSON document. Every byte that is not
// part of an edit stays as it was: comments, quotes, order, indentation, anchors and line ends.
//
// The operations are applied to a tree that knows where each value is written. What has become
// different from what is written makes the edits. An anchor that is changed keeps its other uses as
// they were: those aliases are written out.
package edit
