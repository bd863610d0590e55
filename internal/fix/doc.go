// Package fix writes into manifests what guardrails would have in them: the defaults that Pods get
// when they are created, and the fixes of findings that can be made mechanically.
//
// A file is evaluated as it is in `taffrail check`, changed in memory, evaluated again, and so on
// until nothing changes any more. Only what is different then is edited in its text, and what the
// text says after that is compared with what was meant.
package fix
