package mutators

import (
	"cmp"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/catalogue"
	"taffrail.dev/taffrail/workload"
)

var _ = register(Mutator{
	Name:    "rewrite-image-registry",
	Summary: "takes images from a mirror instead of the registry that is named",
	Doc: `A cluster that pulls from public registries stands still when they do: they
limit the rate, lose images, or cannot be reached. Give a mirror for each of
them, and manifests and charts stay as they come.

    rewrites:
    - from: docker.io
      to: registry.example.com/hub

This replaces the images that Pods name, those of volumes included, and keeps
tag and digest. Images are read as container runtimes do: with docker.io
rewritten to registry.example.com/hub, nginx:1.27 becomes
registry.example.com/hub/library/nginx:1.27.

A from is a registry, or a repository with all below it, by whole components:
docker.io/acme is not docker.io/acme-tools. The longest one that fits counts. No
to may overlap a from, or images would be rewritten time and again.`,
	References: catalogue.Refs(catalogue.Kyverno, "replace-image-registry"),
	New:        newImageRegistry,
})

type imageRegistry struct {
	Rewrites []rewrite `json:"rewrites" doc:"from what registry or repository to what, such as docker.io to registry.example.com/hub"`
}

type rewrite struct {
	From string `json:"from"`
	To   string `json:"to"`
}

func newImageRegistry(decode catalogue.Decode) (Mutate, error) {
	var p imageRegistry
	if err := decode(&p); err != nil {
		return nil, err
	}
	rewrites, mistakes := p.parse()
	// The longest first, so that the first that fits is the one that counts.
	slices.SortFunc(rewrites, func(a, b rewrite) int { return cmp.Compare(len(b.From), len(a.From)) })
	return func(r *workload.Review) {
		for c := range r.Pod.Containers() {
			if to, found := rewritten(rewrites, c.Image); found {
				c.ReplaceImage(to)
			}
		}
		for i, volume := range r.Pod.Spec.Volumes {
			if volume.Image == nil {
				continue
			}
			if to, found := rewritten(rewrites, volume.Image.Reference); found {
				r.Pod.ReplaceVolumeImage(i, to)
			}
		}
	}, mistakes.ToAggregate()
}

func (p imageRegistry) parse() (rewrites []rewrite, mistakes field.ErrorList) {
	at := field.NewPath("rewrites")
	if len(p.Rewrites) == 0 {
		mistakes = append(mistakes, field.Required(at, "must name a registry and its mirror"))
	}
	parse := func(text string, at *field.Path) string {
		repository, ok := parseRepository(text)
		if !ok {
			mistakes = append(mistakes, field.Invalid(at, text, "must be a registry or a repository, such as registry.example.com or docker.io/library"))
		}
		return repository
	}
	for i, r := range p.Rewrites {
		from, to := parse(r.From, at.Index(i).Child("from")), parse(r.To, at.Index(i).Child("to"))
		if slices.ContainsFunc(rewrites, func(other rewrite) bool { return from != "" && other.From == from }) {
			mistakes = append(mistakes, field.Duplicate(at.Index(i).Child("from"), r.From))
		}
		rewrites = append(rewrites, rewrite{from, to})
	}
	for i, a := range rewrites {
		for _, b := range rewrites {
			if a.To != "" && b.From != "" && (under(a.To, b.From) || under(b.From, a.To)) {
				mistakes = append(mistakes, field.Invalid(at.Index(i).Child("to"), p.Rewrites[i].To, "must not overlap "+b.From+", which is rewritten itself"))
			}
		}
	}
	return rewrites, mistakes
}

// rewritten is the image on its mirror. Where a mirror makes the reference too
// long, or leaves it without a repository, it stays as it is.
func rewritten(rewrites []rewrite, text string) (string, bool) {
	from, valid := parseImage(text)
	if !valid {
		return "", false
	}
	for _, r := range rewrites {
		if under(from.name, r.From) {
			name := r.To + from.name[len(r.From):]
			to, valid := parseImage(name + from.version)
			return name + from.version, valid && to.name == name
		}
	}
	return "", false
}
