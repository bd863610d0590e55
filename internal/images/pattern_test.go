package images

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestPatterns(t *testing.T) {
	other := "sha256:" + digest[8:] + "0"
	for pattern, test := range map[string]struct{ match, differ []string }{
		"registry.example.com/mesh/proxy*": {
			match: []string{
				"registry.example.com/mesh/proxy", "registry.example.com/mesh/proxy:1", "registry.example.com/mesh/proxyv2:1@" + digest,
				"registry.example.com/mesh/proxy/init", "registry.example.com/mesh/proxy-init/v2:1", "REGISTRY.example.com:443/mesh/proxy",
			},
			differ: []string{
				"registry.example.com/mesh", "registry.example.com/mesh/prox", "registry.example.com.evil.net/mesh/proxy",
				"registry.example.com:5000/mesh/proxy", "mesh/proxy", "registry.example.com./mesh/proxy", "",
			},
		},
		"registry.example.com/*": {
			match:  []string{"registry.example.com/x", "registry.example.com/a/b/c:1"},
			differ: []string{"registry.example.com", "registry.example.com.evil.net/x", "evil.net/registry.example.com/x", "example.com/x"},
		},
		"REGISTRY.example.com:443/mesh/*": {
			match:  []string{"registry.example.com/mesh/proxy"},
			differ: []string{"registry.example.com/mesh", "registry.example.com/mesh-evil/proxy"},
		},
		"registry.example.com/x:1.*": {
			match:  []string{"registry.example.com/x:1.", "registry.example.com/x:1.27", "registry.example.com:443/x:1.27"},
			differ: []string{"registry.example.com/x", "registry.example.com/x:2.1", "registry.example.com/x/y:1.1", "registry.example.com/x:1.27@" + digest},
		},
		"registry.example.com/x:*-debug": {
			match:  []string{"registry.example.com/x:1-debug"},
			differ: []string{"registry.example.com/x:1-debug-evil", "registry.example.com/x:1"},
		},
		"registry.example.com/x:1-*-1": {
			match:  []string{"registry.example.com/x:1--1", "registry.example.com/x:1-a-1"},
			differ: []string{"registry.example.com/x:1-1"},
		},
		"registry.example.com/x:*": {
			match:  []string{"registry.example.com/x", "registry.example.com/x:1", "registry.example.com/x@" + digest},
			differ: []string{"registry.example.com/xy", "registry.example.com/x/y"},
		},
		"registry.example.com/mesh/proxy*:1.*": {
			match:  []string{"registry.example.com/mesh/proxyv2:1.2"},
			differ: []string{"registry.example.com/mesh/proxyv2:2.1", "registry.example.com/mesh/proxyv2@" + digest},
		},
		"registry.example.com/x": {
			match:  []string{"registry.example.com/x", "registry.example.com/x:latest"},
			differ: []string{"registry.example.com/x:1", "registry.example.com/x@" + digest, "registry.example.com/x/y"},
		},
		"registry.example.com/x:1": {
			match:  []string{"registry.example.com/x:1"},
			differ: []string{"registry.example.com/x:1.1", "registry.example.com/x", "registry.example.com/x:1@" + digest},
		},
		"registry.example.com/x:1@" + digest: {
			match:  []string{"registry.example.com/x@" + digest, "registry.example.com/x:2@" + digest},
			differ: []string{"registry.example.com/x:1", "registry.example.com/x:1@" + other, "registry.example.com/y@" + digest},
		},
		"nginx":              {match: []string{"nginx", "docker.io/library/nginx:latest"}, differ: []string{"nginx:1", "acme/nginx"}},
		"nginx*":             {match: []string{"nginx:1.27", "nginx-unit"}, differ: []string{"nginx/unit", "nginx.evil.net/x"}},
		"nginx:1.*":          {match: []string{"nginx:1.27", "registry-1.docker.io/library/nginx:1.27"}, differ: []string{"acme/nginx:1.27"}},
		"istio/proxyv2*":     {match: []string{"istio/proxyv2:1.27", "index.docker.io/istio/proxyv2"}, differ: []string{"istio/pilot", "istio.evil.net/proxyv2"}},
		"docker.io/*":        {match: []string{"nginx", "acme/web"}, differ: []string{"docker.io.evil.net/nginx", "ghcr.io/acme/web"}},
		"docker.io/istio/*":  {match: []string{"istio/proxyv2"}, differ: []string{"istio"}},
		"[FD00:0::5]:5000/*": {match: []string{"[fd00::5]:5000/x"}, differ: []string{"[fd00::6]:5000/x"}},
		"localhost:5000/*":   {match: []string{"LOCALHOST:5000/x"}, differ: []string{"localhost/x"}},
	} {
		p, err := ParsePattern(pattern)
		require.NoError(t, err, pattern)
		for _, text := range test.match {
			assert.True(t, p.Matches(Parse(text)), "%s must match %q", pattern, text)
		}
		for _, text := range test.differ {
			assert.False(t, p.Matches(Parse(text)), "%s must not match %q", pattern, text)
		}
	}
	var none Pattern
	assert.False(t, none.Matches(Parse("nginx")))
	assert.False(t, none.Matches(Parse("")))
}

func TestWhatIsNoPattern(t *testing.T) {
	const (
		registry  = "must name an image: this is a registry, or the beginning of one"
		host      = "must name its registry whole: * stands for the rest of the path, or is within the tag"
		elsewhere = "must be an image, with * for the rest of the path or within the tag; elsewhere there is none"
		other     = "must be an image, with * for the rest of the path or within the tag"
	)
	for pattern, want := range map[string]string{
		"registry.example.com*":              registry + "; write registry.example.com/*",
		"registry.example.com":               registry + "; write registry.example.com/*",
		"registry.example.com.":              registry + "; write registry.example.com/*",
		"registry.example.com:5000":          registry + "; write registry.example.com:5000/*",
		"Registry.example.com:5000*":         registry + "; write registry.example.com:5000/*",
		"localhost*":                         registry + "; write localhost/*",
		"registry.example.com*/mesh/proxy":   host + "; write registry.example.com/mesh/proxy",
		"registry.*/mesh/proxy":              host,
		"*.example.com/mesh/proxy":           host,
		"*/proxy":                            host,
		"*":                                  host,
		"*nginx":                             host,
		"docker.io/istio*":                   "must say which images of docker.io; write docker.io/istio/*, or docker.io/library/istio*",
		"index.docker.io/istio*":             "must say which images of docker.io; write docker.io/istio/*, or docker.io/library/istio*",
		"registry.example.com/*/proxy":       elsewhere,
		"registry.example.com/a*b":           elsewhere,
		"registry.example.com/a**":           elsewhere,
		"registry.example.com/a:1.*.*":       elsewhere,
		"registry.example.com/a@sha256:*":    elsewhere,
		"registry.example.com/a@" + "sha256": other,
		"registry.example.com/Mesh/Proxy*":   other + "; write registry.example.com/mesh/proxy*",
		"registry.example.com./mesh/proxy*":  other + "; write registry.example.com/mesh/proxy*",
		"https://registry.example.com/a*":    other + "; write registry.example.com/a*",
		"registry.example.com/":              other + "; write registry.example.com/*",
		"0x7f.1/a*":                          other,
		"":                                   other,
		"/a":                                 other,
		"a b":                                other,
		digest:                               other,
	} {
		_, err := ParsePattern(pattern)
		assert.EqualError(t, err, want, "%q", pattern)
	}
}

func TestSources(t *testing.T) {
	for source, test := range map[string]struct{ match, differ []string }{
		"registry.example.com":        {match: []string{"REGISTRY.example.com:443/a/b:1"}, differ: []string{"registry.example.com.evil.net/a", "registry.example.com:5000/a", "registry.example.com"}},
		"registry.example.com:443":    {match: []string{"registry.example.com/a"}},
		"registry.example.com/*":      {match: []string{"registry.example.com/a/b:1"}, differ: []string{"registry.example.com.evil.net/a"}},
		"index.docker.io":             {match: []string{"nginx", "registry-1.docker.io/acme/web"}, differ: []string{"ghcr.io/a/b"}},
		"docker.io/library":           {match: []string{"nginx"}, differ: []string{"acme/web", "library-evil/web"}},
		"docker.io/acme":              {match: []string{"acme/web:1", "acme/a/b"}, differ: []string{"acme-evil/web", "nginx"}},
		"docker.io/nginx":             {match: []string{"nginx:1", "docker.io/nginx", "nginx/unit"}, differ: []string{"redis"}},
		"ghcr.io/acme/tools":          {match: []string{"ghcr.io/acme/tools:1", "ghcr.io/acme/tools/a@" + digest}, differ: []string{"ghcr.io/acme/tools-evil"}},
		"ghcr.io/acme/tools*":         {match: []string{"ghcr.io/acme/tools-2"}},
		"docker.io/library/nginx:1.*": {match: []string{"nginx:1.27"}, differ: []string{"nginx:2", "nginx"}},
	} {
		p, err := ParseSource(source)
		require.NoError(t, err, source)
		for _, text := range test.match {
			assert.True(t, p.Matches(Parse(text)), "%s must match %q", source, text)
		}
		for _, text := range append(test.differ, "", "registry.example.com./a", digest) {
			assert.False(t, p.Matches(Parse(text)), "%s must not match %q", source, text)
		}
	}
}

func TestWhatIsNoSource(t *testing.T) {
	const detail = "must be a registry, a repository or a pattern of images, with its registry"
	for source, want := range map[string]string{
		"registry.example.com*":        detail + "; write registry.example.com/*",
		"registry.example.com.":        detail + "; write registry.example.com/*",
		"registry.example.com/":        detail + "; write registry.example.com/*",
		"https://registry.example.com": "must be an image, with * for the rest of the path or within the tag; write registry.example.com/*",
		"registry.example.com./mesh":   detail + "; write registry.example.com/mesh",
		"library":                      detail + "; write docker.io/library",
		"acme/web":                     detail + "; write docker.io/acme/web",
		"*":                            detail + ", such as registry.example.com",
		"*.example.com":                detail + ", such as registry.example.com",
		"":                             detail + ", such as registry.example.com",
	} {
		_, err := ParseSource(source)
		assert.EqualError(t, err, want, "%q", source)
	}
}

func TestRepositories(t *testing.T) {
	parse := func(text string) Repository {
		r, err := ParseRepository(text)
		require.NoError(t, err, text)
		return r
	}
	assert.Equal(t, "docker.io/acme", parse("Registry-1.docker.io:443/acme").String())
	assert.True(t, parse("docker.io/acme").Within(parse("index.docker.io")))
	assert.False(t, parse("docker.io").Within(parse("docker.io/acme")))
	assert.False(t, parse("docker.io/acme-evil").Within(parse("docker.io/acme")))
	assert.Equal(t, "/web", parse("docker.io/acme").Below(Parse("acme/web:1")))
	assert.Equal(t, "/library/nginx", parse("docker.io").Below(Parse("nginx")))
	_, err := ParseRepository("registry.example.com/*")
	require.EqualError(t, err, "must be a registry or a repository, such as registry.example.com or docker.io/library; write registry.example.com")
	_, err = ParseRepository("registry.example.com/a:1")
	assert.EqualError(t, err, "must be a registry or a repository, such as registry.example.com or docker.io/library")
}
