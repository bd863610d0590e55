package reference

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestFind(t *testing.T) {
	pages := Pages()
	for _, test := range []struct {
		called, note string
		want         []string
	}{
		{"image-latest-tag", "", []string{"image-latest-tag"}},
		{"Image_Latest_Tag", "", []string{"image-latest-tag"}},
		{"pod-security/hostPathVolumes", "hostPathVolumes is a control of pod-security. An Exemption names it pod-security/hostPathVolumes.", []string{"pod-security"}},
		{"hostpathvolumes", "hostPathVolumes is a control of pod-security. An Exemption names it pod-security/hostPathVolumes.", []string{"pod-security"}},
		{"disallow-latest-tag", "Kyverno has this by the name disallow-latest-tag.", []string{"image-latest-tag"}},
		{"k8sdisallowedtags", "Gatekeeper has this by the name K8sDisallowedTags.", []string{"image-latest-tag"}},
		{"require-probes", "Kyverno has this by the name require-probes.", []string{"liveness-probe", "readiness-probe"}},
		{"pod-security/nothing-like-it", "", nil},
		{"image-latest-tag/hostPathVolumes", "", nil},
		{"nothing-like-it", "", nil},
	} {
		t.Run(test.called, func(t *testing.T) {
			found, note := Find(pages, test.called)
			var names []string
			for _, p := range found {
				names = append(names, p.Name)
			}
			assert.Equal(t, test.want, names)
			assert.Equal(t, test.note, note)
		})
	}
}
