package images

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

var seeds = []string{
	"nginx", "nginx:1.27", "Docker.io/nginx", "registry-1.docker.io:0443/library/nginx@" + digest, "Example/web", "localhost:5000/a/b",
	"[FD00::5]:5000/web", "[::ffff:a00:5]/web", "registry.example.com./web", "0x7f.1/web", digest, "a.b*", "a.b/*", "a.b/c*:1.*",
}

// The canonical form of a canonical form is the same, and so is every verdict.
func FuzzCanonicalForm(f *testing.F) {
	for _, text := range seeds {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		i := read(text)
		if !i.Valid {
			assert.Equal(t, Image{}, i)
			return
		}
		assert.Equal(t, i, read(i.String()), "%q", i.String())
		assert.Equal(t, i.Registry, strings.ToLower(i.Registry))
		assert.False(t, strings.HasSuffix(i.Registry, ":443"))
	})
}

// A pattern matches images of its own registry alone, and an image by all its spellings or by none.
func FuzzPattern(f *testing.F) {
	for _, pattern := range seeds {
		for _, image := range seeds {
			f.Add(pattern, image)
		}
	}
	f.Fuzz(func(t *testing.T, pattern, image string) {
		p, err := ParsePattern(pattern)
		s, err2 := ParseSource(pattern)
		i := read(image)
		for _, p := range []Pattern{p, s} {
			matches := p.Matches(&i)
			if matches {
				assert.True(t, i.Valid)
				assert.Equal(t, p.registry, i.Registry)
			}
			for _, other := range spellings(&i) {
				same := read(other)
				assert.Equal(t, matches, p.Matches(&same), "%q and %q by %q", image, other, pattern)
			}
			evil := read(strings.Replace(i.String(), "/", ".evil.net/", 1))
			if evil.Valid && evil.Registry != i.Registry && matches {
				assert.False(t, p.Matches(&evil), "%q by %q", evil.String(), pattern)
			}
		}
		if err != nil {
			assert.Zero(t, p)
		}
		if err2 != nil {
			assert.Zero(t, s)
		}
		// What stands in front of a * that is no pattern, an image may have as the
		// beginning of its host.
		if err == nil && !strings.Contains(pattern, "*") && i.Valid && p.Matches(&i) && p.digest == "" {
			exact := read(pattern)
			assert.Equal(t, exact.Name(), i.Name())
		}
	})
}

// spellings are other ways to write an image.
func spellings(i *Image) []string {
	if !i.Valid {
		return nil
	}
	host, rest, _ := strings.Cut(i.String(), "/")
	all := []string{strings.ToUpper(host) + "/" + rest}
	if !strings.Contains(host[strings.LastIndexByte(host, ']')+1:], ":") {
		all = append(all, host+":443/"+rest, host+":0443/"+rest)
	}
	if i.Registry == dockerHub {
		all = append(all, rest, "index.docker.io/"+rest, "Registry-1.docker.io/"+rest, "registry.hub.docker.com:443/"+rest)
		if name, isOfficial := strings.CutPrefix(rest, official); isOfficial && !strings.Contains(name, "/") && !isID(name) {
			all = append(all, name, "docker.io/"+name)
		}
	}
	return all
}
