//go:build e2e && kind

package e2e

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/e2e-framework/pkg/envconf"
	"sigs.k8s.io/e2e-framework/pkg/features"
)

// way is a way to install Taffrail, and to be rid of it again.
type way struct {
	name      string
	install   func(t *testing.T)
	verify    func(t *testing.T) // what this way brings to see whether it went well
	uninstall func(t *testing.T)
}

var ways = []way{
	{
		name: "taffrail install",
		install: func(t *testing.T) {
			// The command of docs/install.md, in one go.
			cluster(t).kubectl(t, program(t, "install", "--image", image(t)).mustSucceed(t).stdout, "apply", "-f", "-").mustSucceed(t)
		},
		verify:    doctor,
		uninstall: uninstall,
	},
	{
		name: "kustomize",
		install: func(t *testing.T) {
			cluster(t).kubectl(t, "", "apply", "-k", overlay(t, "managed")).mustSucceed(t)
		},
		verify:    doctor,
		uninstall: uninstall,
	},
	{
		name: "helm",
		install: func(t *testing.T) {
			repository, tag := imageParts(t)
			helm(t, "install", "taffrail", "../deploy/charts/taffrail", "--create-namespace", "--wait", "--timeout", "2m",
				"--set", "image.repository="+repository+",image.tag="+tag)
		},
		verify: func(t *testing.T) { helm(t, "test", "taffrail", "--timeout", "2m") },
		uninstall: func(t *testing.T) {
			helm(t, "uninstall", "taffrail", "--wait", "--timeout", "2m")
			eventually(t, "the Pods have ended", func() bool { return len(remains(t)) == 0 })
			// Helm has made the Namespace (--create-namespace), and leaves it.
			cluster(t).kubectl(t, "", "delete", "namespace", "taffrail-system").mustSucceed(t)
		},
	},
}

// Each way leads from nothing to a guardrail that works, and back to nothing.
func TestEachWayOfInstalling(t *testing.T) {
	for _, w := range ways {
		environment.Test(t, features.New(w.name).
			WithSetup("install", step(func(t *testing.T) {
				clean(t)
				w.install(t)
				ready(t)
			})).
			Assess("it guards", step(guards)).
			Assess("it is well", step(w.verify)).
			WithTeardown("uninstall", step(func(t *testing.T) {
				w.uninstall(t)
				assert.Empty(t, remains(t), "nothing stays")
				unguarded(t)
			})).
			Feature())
	}
}

// step is a step of a feature that needs nothing of the framework.
func step(do func(t *testing.T)) features.Func {
	return func(ctx context.Context, t *testing.T, _ *envconf.Config) context.Context {
		t.Helper()
		do(t)
		return ctx
	}
}

// overlay is a kustomization of ours with the image of this run.
func overlay(t *testing.T, name string) string {
	t.Helper()
	folder := t.TempDir()
	target, err := filepath.Abs("../deploy/overlays/" + name)
	require.NoError(t, err)
	target, err = filepath.Rel(folder, target) // kustomize takes no absolute path
	require.NoError(t, err)
	repository, tag := imageParts(t)
	content := "resources: [" + target + "]\nimages: [{name: taffrail, newName: " + repository + ", newTag: " + tag + "}]\n"
	require.NoError(t, os.WriteFile(filepath.Join(folder, "kustomization.yaml"), []byte(content), 0o600))
	return folder
}

func imageParts(t *testing.T) (repository, tag string) {
	t.Helper()
	name := image(t)
	i := strings.LastIndex(name, ":")
	require.Positive(t, i, "an image with a tag: %q", name)
	return name[:i], name[i+1:]
}
