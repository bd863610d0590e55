package plan

import (
	"container/list"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

// maxFormer bounds the objects that are remembered, in bytes. What is older than they are is as if
// it had not been in the log.
const maxFormer = 32 << 20

// name is an object of a cluster.
type name struct {
	resource        schema.GroupResource
	namespace, name string
}

// former are the objects that requests of a log have left behind: an update is compared with what
// it replaces, which the log has nowhere else.
type former struct {
	at    map[name]*list.Element
	order list.List // the oldest first
	bytes int
}

type object struct {
	name
	raw []byte
}

func newFormer() *former { return &former{at: map[name]*list.Element{}} }

// find is an object as the last request left it, or nil where that is not known.
func (f *former) find(n name) []byte {
	if e := f.at[n]; e != nil {
		return e.Value.(*object).raw
	}
	return nil
}

func (f *former) forget(n name) {
	if e := f.at[n]; e != nil {
		f.bytes -= len(e.Value.(*object).raw)
		f.order.Remove(e)
		delete(f.at, n)
	}
}

func (f *former) keep(n name, raw []byte) {
	f.forget(n)
	f.at[n] = f.order.PushBack(&object{n, raw})
	f.bytes += len(raw)
	for f.bytes > maxFormer {
		f.forget(f.order.Front().Value.(*object).name)
	}
}
