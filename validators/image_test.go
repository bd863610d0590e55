package validators

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

const digest = "sha256:33e0bbc7ca9ecf108140af6288c7c9d1ecc77548cbfd3952fd8466a75edefe57"

func TestParseImage(t *testing.T) {
	for text, want := range map[string]image{
		"nginx":                                  {registry: "docker.io", repository: "library/nginx"},
		"docker.io/nginx":                        {registry: "docker.io", repository: "library/nginx"},
		"index.docker.io/nginx:1":                {registry: "docker.io", repository: "library/nginx", tag: "1"},
		"acme/web:1":                             {registry: "docker.io", repository: "acme/web", tag: "1"},
		"localhost/web":                          {registry: "localhost", repository: "web"},
		"localhost:5000/web:Upper":               {registry: "localhost:5000", repository: "web", tag: "Upper"},
		"registry.example.com":                   {registry: "docker.io", repository: "library/registry.example.com"},
		"registry.example.com:5000":              {registry: "docker.io", repository: "library/registry.example.com", tag: "5000"},
		"REGISTRY.example.com/web":               {registry: "registry.example.com", repository: "web"},
		"10.0.0.5:5000/a/b/c:1":                  {registry: "10.0.0.5:5000", repository: "a/b/c", tag: "1"},
		"[FD00::5]:5000/web":                     {registry: "[fd00::5]:5000", repository: "web"},
		"nginx@" + digest:                        {registry: "docker.io", repository: "library/nginx", digest: digest},
		"ghcr.io/acme/web:latest@" + digest:      {registry: "ghcr.io", repository: "acme/web", tag: "latest", digest: digest},
		strings.Repeat("a/", 126) + "web:latest": {registry: "docker.io", repository: strings.Repeat("a/", 126) + "web", tag: "latest"},
	} {
		want.valid = true
		for range 2 { // read, and remembered
			assert.Equal(t, want, *parseImage(text), text)
		}
	}
	for _, text := range []string{
		"", " ", "nginx ", "Nginx", "acme/Web", "nginx:", "nginx@", "nginx:a:b", "nginx@sha256:abc", "nginx:1@latest",
		"https://registry.example.com/web", "registry.example.com@evil.io/web", "user:password@registry.example.com/web",
		"registry.example.com//web", "/web", "../web", "registry.example.com/../web", "registry.example.com\x00.evil.io/web",
		"registry.example.com\\@evil.io/web", "régistry.example.com/web", "[fd00::5%eth0]/web", digest[7:],
		"nginx@" + strings.ToUpper(digest), strings.Repeat("a", 1000),
	} {
		assert.False(t, parseImage(text).valid, "%q", text)
	}
}

func TestParseImageAllocatesOnce(t *testing.T) {
	const text = "registry.example.com/shop/web:1.4.2"
	parseImage(text)
	assert.Zero(t, testing.AllocsPerRun(100, func() { parseImage(text) }))
}

func BenchmarkParseImage(b *testing.B) {
	b.Run("new", func(b *testing.B) {
		for b.Loop() {
			readImage("registry.example.com/shop/web:1.4.2")
		}
	})
	b.Run("seen", func(b *testing.B) {
		for b.Loop() {
			parseImage("registry.example.com/shop/web:1.4.2")
		}
	})
}
