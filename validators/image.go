package validators

import (
	"iter"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/images"
	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

const invalidImage = "must be a valid image reference"

// usedImage is an image that a Pod runs or mounts.
type usedImage struct {
	Text      string
	container workload.Container // the zero Container for a volume
	pod       *workload.Pod
	volume    int
}

// usedImages are the images of all containers, and those that are mounted as volumes: what may not
// be run must not come in by that door. One that is left blank is no image yet. It may be in a
// template, where another controller fills it in, and the API server refuses it in a Pod. Nor is the
// placeholder of an injector that the template asks for: its Pods have the image by then, or are found.
func usedImages(pod *workload.Pod) iter.Seq[usedImage] {
	return func(yield func(usedImage) bool) {
		for c := range pod.AllContainers() {
			pending := strings.TrimSpace(c.Image) == "" || pod.IsTemplate() && pod.AwaitsImage(c.Image)
			if !pending && !yield(usedImage{Text: c.Image, container: c}) {
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

// parseSources reads registries, repositories with all that lies below them, and
// patterns of images.
func parseSources(texts []string, at *field.Path) (out images.Patterns, mistakes field.ErrorList) {
	if len(texts) == 0 {
		mistakes = append(mistakes, field.Required(at, "must name a registry or a repository"))
	}
	for i, text := range texts {
		source, err := images.ParseSource(text)
		if err != nil {
			mistake := field.Invalid(at.Index(i), text, err.Error())
			if images.Former(text) {
				mistake = params.Former(mistake, params.CountsAlone)
			}
			mistakes = append(mistakes, mistake)
		}
		out = append(out, source)
	}
	return out, mistakes
}
