package images

import (
	_ "crypto/sha256" // digests are checked for their algorithm's length
	_ "crypto/sha512"
	"strings"

	"github.com/distribution/reference"
)

// Image is an image reference as the kubelet and the container runtimes read
// it, in its canonical form: nginx is library/nginx of docker.io.
type Image struct {
	// Registry is a host, with its port unless that is 443.
	Registry string
	// Repository is the path in the registry.
	Repository string
	// Tag is as it was written. Beside a digest it is a comment.
	Tag string
	// Digest is the algorithm and the value.
	Digest string
	// Valid is false for what the kubelet refuses to run, and for what nobody can
	// say the origin of. Then nothing else is set.
	Valid bool
}

// read reads an image reference.
func read(text string) Image {
	if isID(text) {
		return Image{}
	}
	named, err := reference.ParseNormalizedNamed(text)
	if err != nil {
		return Image{}
	}
	registry, ok := canonicalHost(reference.Domain(named))
	if !ok {
		return Image{}
	}
	repository := canonicalPath(registry, reference.Path(named))
	if len(repository) > reference.RepositoryNameTotalLengthMax {
		return Image{}
	}
	out := Image{Registry: registry, Repository: repository, Valid: true}
	if tagged, ok := named.(reference.Tagged); ok {
		out.Tag = tagged.Tag()
	}
	if digested, ok := named.(reference.Digested); ok {
		out.Digest = digested.Digest().String()
	}
	return out
}

// isID tells whether a reference is the ID of an image, or the beginning of one.
// Runtimes look for it among the images that a node has, from whatever registry
// those are, before they would look for a repository called sha256.
func isID(text string) bool {
	algorithm, _, found := strings.Cut(text, ":")
	return found && (algorithm == "sha256" || algorithm == "sha384" || algorithm == "sha512")
}

// Name is the registry and the repository.
func (i *Image) Name() string { return i.Registry + "/" + i.Repository }

// Version is the tag and the digest, as they are written after the name.
func (i *Image) Version() string {
	var version string
	if i.Tag != "" {
		version = ":" + i.Tag
	}
	if i.Digest != "" {
		version += "@" + i.Digest
	}
	return version
}

// String is the canonical form. Read again, it is the same image.
func (i *Image) String() string {
	if !i.Valid {
		return ""
	}
	return written(i.Registry) + "/" + i.Repository + i.Version()
}

// named is the tag by which an image without a digest is pulled.
func (i *Image) named() string {
	if i.Tag == "" {
		return "latest"
	}
	return i.Tag
}
