package validators

import (
	_ "crypto/sha256" // digests are checked for their algorithm's length
	_ "crypto/sha512"
	"hash/maphash"
	"iter"
	"strings"
	"sync/atomic"

	"github.com/distribution/reference"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/workload"
)

// image is an image reference as the kubelet and the container runtimes read
// it: nginx is library/nginx of docker.io.
type image struct {
	registry   string // with its port; in lower case, as host names are equal in any
	repository string
	tag        string
	digest     string
	valid      bool // what is not valid, the kubelet refuses to run
}

// parseImage reads an image reference. The same few images come with every
// Pod, and reading one costs more than all that is checked about it, so that
// what was read is kept: one reference for each slot of a table that never
// grows.
func parseImage(text string) *image {
	slot := &parsed[maphash.String(seed, text)%uint64(len(parsed))]
	if p := slot.Load(); p != nil && p.text == text {
		return &p.image
	}
	p := &parsedImage{text: strings.Clone(text), image: readImage(text)}
	if len(text) <= maxKept {
		slot.Store(p)
	}
	return &p.image
}

type parsedImage struct {
	text string
	image
}

var (
	seed   = maphash.MakeSeed()
	parsed [1024]atomic.Pointer[parsedImage]
)

// maxKept is longer than a reference of 255 bytes with a tag and a digest, the
// longest that is valid, so that the table stays below a megabyte.
const maxKept = 512

func readImage(text string) image {
	named, err := reference.ParseNormalizedNamed(text)
	if err != nil {
		return image{}
	}
	out := image{
		registry:   strings.ToLower(reference.Domain(named)),
		repository: reference.Path(named),
		valid:      true,
	}
	if tagged, ok := named.(reference.Tagged); ok {
		out.tag = tagged.Tag()
	}
	if digested, ok := named.(reference.Digested); ok {
		out.digest = digested.Digest().String()
	}
	return out
}

const invalidImage = "must be a valid image reference"

// usedImage is an image that a Pod runs or mounts.
type usedImage struct {
	Text      string
	container workload.Container // the zero Container for a volume
	pod       *workload.Pod
	volume    int
}

// images are the images of all containers, and those that are mounted as
// volumes: what may not be run must not come in by that door. One that is left
// blank is no image yet. It may be in a template, where another controller
// fills it in, and the API server refuses it in a Pod.
func images(pod *workload.Pod) iter.Seq[usedImage] {
	return func(yield func(usedImage) bool) {
		for c := range pod.AllContainers() {
			if strings.TrimSpace(c.Image) != "" && !yield(usedImage{Text: c.Image, container: c}) {
				return
			}
		}
		for i := range pod.Spec.Volumes {
			source := pod.Spec.Volumes[i].Image
			if source != nil && strings.TrimSpace(source.Reference) != "" &&
				!yield(usedImage{Text: source.Reference, pod: pod, volume: i}) {
				return
			}
		}
	}
}

// must finds fault with the image.
func (u usedImage) must(detail string) Finding {
	if u.container.Container != nil {
		return invalid(u.container.Path().Child("image"), u.Text, detail).of(u.container)
	}
	volume := u.pod.SpecPath().Child("volumes").Item(u.volume, u.pod.Spec.Volumes[u.volume].Name)
	return invalid(volume.Child("image", "reference"), u.Text, detail)
}

// repositories are registries, and repositories with all that lies below them.
type repositories []image

// parseRepository reads registry.example.com or docker.io/library. The
// registry is never left out: library alone could be meant as either.
func parseRepository(text string) (image, bool) {
	// Two more components keep docker.io from being read as a repository, or as
	// docker.io/library.
	const below = "/x/x"
	named, err := reference.ParseNormalizedNamed(text + below)
	if err != nil || named.String() != text+below {
		return image{}, false
	}
	repository := strings.TrimSuffix("/"+reference.Path(named), below)
	return image{
		registry:   strings.ToLower(reference.Domain(named)),
		repository: strings.TrimPrefix(repository, "/"),
	}, true
}

func parseRepositories(texts []string, at *field.Path) (out repositories, mistakes field.ErrorList) {
	if len(texts) == 0 {
		mistakes = append(mistakes, field.Required(at, "must name a registry or a repository"))
	}
	for i, text := range texts {
		repository, ok := parseRepository(text)
		if !ok {
			mistakes = append(mistakes, field.Invalid(at.Index(i), text,
				"must be a registry or a repository, such as registry.example.com or docker.io/library"))
		}
		out = append(out, repository)
	}
	return out, mistakes
}

// hold tells whether an image comes from one of them. Whole components are
// compared: registry.example.com holds nothing of registry.example.com.evil.io
// or of registry.example.com:5000, and docker.io/acme nothing of
// docker.io/acme-evil.
func (rs repositories) hold(i *image) bool {
	for _, r := range rs {
		if r.registry != i.registry {
			continue
		}
		rest, below := strings.CutPrefix(i.repository, r.repository)
		if below && (r.repository == "" || rest == "" || rest[0] == '/') {
			return true
		}
	}
	return false
}
