package validators

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

func TestCleanHostPath(t *testing.T) {
	for written, meant := range map[string]string{
		"":                         "/",
		"/":                        "/",
		"//var//run/./x/":          "/var/run/x",
		"/a/../../etc":             "/etc",
		"etc":                      "/etc",
		`C:\Windows\System32`:      "/Windows/System32",
		`c:/windows`:               "/windows",
		`C:`:                       "/",
		"/:data":                   "/:data",
		`\\.\pipe\docker_engine`:   "/pipe/docker_engine",
		"//./pipe/docker_engine":   "/pipe/docker_engine",
		"/proc":                    "/proc",
		"/proc/sys/net":            "/proc/sys/net",
		"/proc/1/root":             "/",
		"/proc/1/root/etc":         "/",
		"/proc/self/task/7/cwd/..": "/proc/self/task/7",
		"/proc/self/fd/3/etc":      "/",
		"/procs/1/root":            "/procs/1/root",
	} {
		assert.Equal(t, meant, cleanHostPath(written), written)
	}
}

func TestNodePathsMeet(t *testing.T) {
	paths, mistakes := parseNodePaths([]string{"/var/run", "/run/containerd/", "/Data"}, field.NewPath("paths"))
	require.Empty(t, mistakes)
	for path, meets := range map[string]bool{
		"/":                               true, // holds all of them
		"/var":                            true,
		"/var/run":                        true,
		"/var/run/x":                      true,
		"/VAR/RUN":                        true,
		"/var/running":                    false,
		"/va":                             false,
		"/run":                            true,
		"/run/containerd":                 true,
		"/run/containerd-2":               false,
		"/var/lib/containerd":             false,
		"/data/x":                         true,
		"/home/run/containerd":            false,
		"/run/containerd/containerd.sock": true,
	} {
		assert.Equal(t, meets, paths.meet(path), path)
	}
}
