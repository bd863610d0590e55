package manifest

import (
	"slices"

	"taffrail.dev/taffrail/internal/edit"
	"taffrail.dev/taffrail/internal/workload"
)

// Patch is a JSON patch of an object as it is written: see Fit.
type Patch struct {
	Object     *Object
	Operations []workload.Operation
}

// Edits are what operations change in the file of the object. Offsets are those of the file.
func (o *Object) Edits(operations []workload.Operation) ([]edit.Edit, error) {
	return Edits(Patch{o, operations})
}

// Edits are what patches of objects of one file change in it.
func Edits(patches ...Patch) (all []edit.Edit, err error) {
	var documents []*document
	of := map[*document][]edit.Patch{}
	for _, p := range patches {
		d := p.Object.document
		if of[d] == nil {
			documents = append(documents, d)
		}
		of[d] = append(of[d], edit.Patch{At: p.Object.at, Operations: p.Operations})
	}
	slices.SortFunc(documents, func(a, b *document) int { return a.offset - b.offset })
	for _, d := range documents {
		editable, err := d.editable()
		if err != nil {
			return nil, err
		}
		edits, err := editable.Edits(of[d]...)
		if err != nil {
			return nil, err
		}
		for _, e := range edits {
			all = append(all, edit.Edit{Start: e.Start + d.offset, End: e.End + d.offset, New: e.New})
		}
	}
	return all, nil
}

// With is the object with other JSON, at the same place of the file.
func (o *Object) With(raw []byte) *Object {
	with := *o
	with.Raw = raw
	if head, _, err := readHead(raw); err == nil {
		with.APIVersion, with.Kind, with.Namespace, with.Name = head.APIVersion, head.Kind, head.Namespace, head.Name
	}
	return &with
}

// File is a file that is to be read more than once.
type File struct {
	Name string
	Text []byte
	// Err is why it cannot be read.
	Err error

	source source
}

// File reads the bytes of a file.
func (s *Sources) File(i int) *File {
	file := &s.files[i]
	data, err := s.bytes(file)
	s.kept.drop(file)
	return &File{Name: file.name, Text: data, Err: err, source: *file}
}

// Parse reads a text in the place of the file's.
func (f *File) Parse(text []byte) *Input {
	in := &Input{}
	if f.Err != nil {
		in.fail(Place{File: f.Name}, f.Err)
		return in
	}
	in.parse(f.source, text, nil)
	return in
}
