package guardrail

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"taffrail.dev/taffrail/internal/workload"
)

// What an image needs to start, as the comments in testdata/everyday say, and
// whether what holds for its container permits that.
//
// To forbid privilege escalation sets no_new_privs: the setuid bit and file capabilities then add
// nothing to what a process has. Who is root may still become another user, and a file capability
// that the container has anyway is kept by the first program that runs in it.
var permits = map[string]func(workload.Container) bool{
	// Runs as root at first.
	"root": func(c workload.Container) bool {
		user, nonRoot := c.EffectiveRunAsUser(), c.EffectiveRunAsNonRoot()
		return (user == nil || *user == 0) && (nonRoot == nil || !*nonRoot)
	},
	// As root, takes over its volumes and becomes another user.
	"steps-down": func(c workload.Container) bool {
		return has(c, "CHOWN") && has(c, "DAC_OVERRIDE") && has(c, "SETGID") && has(c, "SETUID")
	},
	"chown": func(c workload.Container) bool { return has(c, "CHOWN") },
	// Listens below port 1024.
	"low-port": func(c workload.Container) bool { return has(c, "NET_BIND_SERVICE") },
	// Writes outside its volumes.
	"writes": func(c workload.Container) bool {
		sc := c.SecurityContext
		return sc == nil || sc.ReadOnlyRootFilesystem == nil || !*sc.ReadOnlyRootFilesystem
	},
	// Gains privileges, by a setuid program or a file capability.
	"escalates": func(c workload.Container) bool {
		sc := c.SecurityContext
		return sc == nil || sc.AllowPrivilegeEscalation == nil || *sc.AllowPrivilegeEscalation
	},
	"privileged": func(c workload.Container) bool {
		return c.SecurityContext != nil && c.SecurityContext.Privileged != nil && *c.SecurityContext.Privileged
	},
}

// has tells whether a container has a capability that runtimes give by default.
func has(c workload.Container, capability corev1.Capability) bool {
	sc := c.SecurityContext
	if sc == nil || sc.Capabilities == nil || slices.Contains(sc.Capabilities.Add, capability) {
		return true
	}
	return !slices.Contains(sc.Capabilities.Drop, capability) && !slices.Contains(sc.Capabilities.Drop, "ALL")
}

// harmless are the fields that the default set may add to a Pod.
var harmless = regexp.MustCompile(`^/metadata(/annotations(/prometheus\.io~1(scrape|port|path))?)?$|` +
	`^/spec/securityContext(/seccompProfile)?$|` +
	`^/spec/(initContainers|containers)/\d+/securityContext(/allowPrivilegeEscalation)?$|` +
	`^/spec/(initContainers|containers)/\d+/resources(/requests(/(cpu|memory))?)?$`)

// TestTheDefaultSetKeepsNoImageFromStarting: the Pods of everyday images, as
// their documentation and their charts write them, are left what they need.
func TestTheDefaultSetKeepsNoImageFromStarting(t *testing.T) {
	files, err := filepath.Glob("testdata/everyday/*.yaml")
	require.NoError(t, err)
	assert.Greater(t, len(files), 20)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
			pod, facts := readEveryday(t, file)
			review := created(t, pod, "pods")
			assert.Empty(t, unmet(review.Pod, facts), "the Pod as it is written")
			mutation := defaultSet(t).Mutate(t.Context(), review)
			assert.Empty(t, mutation.Errors)
			assert.Empty(t, unmet(review.Pod, facts), "the Pod with the defaults")
			for _, operation := range mutation.Patch {
				assert.Equal(t, "add", operation.Op)
				assert.Regexp(t, harmless, operation.Path)
			}
		})
	}
}

// TestWhatEscalatesMustSaySo: no default can see a setuid program in an image.
// These Pods need allowPrivilegeEscalation: true, and with it they are left
// what they need. The page of default-security-context names them.
func TestWhatEscalatesMustSaySo(t *testing.T) {
	files, err := filepath.Glob("testdata/escalating/*.yaml")
	require.NoError(t, err)
	assert.NotEmpty(t, files)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
			pod, facts := readEveryday(t, file)
			review := created(t, pod, "pods")
			defaultSet(t).Mutate(t.Context(), review)
			assert.NotEmpty(t, unmet(review.Pod, facts), "it is an everyday image now")

			for i := range pod.Spec.Containers {
				c := &pod.Spec.Containers[i]
				if c.SecurityContext == nil {
					c.SecurityContext = &corev1.SecurityContext{}
				}
				c.SecurityContext.AllowPrivilegeEscalation = new(true)
			}
			review = created(t, pod, "pods")
			defaultSet(t).Mutate(t.Context(), review)
			assert.Empty(t, unmet(review.Pod, facts))
		})
	}
}

func defaultSet(t *testing.T) *Set {
	t.Helper()
	set, err := Compile(Default(), Options{})
	require.NoError(t, err)
	return set
}

// readEveryday reads a Pod and, in comments, the facts about its containers.
func readEveryday(t *testing.T, file string) (pod *corev1.Pod, facts map[string][]string) {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	pod, facts = &corev1.Pod{}, map[string][]string{}
	require.NoError(t, yaml.UnmarshalStrict(text, pod))
	for line := range strings.Lines(string(text)) {
		if fact, found := strings.CutPrefix(line, "# facts of "); found {
			container, list, _ := strings.Cut(fact, ":")
			facts[container] = strings.Fields(list)
		}
	}
	return pod, facts
}

// unmet are the needs that what holds for the containers does not permit.
func unmet(pod *workload.Pod, facts map[string][]string) (all []string) {
	for c := range pod.Containers() {
		needs, told := facts[c.Name]
		if !told {
			all = append(all, c.Name+": no facts")
		}
		for _, need := range needs {
			if permitted, known := permits[need]; !known || !permitted(c) {
				all = append(all, c.Name+": "+need)
			}
		}
	}
	return all
}
