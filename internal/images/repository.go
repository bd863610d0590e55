package images

import (
	"errors"
	"strings"

	"github.com/distribution/reference"
)

// Repository is a registry, or a repository with all that lies below it.
type Repository struct {
	registry string
	path     string // empty for the whole registry
}

// ParseRepository reads registry.example.com or docker.io/library. The registry
// is never left out: library alone could be meant as either.
func ParseRepository(text string) (Repository, error) {
	if r, ok := parseRepository(text); ok {
		return r, nil
	}
	detail := "must be a registry or a repository, such as registry.example.com or docker.io/library"
	for _, candidate := range []string{strings.TrimRight(cleaned(text), "/*"), dockerHub + "/" + text} {
		if _, ok := parseRepository(candidate); ok {
			return Repository{}, errors.New(withSpelling(detail, candidate))
		}
	}
	return Repository{}, errors.New(detail)
}

func parseRepository(text string) (Repository, bool) {
	// Two more components keep docker.io from being read as a repository, or as docker.io/library.
	const below = "/x/x"
	first, _, _ := strings.Cut(text, "/")
	i := read(text + below)
	if !i.Valid || !isHost(first) {
		return Repository{}, false
	}
	path := strings.TrimSuffix("/"+i.Repository, below)
	return Repository{registry: i.Registry, path: strings.TrimPrefix(path, "/")}, true
}

// Former tells whether an entry that is none now was one for earlier versions,
// which took any host that a reference can have: 127.1, or [fade].
func Former(text string) bool {
	const below = "/x/x"
	first, _, _ := strings.Cut(text, "/")
	named, err := reference.ParseNormalizedNamed(text + below)
	return err == nil && isHost(first) && named.String() == text+below
}

// Holds tells whether an image comes from it. Whole components are compared:
// registry.example.com holds nothing of registry.example.com.evil.io or of
// registry.example.com:5000, and docker.io/acme nothing of docker.io/acme-evil.
func (r Repository) Holds(i *Image) bool {
	if !i.Valid || r.registry != i.Registry {
		return false
	}
	rest, below := strings.CutPrefix(i.Repository, r.path)
	return below && (r.path == "" || rest == "" || rest[0] == '/')
}

// Known is false for the zero Repository, which holds nothing.
func (r Repository) Known() bool { return r.registry != "" }

// Within tells whether it is another one, or lies below it.
func (r Repository) Within(other Repository) bool {
	return other.Holds(&Image{Registry: r.registry, Repository: r.path, Valid: true})
}

// String is its canonical form.
func (r Repository) String() string {
	if r.path == "" {
		return written(r.registry)
	}
	return written(r.registry) + "/" + r.path
}

// Below is what follows the repository in the name of an image that it holds:
// nothing, or a path that begins with a slash.
func (r Repository) Below(i *Image) string {
	if r.path == "" {
		return "/" + i.Repository
	}
	return i.Repository[len(r.path):]
}

// isHost tells whether the first component of a reference is a registry, as
// runtimes do: others are paths of docker.io.
func isHost(first string) bool {
	return first == localhost || strings.ContainsAny(first, ".:") || strings.ToLower(first) != first
}
