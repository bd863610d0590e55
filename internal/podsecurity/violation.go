package podsecurity

import (
	"iter"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/workload"
)

// Violation is one place where an object violates a control.
type Violation struct {
	// Path is where, and Type the kind of error, as in apimachinery's field.Error.
	Path *workload.Path
	Type field.ErrorType
	// Value is what is there, and Detail what must be.
	Value  any
	Detail string
	// Level and Control name the control, and Overrides the one of a lower level that forbids the
	// same place.
	Level, Control, Overrides string
	// Mode is what the Namespace asks for. It is empty where that is not for the Namespace to say.
	Mode Mode
	// Words are Kubernetes' own for the same.
	Words Words
	// Container is the container to blame, or the zero Container, and Volume the volume, or nil.
	Container workload.Container
	Volume    *corev1.Volume
	// Fix are the operations that would fix it, where that can be said mechanically.
	Fix []workload.Operation
	// Safe says that the Fix changes nothing of what the Pod does.
	Safe bool
	// Extent is what an update must not widen, where that is neither the Volume nor the Value.
	Extent *Extent
}

// Words are how Kubernetes says it. The Intro is said once for all violations that have it in common.
type Words struct{ Intro, Reason, Detail string }

// Mode is what follows from a violation.
type Mode string

// The modes, named as in the labels of a Namespace.
const (
	Enforce Mode = "enforce"
	Warn    Mode = "warn"
	Audit   Mode = "audit"
)

// Extent is all that a violation depends on beside its place. Without parts, nothing makes it worse.
type Extent struct {
	// About takes the place of Path for a setting that may be written on the Pod or on its
	// containers. All violations of the old object that are about it count together.
	About *workload.Path
	// Parts are put together when they are asked for: most never are.
	Parts func() []Part
}

// Part is one of the things that a violation depends on, all of which must have been there before.
// A part that one of two violations lacks does not limit it.
type Part struct {
	Name  string
	Items []string
	// In yields what an item lies in, so that it is less than that. It may be nil.
	In func(item string) iter.Seq[string]
}

func invalid(path *workload.Path, value any, detail string) Violation {
	return Violation{Path: path, Type: field.ErrorTypeInvalid, Value: value, Detail: detail}
}

func required(path *workload.Path, detail string) Violation {
	return Violation{Path: path, Type: field.ErrorTypeRequired, Detail: detail}
}

func notSupported(path *workload.Path, value any, detail string) Violation {
	return Violation{Path: path, Type: field.ErrorTypeNotSupported, Value: value, Detail: detail}
}

func forbidden(path *workload.Path, detail string) Violation {
	return Violation{Path: path, Type: field.ErrorTypeForbidden, Detail: detail}
}

// mustBe is about a value that is there, or about its absence.
func mustBe[T any](path *workload.Path, value *T, detail string) Violation {
	if value == nil {
		return required(path, detail)
	}
	return invalid(path, *value, detail)
}

// of blames a container.
func (v Violation) of(c workload.Container) Violation {
	v.Container = c
	return v
}

// fixedBy says how to fix it.
func (v Violation) fixedBy(operations ...workload.Operation) Violation {
	v.Fix = operations
	return v
}

// spans says what the violation depends on.
func (v Violation) spans(parts ...Part) Violation {
	v.Extent = &Extent{Parts: func() []Part { return parts }}
	return v
}
