package manifest

import "slices"

// Exclude leaves out files that were found in directories, and says how many. A file that was named
// stays: whoever names it means it.
func (s *Sources) Exclude(excluded func(file string) bool) (left int) {
	before := len(s.files)
	s.files = slices.DeleteFunc(s.files, func(file source) bool { return file.found && excluded(file.name) })
	return before - len(s.files)
}
