package images

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

const digest = "sha256:33e0bbc7ca9ecf108140af6288c7c9d1ecc77548cbfd3952fd8466a75edefe57"

func TestCanonicalForm(t *testing.T) {
	long := strings.Repeat("a/", 122) + "web"
	for text, want := range map[string]string{
		"nginx":                                       "docker.io/library/nginx",
		"docker.io/nginx":                             "docker.io/library/nginx",
		"DOCKER.IO/nginx":                             "docker.io/library/nginx",
		"docker.io:443/library/nginx":                 "docker.io/library/nginx",
		"index.docker.io/nginx:1":                     "docker.io/library/nginx:1",
		"INDEX.docker.io/nginx":                       "docker.io/library/nginx",
		"registry-1.docker.io/library/nginx":          "docker.io/library/nginx",
		"registry-1.docker.io:443/nginx":              "docker.io/library/nginx",
		"registry.hub.docker.com/acme/web":            "docker.io/acme/web",
		"hub.docker.com/acme/web":                     "hub.docker.com/acme/web",
		"docker.io:5000/nginx":                        "docker.io:5000/nginx",
		"acme/web:1":                                  "docker.io/acme/web:1",
		"localhost/web":                               "localhost/web",
		"LOCALHOST/web":                               "localhost/web",
		"localhost:443/web":                           "localhost/web",
		"localhost:5000/web:Upper":                    "localhost:5000/web:Upper",
		"registry.example.com":                        "docker.io/library/registry.example.com",
		"registry.example.com:5000":                   "docker.io/library/registry.example.com:5000",
		"REGISTRY.example.com/web":                    "registry.example.com/web",
		"registry.example.com:443/web":                "registry.example.com/web",
		"registry.example.com:00443/web":              "registry.example.com/web",
		"registry.example.com:05000/web":              "registry.example.com:5000/web",
		"registry.example.com:80/web":                 "registry.example.com:80/web",
		"Example/web":                                 "example:443/web",
		"example:443/web":                             "example:443/web",
		"example/web":                                 "docker.io/example/web",
		"10.0.0.5:5000/a/b/c:1":                       "10.0.0.5:5000/a/b/c:1",
		"[FD00:0::5]:5000/web":                        "[fd00::5]:5000/web",
		"[fd00::5]:443/web":                           "[fd00::5]/web",
		"[::ffff:a00:5]:5000/web":                     "10.0.0.5:5000/web",
		"xn--rgistry-bya.example.com/web":             "xn--rgistry-bya.example.com/web",
		"nginx@" + digest:                             "docker.io/library/nginx@" + digest,
		"GHCR.io/acme/web:latest@" + digest:           "ghcr.io/acme/web:latest@" + digest,
		long + ":latest":                              "docker.io/" + long + ":latest",
		"registry.example.com/library/nginx:latest":   "registry.example.com/library/nginx:latest",
		"registry.hub.docker.com:443/library/redis:7": "docker.io/library/redis:7",
	} {
		for range 2 { // read, and remembered
			assert.Equal(t, want, Parse(text).String(), text)
		}
		assert.Equal(t, want, Parse(want).String(), "the canonical form of a canonical form")
	}
}

func TestWhatHasNoCanonicalForm(t *testing.T) {
	for text, why := range map[string]string{
		"":                                       "no image",
		" ":                                      "no image",
		"nginx ":                                 "a space",
		"Nginx":                                  "upper case in a repository",
		"acme/Web":                               "upper case in a repository",
		"nginx:":                                 "no tag",
		"nginx@":                                 "no digest",
		"nginx:a:b":                              "two tags",
		"nginx@sha256:abc":                       "a digest too short",
		"nginx:1@latest":                         "a digest that is none",
		"nginx@" + strings.ToUpper(digest):       "a digest in upper case",
		"https://registry.example.com/web":       "a scheme",
		"registry.example.com@evil.io/web":       "a user",
		"user:password@registry.example.com/web": "a user",
		"registry.example.com./web":              "the dot of the root",
		"docker.io./library/nginx":               "the dot of the root",
		"registry.example.com.:443/web":          "the dot of the root",
		"registry..example.com/web":              "an empty label",
		"registry_1.example.com/web":             "no host",
		"registry.example.com:/web":              "no port",
		"registry.example.com:http/web":          "a port by name",
		"registry.example.com//web":              "an empty component",
		"/web":                                   "an empty component",
		"../web":                                 "no component",
		"registry.example.com/../web":            "no component",
		"registry.example.com\x00.evil.io/web":   "a control character",
		"registry.example.com\\@evil.io/web":     "a backslash",
		"régistry.example.com/web":               "a host that is not in punycode",
		"[fd00::5%eth0]/web":                     "an address of a link",
		"[fade]/web":                             "a name in brackets",
		"[::1/web":                               "half a bracket",
		"127.1/web":                              "an address to some",
		"0x7f.0.0.1/web":                         "an address to some",
		"0x7f000001:5000/web":                    "an address to some",
		"2130706433:5000/web":                    "an address to some",
		"010.0.0.5:5000/web":                     "an address in octal to some",
		digest[7:]:                               "the ID of an image on the node",
		digest:                                   "the ID of an image on the node",
		"sha256:33e0":                            "the beginning of an ID",
		strings.Repeat("a", 1000):                "too long",
	} {
		i := Parse(text)
		assert.Equal(t, Image{}, *i, "%q: %s", text, why)
		assert.Empty(t, i.String())
	}
}

func TestParseAllocatesOnce(t *testing.T) {
	const text = "registry.example.com/shop/web:1.4.2"
	Parse(text)
	assert.Zero(t, testing.AllocsPerRun(100, func() { Parse(text) }))
}

func BenchmarkParse(b *testing.B) {
	b.Run("new", func(b *testing.B) {
		for b.Loop() {
			read("registry.example.com/shop/web:1.4.2")
		}
	})
	b.Run("seen", func(b *testing.B) {
		for b.Loop() {
			Parse("registry.example.com/shop/web:1.4.2")
		}
	})
}
