// Package sets is what checks over a whole set of objects know of it.
//
// Inputs may be of any size, so no object is kept. As it passes, Of reduces it to facts: what it is
// called, the labels of its Pods, what it selects and refers to. A Set holds the facts by namespace,
// and answers which Pods a selector selects and what is there, without going through all of them. A
// check runs over the Set at the end, and names the objects in which it finds something.
package sets
