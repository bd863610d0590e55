package sets

// Object says which object a fact is of.
type Object struct {
	At   At
	Kind string
	// Namespace is empty for objects that are in none.
	Namespace, Name string
}

// At is where an object can be read once more: a file and its place in it, for whoever has counted
// them.
type At struct{ File, Object int32 }

// Same tells whether two facts are of one object. Inputs may hold it in several variants, as a base
// and its overlays do, of which a cluster only gets one.
func (o *Object) Same(other *Object) bool {
	return o.Kind == other.Kind && o.Namespace == other.Namespace && o.Name == other.Name
}

// Before orders objects by what they are called, so that what is said of two of them does not depend
// on which file came first.
func (o *Object) Before(other *Object) bool {
	if o.Namespace != other.Namespace {
		return o.Namespace < other.Namespace
	}
	return o.Name < other.Name
}

// Fact is what is kept of an object.
type Fact interface{ object() *Object }

func (o *Object) object() *Object { return o }
