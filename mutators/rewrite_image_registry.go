package mutators

import (
	"cmp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/images"
	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
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
to may overlap a from, or images would be rewritten time and again. A registry
by another name, such as index.docker.io for docker.io or one with the port 443,
is the same. The placeholder of a sidecar injector, image: auto, is left to it.`,
	References: params.Refs(params.Kyverno, "replace-image-registry", "prepend-image-registry"),
	New:        newImageRegistry,
})

type imageRegistry struct {
	Rewrites []rewrite `json:"rewrites" doc:"from what registry or repository to what, such as docker.io to registry.example.com/hub"`
}

type rewrite struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// parsedRewrite is a rewrite that can be done.
type parsedRewrite struct {
	from, to images.Repository
	toText   string // as it was written: credentials may be for that spelling
}

func newImageRegistry(decode params.Decode) (Mutate, error) {
	var p imageRegistry
	if err := decode(&p); err != nil {
		return nil, err
	}
	rewrites, mistakes := p.parse()
	// The longest first, so that the first that fits is the one that counts.
	slices.SortStableFunc(rewrites, func(a, b parsedRewrite) int { return cmp.Compare(len(b.from.String()), len(a.from.String())) })
	return func(r *workload.Review) {
		for c := range r.Pod.Containers() {
			// The injector that replaces a placeholder would not know it any longer.
			if to, found := rewritten(rewrites, c.Image); found && !r.Pod.AwaitsImage(c.Image) {
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

func (p imageRegistry) parse() (rewrites []parsedRewrite, mistakes field.ErrorList) {
	at := field.NewPath("rewrites")
	if len(p.Rewrites) == 0 {
		mistakes = append(mistakes, field.Required(at, "must name a registry and its mirror"))
	}
	parse := func(text string, at *field.Path) images.Repository {
		repository, err := images.ParseRepository(text)
		if err != nil {
			mistake := field.Invalid(at, text, err.Error())
			if images.Former(text) {
				mistake = params.Former(mistake, params.CountsAlone)
			}
			mistakes = append(mistakes, mistake)
		}
		return repository
	}
	for i, r := range p.Rewrites {
		at := at.Index(i)
		parsed := parsedRewrite{parse(r.From, at.Child("from")), parse(r.To, at.Child("to")), strings.ToLower(r.To)}
		same := slices.IndexFunc(rewrites, func(other parsedRewrite) bool { return other.from == parsed.from && parsed.from.Known() })
		if same >= 0 {
			mistakes = append(mistakes, unless(strings.EqualFold(p.Rewrites[same].From, r.From), field.Duplicate(at.Child("from"), r.From)))
		}
		rewrites = append(rewrites, parsed)
	}
	return p.withoutOverlaps(rewrites, mistakes)
}

// withoutOverlaps leaves out what would be rewritten time and again.
func (p imageRegistry) withoutOverlaps(rewrites []parsedRewrite, mistakes field.ErrorList) ([]parsedRewrite, field.ErrorList) {
	at := field.NewPath("rewrites")
	var out []parsedRewrite
	for i, a := range rewrites {
		overlaps := false
		for j, b := range rewrites {
			if a.to.Known() && b.from.Known() && (a.to.Within(b.from) || b.from.Within(a.to)) {
				overlaps = true
				mistakes = append(mistakes, unless(overlap(p.Rewrites[i].To, p.Rewrites[j].From),
					field.Invalid(at.Index(i).Child("to"), p.Rewrites[i].To, "must not overlap "+p.Rewrites[j].From+", which is rewritten itself")))
			}
		}
		if !overlaps && a.from.Known() && a.to.Known() {
			out = append(out, a)
		}
	}
	return out, mistakes
}

// unless marks a mistake that an earlier version did not find, as it compared
// names where it should have compared registries.
func unless(found bool, mistake *field.Error) *field.Error {
	if found {
		return mistake
	}
	return params.Former(mistake, params.CountsAlone)
}

// overlap compares two names as an earlier version did.
func overlap(a, b string) bool {
	a, b = strings.ToLower(a)+"/", strings.ToLower(b)+"/"
	return strings.HasPrefix(a, b) || strings.HasPrefix(b, a)
}

// rewritten is the image on its mirror. Where a mirror makes the reference too
// long, or leaves it without a repository, it stays as it is.
func rewritten(rewrites []parsedRewrite, text string) (string, bool) {
	i := images.Parse(text)
	if !i.Valid {
		return "", false
	}
	for _, r := range rewrites {
		if r.from.Holds(i) {
			below := r.from.Below(i)
			to := r.toText + below + i.Version()
			moved := images.Parse(to)
			return to, r.to.Holds(moved) && r.to.Below(moved) == below
		}
	}
	return "", false
}
