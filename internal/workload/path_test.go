package workload

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

func TestPath(t *testing.T) {
	root := (*Path)(nil)
	for _, tc := range []struct {
		path                    *Path
		text, pointer, identity string
		upstream                *field.Path
	}{
		{
			path: root,
		},
		{
			path:     root.Child("spec"),
			text:     "spec",
			pointer:  "/spec",
			identity: "/spec",
			upstream: field.NewPath("spec"),
		},
		{
			path:     root.Child("spec", "containers").Item(10, "web").Child("image"),
			text:     "spec.containers[10].image",
			pointer:  "/spec/containers/10/image",
			identity: "/spec/containers/web/image",
			upstream: field.NewPath("spec", "containers").Index(10).Child("image"),
		},
		{
			path:     root.Child("spec", "tolerations").Item(2, ""),
			text:     "spec.tolerations[2]",
			pointer:  "/spec/tolerations/2",
			identity: "/spec/tolerations#",
			upstream: field.NewPath("spec", "tolerations").Index(2),
		},
		{
			path:     root.Child("metadata", "annotations").Key("prometheus.io/scrape"),
			text:     "metadata.annotations[prometheus.io/scrape]",
			pointer:  "/metadata/annotations/prometheus.io~1scrape",
			identity: "/metadata/annotations/prometheus.io/scrape",
			upstream: field.NewPath("metadata", "annotations").Key("prometheus.io/scrape"),
		},
		{
			path:     root.Child("metadata", "labels").Key("~1/~"),
			text:     "metadata.labels[~1/~]",
			pointer:  "/metadata/labels/~01~1~0",
			identity: "/metadata/labels/~1/~",
			upstream: field.NewPath("metadata", "labels").Key("~1/~"),
		},
	} {
		t.Run(tc.text, func(t *testing.T) {
			assert.Equal(t, tc.text, tc.path.String())
			assert.Equal(t, tc.pointer, tc.path.Pointer())
			assert.Equal(t, tc.identity, tc.path.Identity())
			if tc.upstream != nil {
				assert.Equal(t, tc.upstream.String(), tc.path.String())
			}
		})
	}
}

// Two paths from one parent do not know of each other.
func TestPathIsImmutable(t *testing.T) {
	parent := (*Path)(nil).Child("spec")
	a, b := parent.Child("a"), parent.Child("b")
	assert.Equal(t, "spec", parent.String())
	assert.Equal(t, "spec.a", a.String())
	assert.Equal(t, "spec.b", b.String())
}
