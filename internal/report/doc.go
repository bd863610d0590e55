// Package report is what there is to say of objects that were evaluated outside of a cluster, or
// that are in one, and the forms in which people and programs read it.
package report
