// Package audit evaluates what is already in a cluster: each object as its creation would be, by the
// engine that the webhook serves with.
//
// Objects are listed page by page, and nothing of them is kept but their names, their owners and what
// is found: a cluster of any size fits. Nothing is written.
package audit
