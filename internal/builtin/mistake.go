package builtin

// Mistake is what is wrong in a document, and where.
type Mistake struct {
	// Pointer is the place as a JSON Pointer, Path as people read it.
	Pointer, Path string
	Text          string
	// Name says that it is the name of the field which is wrong, and not its value.
	Name string
}

func (m *Mistake) Error() string { return m.Path + ": " + m.Text }
