package guardrailtest

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/files"
	"taffrail.dev/taffrail/internal/workload"
)

// entry is what an item of spec.guardrails stands for.
type entry struct {
	from    string
	objects guardrail.Objects
	// err is what is wrong with it, each mistake with its place.
	err error
}

// shelf has each entry once, and each set of them: to compile one takes longer than to run its
// cases.
type shelf struct {
	entries map[string]*entry
	sets    map[string]*guardrails
}

func newShelf() *shelf {
	return &shelf{entries: map[string]*entry{}, sets: map[string]*guardrails{}}
}

// entry reads what a name or a path stands for. The mistake says that it stands for nothing.
func (s *shelf) entry(dir, name string) (e *entry, mistake *field.Error) {
	from := name
	if !files.IsReadyMade(name) {
		from = filepath.Join(dir, filepath.FromSlash(name))
		if filepath.IsAbs(name) {
			from = filepath.Clean(name)
		}
		if _, err := os.Stat(from); err != nil || name == "" {
			return nil, unknown(name)
		}
	}
	if known := s.entries[from]; known != nil {
		return known, nil
	}
	e = &entry{from: from}
	s.entries[from] = e
	if files.IsReadyMade(name) {
		e.objects, e.err = files.ReadyMade(name)
	} else {
		e.objects, e.err = files.Read(from)
	}
	return e, nil
}

func unknown(name string) *field.Error {
	names := files.ReadyMadeNames()
	detail := "must be a file or directory, relative to the test, or one of " + strings.Join(names, ", ")
	if nearest := guardrail.NearestName(name, names); nearest != "" {
		detail = fmt.Sprintf("must be a file or directory, relative to the test, or a ready-made guardrail; did you mean %q?", nearest)
	}
	return field.Invalid(nil, name, detail)
}

// guardrails are those that a test is about.
type guardrails struct {
	entries []*entry
	objects guardrail.Objects
	sets    map[time.Time]*guardrail.Set
	// err is what is wrong with them together, each mistake with its place.
	err error
}

// together are the guardrails of entries, the same for tests that have the same.
func (s *shelf) together(entries []*entry, now time.Time) *guardrails {
	var names []string
	for _, e := range entries {
		names = append(names, e.from)
	}
	key := strings.Join(names, "\n")
	if g := s.sets[key]; g != nil {
		return g
	}
	g := &guardrails{entries: entries, sets: map[time.Time]*guardrail.Set{}}
	for _, e := range entries {
		g.objects.Guardrails = append(g.objects.Guardrails, e.objects.Guardrails...)
		g.objects.Exemptions = append(g.objects.Exemptions, e.objects.Exemptions...)
	}
	g.objects.Place = g.place
	s.sets[key] = g
	if len(g.objects.Guardrails) > 0 {
		_, g.err = g.setAt(now)
	}
	return g
}

func (g *guardrails) place(m *guardrail.Mistake) string {
	for _, e := range g.entries {
		if e.objects.Place == nil {
			continue
		}
		if place := e.objects.Place(m); place != "" {
			return place
		}
	}
	return ""
}

// setAt is the set in force at a time: Exemptions from files begin when they are read.
func (g *guardrails) setAt(now time.Time) (*guardrail.Set, error) {
	if set := g.sets[now]; set != nil {
		return set, nil
	}
	set, err := guardrail.Compile(g.objects, guardrail.Options{
		Cluster:     workload.Cluster{Namespace: namespaceOf},
		Now:         func() time.Time { return now },
		AllFindings: true,
	})
	if err == nil {
		g.sets[now] = set
	}
	return set, err
}

// namespaceKey is the key of the Namespace of a case in its context: a set serves many cases.
type namespaceKey struct{}

func withNamespace(ctx context.Context, namespace *v1alpha1.TestNamespace) context.Context {
	return context.WithValue(ctx, namespaceKey{}, namespace)
}

// namespaceOf is the Namespace of a case. What the case does not say of it is not so: nothing is
// taken to match.
func namespaceOf(ctx context.Context, name string) (*metav1.PartialObjectMetadata, error) {
	labels := map[string]string{}
	if in, _ := ctx.Value(namespaceKey{}).(*v1alpha1.TestNamespace); in != nil {
		maps.Copy(labels, in.Labels)
	}
	labels[corev1.LabelMetadataName] = name
	return &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels}}, nil
}
