package plan

import (
	"context"
	"fmt"
	"os"
	"strings"

	"k8s.io/apimachinery/pkg/types"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/check"
	"taffrail.dev/taffrail/internal/files"
	"taffrail.dev/taffrail/internal/printable"
	"taffrail.dev/taffrail/internal/revision"
)

// The words that are no paths: a directory of such a name is ./cluster.
const (
	Cluster = "cluster"
	None    = "none"
)

// Side is one of the two that are compared.
type Side struct {
	Name    string
	Objects guardrail.Objects
	// Stored says that they are those of a cluster: what cannot be enforced is set aside, as the
	// webhook sets it aside.
	Stored bool
	Notes  []string
}

// Load reads what a name stands for: none, a file, a directory, REV:PATH, or a ready-made
// guardrail. The guardrails of a cluster are for whoever can ask it.
func Load(ctx context.Context, name string) (*Side, error) {
	side := &Side{Name: name}
	if name == None {
		return side, nil
	}
	var err error
	if side.Objects, err = objectsOf(ctx, name); err != nil {
		return nil, printable.Error(err)
	}
	if len(side.Objects.Guardrails) == 0 {
		return nil, printable.Error(fmt.Errorf("%s holds no Guardrail: `%s` says that nothing is to hold", name, None))
	}
	return side, nil
}

func objectsOf(ctx context.Context, name string) (guardrail.Objects, error) {
	if _, err := os.Stat(name); err == nil {
		return files.Read(name)
	}
	if strings.Contains(name, "://") {
		return guardrail.Objects{}, fmt.Errorf("%s is a URL: download what it leads to, and name the file", name)
	}
	if path, is := revision.Parse(name); is {
		texts, err := revision.Read(ctx, ".", path)
		if err != nil {
			return guardrail.Objects{}, err
		}
		return files.ReadTexts(texts...)
	}
	if files.IsReadyMade(name) {
		return files.ReadyMade(name)
	}
	return guardrail.Objects{}, unknown(name)
}

func unknown(name string) error {
	names := append(files.ReadyMadeNames(), Cluster, None)
	if nearest := guardrail.NearestName(name, names); nearest != "" {
		return fmt.Errorf("%q is no file, directory or ready-made guardrail; did you mean %q?", name, nearest)
	}
	return fmt.Errorf("%q is no file or directory: must be one, REV:PATH of git, or one of %s", name, strings.Join(names, ", "))
}

// compile makes the set that the side is in force as.
func (s *Side) compile(p *Plan) check.Compile {
	return func(o guardrail.Options) (*guardrail.Set, error) {
		if !s.Stored {
			return guardrail.Compile(s.Objects, o)
		}
		set, compiled := guardrail.NewCompiler(o).Compile(s.Objects)
		if err := compiled.Err(); err != nil {
			for line := range strings.Lines(err.Error()) {
				p.Notes = append(p.Notes, "not enforced: "+strings.TrimSpace(line))
			}
		}
		return set, nil
	}
}

// overSet names the checks of a side over all objects together. No webhook makes them, and they say
// nothing of one object alone.
func (s *Side) overSet() (notes []string) {
	for i := range s.Objects.Guardrails {
		g := &s.Objects.Guardrails[i]
		if names := guardrail.OverSet(&g.Spec); len(names) > 0 {
			notes = append(notes, fmt.Sprintf("Guardrail %s: checks over all objects together are left out, --manifests makes them: %s", g.Name, strings.Join(names, ", ")))
		}
	}
	return notes
}

// Share gives both sides the Exemptions of a cluster, which whoever writes a Guardrail seldom has.
// Those that a side from files names are its own to keep, to change or to leave out.
func Share(from, to *Side, exemptions []v1alpha1.Exemption) {
	named := map[types.NamespacedName]bool{}
	for _, side := range []*Side{from, to} {
		if side.Stored {
			continue
		}
		for i := range side.Objects.Exemptions {
			named[nameOf(&side.Objects.Exemptions[i])] = true
		}
	}
	for _, side := range []*Side{from, to} {
		if side.Stored { // has them
			continue
		}
		shared := 0
		for i := range exemptions {
			if !named[nameOf(&exemptions[i])] {
				side.Objects.Exemptions = append(side.Objects.Exemptions, exemptions[i])
				shared++
			}
		}
		if shared > 0 {
			side.Notes = append(side.Notes, fmt.Sprintf("Exemptions of the cluster that count with %s, too: %d", side.Name, shared))
		}
	}
}

func nameOf(e *v1alpha1.Exemption) types.NamespacedName {
	return types.NamespacedName{Namespace: e.Namespace, Name: e.Name}
}

// InForce are the guardrails of a cluster, as they are stored there.
func InForce(stored guardrail.Objects) *Side {
	side := &Side{Name: Cluster, Objects: stored, Stored: true}
	if len(stored.Guardrails) == 0 {
		side.Notes = append(side.Notes, "the cluster has no Guardrail: nothing is in force there")
	}
	return side
}
