package workload

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/dice"
	"taffrail.dev/taffrail/internal/printable"
)

// FuzzVerbs holds that any verbs, in any order and with any words, leave a Pod that is the one that
// the API server makes of the patch; and that each does nothing when it is said again.
func FuzzVerbs(f *testing.F) {
	for seed := range uint64(64) {
		f.Add(dice.Bytes(seed, 20), dice.Bytes(seed+64, 200), "a/b")
	}
	f.Fuzz(func(t *testing.T, verbs, input []byte, word string) {
		doc := dice.Wild(input).Pod()
		r, err := NewReview(requestFor(t, string(doc)))
		if err != nil || !r.Record() {
			return
		}
		word = strings.ToValidUTF8(word, "")
		say(r.Pod, verbs, word)
		patched := doc
		if len(r.Pod.Patch()) > 0 {
			encoded, err := EncodePatch(r.Pod.Patch())
			require.NoError(t, err)
			patch, err := jsonpatch.DecodePatch(encoded)
			require.NoError(t, err)
			patched, err = patch.Apply(doc)
			require.NoError(t, err, "%s: %s", doc, encoded)
		}
		after := reviewOf(t, string(patched))
		require.True(t, equality.Semantic.DeepEqual(after.Object, r.Object), "%s: %s", doc, patched)
		require.True(t, after.Record())
		say(after.Pod, verbs, word)
		require.Empty(t, after.Pod.Patch(), "%s: %s", doc, patched)
	})
}

// say says verbs to a Pod, one for each byte.
func say(pod *Pod, verbs []byte, word string) {
	for _, b := range verbs[:min(len(verbs), 20)] {
		verb := int(b)
		ofPods := []func(){
			func() { everyVerb(pod) },
			func() { everySpecVerb(pod) },
			func() { everyReplace(pod) },
			func() { pod.SetLabel(word, "1") },
			func() { pod.SetAnnotation(word, word) },
			func() { pod.SetRunAsNonRoot(true) },
			func() { pod.SetSeccompProfile(corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault}) },
			func() { pod.SetNodeSelector(word, word) },
			func() { pod.AppendDNSOption(corev1.PodDNSConfigOption{Name: word, Value: new("1")}) },
			func() { pod.AppendImagePullSecret(word) },
			func() { pod.SetHostUsers(false) },
		}
		if verb < 128 {
			ofPods[verb%len(ofPods)]()
			continue
		}
		for c := range pod.Containers() {
			ofContainers := []func(){
				func() { c.SetAllowPrivilegeEscalation(false) },
				func() { c.SetReadOnlyRootFilesystem(true) },
				func() { c.SetDroppedCapabilities([]corev1.Capability{"ALL"}) },
				func() { c.SetRunAsUser(1) },
				func() { c.AppendEnv(corev1.EnvVar{Name: word, Value: word}) },
				func() { c.ReplaceImage("w") },
			}
			ofContainers[verb%len(ofContainers)]()
		}
	}
}

// FuzzPath holds that a path reads as apimachinery writes it, made printable, that its pointer
// leads where it says, and that its identity does not depend on where an item with a name is.
func FuzzPath(f *testing.F) {
	for _, words := range []string{"spec.containers.image", "metadata/annotations/a~1b/~", "//~0~1/[]", "", "\x00.\xff"} {
		f.Add(words, []byte{0, 1, 2, 3, 9})
	}
	f.Fuzz(func(t *testing.T, words string, steps []byte) {
		var at, moved *Path
		var want *field.Path
		var names []string
		for i, word := range strings.Split(words, ".") {
			if word == "" {
				word = "x" // no field is called so
			}
			step := byte(0)
			if i < len(steps) {
				step = steps[i]
			}
			switch {
			case i == 0 || step%3 == 0:
				at, moved, names = at.Child(word), moved.Child(word), append(names, word)
				if want == nil {
					want = field.NewPath(word)
				} else {
					want = want.Child(word)
				}
			case step%3 == 1:
				at, moved, want, names = at.Key(word), moved.Key(word), want.Key(word), append(names, word)
			default:
				at, want = at.Item(int(step), word), want.Index(int(step))
				names = append(names, decimal(step))
				moved = moved.Item(int(step)+1, word)
			}
		}
		require.Equal(t, printable.Text(want.String()), at.String())
		require.Equal(t, names, unescape(at.Pointer()))
		require.Equal(t, at.Identity(), moved.Identity())
	})
}

func decimal(b byte) string {
	text := []byte{'0' + b/100, '0' + b/10%10, '0' + b%10}
	return strings.TrimLeft(string(text[:2]), "0") + string(text[2:])
}

// unescape reads a JSON pointer, as RFC 6901 has it.
func unescape(pointer string) []string {
	names := strings.Split(pointer, "/")[1:]
	for i := range names {
		names[i] = strings.ReplaceAll(strings.ReplaceAll(names[i], "~1", "/"), "~0", "~")
	}
	return names
}
