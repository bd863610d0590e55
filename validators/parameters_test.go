package validators

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"
)

// TestMistakes: all mistakes in the parameters are told at once, each with its place.
func TestMistakes(t *testing.T) {
	for _, test := range []struct {
		check, params string
		want          []string
	}{
		{"image-latest-tag", "{tags: ['', 'a:b', latest]}", []string{
			`tags[0]: Invalid value: "": must be a tag`,
			`tags[1]: Invalid value: "a:b": must be a tag`,
		}},
		{"image-registry-allowed", "{}", []string{
			`allowed: Required value: must name a registry or a repository`,
		}},
		{"image-registry-allowed", "{allowed: [library, 'ghcr.io/acme/*', ghcr.io/Acme, 'ghcr.io/acme:1', 'https://ghcr.io', ghcr.io/, '']}", []string{
			`allowed[0]: Invalid value: "library": must be a registry, a repository or a pattern of images, with its registry; write docker.io/library`,
			`allowed[2]: Invalid value: "ghcr.io/Acme": must be a registry, a repository or a pattern of images, with its registry; write ghcr.io/acme`,
			`allowed[4]: Invalid value: "https://ghcr.io": must be an image, with * for the rest of the path or within the tag; write ghcr.io/*`,
			`allowed[5]: Invalid value: "ghcr.io/": must be a registry, a repository or a pattern of images, with its registry; write ghcr.io/*`,
			`allowed[6]: Invalid value: "": must be a registry, a repository or a pattern of images, with its registry, such as registry.example.com`,
		}},
		{"resource-requests", "{resources: []}", []string{
			`resources: Required value: must name a resource`,
		}},
		{"resource-requests", "{resources: [mem]}", []string{
			`resources[0]: Unsupported value: "mem": supported values: "cpu", "memory", "ephemeral-storage"`,
		}},
		{"required-labels", "{}", []string{
			`labels: Required value: must name what is required`,
		}},
		{"required-labels", "{kinds: [], labels: [{key: 'a b', pattern: '('}]}", []string{
			`kinds: Required value: must name a kind`,
			`labels[0].key: Invalid value: "a b": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`,
			`labels[0].pattern: Invalid value: "(": must be a regular expression (RE2)`,
		}},
		{"service-external-ips", "{allowedIPs: [10.0.0.1, 10.0.0.0/33, 010.0.0.1]}", []string{
			`allowedIPs[1]: Invalid value: "10.0.0.0/33": must be an IP address or a network in CIDR notation`,
			`allowedIPs[2]: Invalid value: "010.0.0.1": must be an IP address or a network in CIDR notation`,
		}},
		{"pod-security", "{level: privileged, version: '1.30'}", []string{
			`level: Unsupported value: "privileged": supported values: "baseline", "restricted", "namespace"`,
			`version: Invalid value: "1.30": must be "latest" or "v1.x"`,
		}},
	} {
		t.Run(test.check, func(t *testing.T) {
			assertMistakes(t, test.check, test.params, test.want)
		})
	}
}

func TestRequiredLabelsKinds(t *testing.T) {
	_, err := construct(t, "required-labels", "{kinds: [Deploy], labels: [{key: team}]}")
	assert.ErrorContains(t, err, `kinds[0]: Unsupported value: "Deploy": supported values: "ClusterRole"`)
}

func TestPodSecurityExclude(t *testing.T) {
	_, err := construct(t, "pod-security", "{exclude: [hostPath]}")
	assert.ErrorContains(t, err, `exclude[0]: Unsupported value: "hostPath": supported values: "appArmorProfile"`)
}

func TestOneOf(t *testing.T) {
	long := "registry-of-a-very-long-name.example.com"
	assert.Equal(t, "a", oneOf([]string{"a"}))
	assert.Equal(t, "a or b", oneOf([]string{"a", "b"}))
	assert.Equal(t, "a, b or c", oneOf([]string{"a", "b", "c"}))
	assert.Equal(t, long+" or another", oneOf([]string{long, long}))
	assert.Equal(t, long+" or 2 others", oneOf([]string{long, long, "c"}))
}

// assertMistakes holds what is said of parameters: all that is wrong, at once.
func assertMistakes(t *testing.T, check, params string, want []string) {
	t.Helper()
	_, err := construct(t, check, params)
	var all utilerrors.Aggregate
	require.ErrorAs(t, err, &all, "%v", err)
	var got []string
	for _, mistake := range all.Errors() {
		got = append(got, mistake.Error())
	}
	assert.Equal(t, want, got)
}
