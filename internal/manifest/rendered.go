package manifest

// Rendered is what a program has made of files: a build of a kustomization, or a template of Helm.
type Rendered struct {
	// File is the file that findings are told in.
	File string
	// Text is the YAML or JSON that came of it.
	Text []byte
	// From is the object that it was made from, where that is known. Places are those in its file.
	From *Object
	// Template is the text of File, where that is a template. Places are those of the lines that the
	// text came from, as far as they can be told.
	Template []byte
}

// Add adds what programs have made.
func (s *Sources) Add(all ...Rendered) {
	known := map[string]bool{}
	for i := range s.files {
		known[s.files[i].name] = true
	}
	for i := range all {
		name := all[i].File
		s.files = append(s.files, source{name: name, rendered: &all[i], more: known[name]})
		known[name] = true
	}
}

// locate has the objects of a text that was rendered tell places of the file that it was made from.
func (r *Rendered) locate(in *Input) {
	documents := map[*document]*document{}
	for _, object := range in.Objects {
		object.Rendered = true
		if r.From != nil {
			object.document, object.at = r.From.document, r.From.at
			continue
		}
		of := object.document
		if documents[of] == nil {
			documents[of] = of.inTemplate(r.Template)
		}
		object.document = documents[of]
	}
	for _, err := range in.Errors {
		err.Line = 0 // of the text, which nobody has
	}
}
