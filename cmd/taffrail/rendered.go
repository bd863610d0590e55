package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"taffrail.dev/taffrail/internal/helm"
	"taffrail.dev/taffrail/internal/kustomize"
	"taffrail.dev/taffrail/internal/manifest"
)

// renderedInputs are the flags for inputs that must be rendered before they are manifests.
type renderedInputs struct {
	kustomizations []string
	charts         []string
	release        helm.Release
}

func (r *renderedInputs) addFlags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringArrayVarP(&r.kustomizations, "kustomize", "k", nil, "a directory with a kustomization, which is built as `kubectl apply -k` does; repeatable")
	flags.StringArrayVar(&r.charts, "helm", nil, "a Helm chart, which is rendered by the helm on the PATH; repeatable")
	flags.StringArrayVar(&r.release.Values, "values", nil, "a file of values for --helm; repeatable")
	flags.StringArrayVar(&r.release.Set, "set", nil, "a value for --helm, as key=value; repeatable")
	flags.StringVar(&r.release.Name, "release", "", "the name of the release for --helm; left out, that of the chart")
}

// none tells whether nothing is to be rendered.
func (r *renderedInputs) none() bool { return len(r.kustomizations) == 0 && len(r.charts) == 0 }

func (r *renderedInputs) render(ctx context.Context, namespace string) (all []manifest.Rendered, err error) {
	switch {
	case len(r.charts) > 0:
	case len(r.release.Values) > 0:
		return nil, errors.New("--values goes with --helm")
	case len(r.release.Set) > 0:
		return nil, errors.New("--set goes with --helm")
	case r.release.Name != "":
		return nil, errors.New("--release goes with --helm")
	}
	if r.release.Name != "" && len(r.charts) > 1 {
		return nil, errors.New("--release names one release: must be left out for several charts")
	}
	for _, directory := range r.kustomizations {
		some, err := kustomize.Build(directory)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	for _, chart := range r.charts {
		release := r.release
		release.Chart, release.Namespace = chart, namespace
		some, err := helm.Template(ctx, release)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return all, nil
}
