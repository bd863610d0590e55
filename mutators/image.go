package mutators

import (
	_ "crypto/sha256" // digests are checked for their algorithm's length
	_ "crypto/sha512"
	"strings"

	"github.com/distribution/reference"
)

// image is an image reference as the container runtimes read it: nginx is
// docker.io/library/nginx.
type image struct {
	// name is registry and repository, the registry in lower case.
	name string
	// version is the tag and the digest, as they were written: :1.0@sha256:….
	version string
	pinned  bool // by a digest
}

// parseImage reads an image reference. What is not valid, the kubelet refuses
// to run.
func parseImage(text string) (out image, valid bool) {
	named, err := reference.ParseNormalizedNamed(text)
	if err != nil {
		return image{}, false
	}
	out.name = strings.ToLower(reference.Domain(named)) + "/" + reference.Path(named)
	if tagged, ok := named.(reference.Tagged); ok {
		out.version = ":" + tagged.Tag()
	}
	if digested, ok := named.(reference.Digested); ok {
		out.version += "@" + digested.Digest().String()
		out.pinned = true
	}
	return out, true
}

// parseRepository reads registry.example.com or docker.io/library. The registry
// is never left out: library alone could be meant as either.
func parseRepository(text string) (string, bool) {
	// Two more components keep docker.io from being read as a repository, or as
	// docker.io/library.
	const below = "/x/x"
	named, err := reference.ParseNormalizedNamed(text + below)
	if err != nil || named.String() != text+below {
		return "", false
	}
	return strings.TrimSuffix(strings.ToLower(reference.Domain(named))+"/"+reference.Path(named), below), true
}

// under tells whether a repository is another one or lies below it, by whole
// components: docker.io/acme-evil is not below docker.io/acme.
func under(name, repository string) bool {
	rest, found := strings.CutPrefix(name, repository)
	return found && (rest == "" || rest[0] == '/')
}
