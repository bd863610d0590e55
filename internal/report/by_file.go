package report

import "iter"

// inFile is what there is to say of one file.
type inFile struct {
	name    string
	errors  []*Error
	results []*Result
}

// byFile groups what there is to say, in the order of the findings. Where these are sorted there is
// one file at a time in memory.
func (r *Report) byFile() iter.Seq[*inFile] {
	if !r.inOrder {
		return r.gathered()
	}
	return func(yield func(*inFile) bool) {
		wrong, told := r.errorsByFile(), map[string]bool{}
		file := &inFile{}
		for f := range r.All() {
			if len(file.results) > 0 && f.File != file.name {
				if !yield(file) {
					return
				}
				file = &inFile{}
			}
			if file.name = f.File; len(file.results) == 0 {
				file.errors, told[f.File] = wrong[f.File], true
			}
			file.results = append(file.results, f)
		}
		if len(file.results) > 0 && !yield(file) {
			return
		}
		for i := range r.Errors {
			name := r.Errors[i].File
			if !told[name] && !yield(&inFile{name: name, errors: wrong[name]}) {
				return
			}
			told[name] = true
		}
	}
}

func (r *Report) errorsByFile() map[string][]*Error {
	all := map[string][]*Error{}
	for i := range r.Errors {
		all[r.Errors[i].File] = append(all[r.Errors[i].File], &r.Errors[i])
	}
	return all
}

// gathered is byFile for findings in any order.
func (r *Report) gathered() iter.Seq[*inFile] {
	return func(yield func(*inFile) bool) {
		known := map[string]*inFile{}
		var files []*inFile
		in := func(name string) *inFile {
			if known[name] == nil {
				known[name] = &inFile{name: name}
				files = append(files, known[name])
			}
			return known[name]
		}
		for f := range r.All() {
			file := in(f.File)
			file.results = append(file.results, f)
		}
		for i := range r.Errors {
			file := in(r.Errors[i].File)
			file.errors = append(file.errors, &r.Errors[i])
		}
		for _, file := range files {
			if !yield(file) {
				return
			}
		}
	}
}
