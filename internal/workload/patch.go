package workload

// Operation is one operation of a JSON patch (RFC 6902).
type Operation struct {
	Op    string `json:"op"`
	Path  string `json:"path"`
	Value any    `json:"value,omitzero"`
}

// Add is the operation that adds a member to an object, or replaces it.
func Add(p *Path, value any) Operation { return Operation{Op: "add", Path: p.Pointer(), Value: value} }

// AddMember is the operation that adds a member to an object, or the object with it where that is not
// there.
func AddMember(object *Path, there bool, name string, value any) Operation {
	if there {
		return Add(object.Child(name), value)
	}
	return Add(object, map[string]any{name: value})
}

// Replace is the operation that replaces a value that is there.
func Replace(p *Path, value any) Operation {
	return Operation{Op: "replace", Path: p.Pointer(), Value: value}
}

// Remove is the operation that removes a value that is there.
func Remove(p *Path) Operation { return Operation{Op: "remove", Path: p.Pointer()} }

// recorder notes what the verbs do against the document that was sent. It
// edits what was sent instead of comparing two structs: a comparison loses the
// fields that k8s.io/api does not know, or moves them to another container.
type recorder struct {
	source
	operations []Operation
}

// Record makes the verbs note their operations against the document that the Pod was decoded from.
// It returns false, and the Pod must be left alone, when the document is none that a patch could be
// applied to: a Pod without containers, or with null for a container, which the API server refuses.
func (p *Pod) Record(doc []byte) bool {
	if len(p.Spec.Containers) == 0 {
		return false
	}
	sent := &recorder{source: source{doc: doc}}
	for c := range p.Containers() {
		if c.Name == "" && c.Image == "" && !sent.holds(c.Path()) {
			return false
		}
	}
	p.recorder = sent
	return true
}

// Patch is what the verbs have done since Record.
func (p *Pod) Patch() []Operation {
	if p.recorder == nil {
		return nil
	}
	return p.recorder.operations
}

// sent tells whether the document that was sent has a value at path. Without a
// recorder nothing depends on the answer.
func (p *Pod) sent(path *Path) bool {
	return p.recorder == nil || p.recorder.holds(path)
}

// record notes that the member at the end of members, below base, got a value. The first so many
// members are there already; those that are missing are created with it.
func (p *Pod) record(base *Path, members []string, there int, value any) {
	if p.recorder == nil {
		return
	}
	last := min(there, len(members)-1)
	for i := len(members) - 1; i > last; i-- {
		value = map[string]any{members[i]: value}
	}
	p.recorder.operations = append(p.recorder.operations, Add(base.Child(members[:last+1]...), value))
}

// recordItem notes that a list below base got one more item.
func (p *Pod) recordItem(list *Path, first bool, value any) {
	if p.recorder == nil {
		return
	}
	op := Operation{Op: "add", Path: list.Pointer() + "/-", Value: value}
	if first {
		op = Add(list, []any{value})
	}
	p.recorder.operations = append(p.recorder.operations, op)
}

// count is how many of the parents, outermost first, are there.
func count(parents ...bool) int {
	n := 0
	for _, there := range parents {
		if !there {
			break
		}
		n++
	}
	return n
}
