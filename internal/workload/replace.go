package workload

// What follows changes or takes out what is set. Only verbs whose job that is
// use it: ReplaceImage, RemoveVolumes and their like.

// change notes that the value at path is another one. Where none is set yet, it is added.
func (p *Pod) change(path *Path, set bool, value any) {
	if p.recorder == nil {
		return
	}
	op := Add(path, value)
	if set {
		op = Replace(path, value)
	}
	p.recorder.operations = append(p.recorder.operations, op)
}

// remove notes that the member at path is gone.
func (p *Pod) remove(path *Path) {
	if p.recorder != nil {
		p.recorder.operations = append(p.recorder.operations, Remove(path))
	}
}

// removeItem notes that an item of a list is gone. The name is tested first: an
// index alone would take out whatever has come to stand there.
func (p *Pod) removeItem(item *Path, name string) {
	if p.recorder != nil {
		test := Operation{Op: "test", Path: item.Child("name").Pointer(), Value: name}
		p.recorder.operations = append(p.recorder.operations, test, Remove(item))
	}
}
