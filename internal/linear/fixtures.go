package main

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/mutators"
	"taffrail.dev/taffrail/validators"
	"taffrail.dev/taffrail/webhook"
)

// fixture is an object that a check or a default is tested with, and the parameters.
type fixture struct {
	name, params string
	document     map[string]any
}

var parameters = regexp.MustCompile(`(?m)^# params: (.*)$`)

// fixturesOf are those of a check or a default.
func fixturesOf(files fs.FS, name, pattern string) (all []fixture, err error) {
	names, err := fs.Glob(files, path.Join("testdata", name, pattern))
	if err != nil {
		return nil, err
	}
	for _, file := range names {
		if strings.HasPrefix(path.Base(file), "old-") || path.Base(file) == "mistakes.yaml" {
			continue
		}
		text, err := fs.ReadFile(files, file)
		if err != nil {
			return nil, err
		}
		f := fixture{name: name + "/" + path.Base(file)}
		if found := parameters.FindSubmatch(text); found != nil {
			f.params = string(found[1])
		}
		if err := yaml.Unmarshal(text, &f.document); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		if f.document["kind"] != nil {
			all = append(all, f)
		}
	}
	return all, nil
}

// params are those of the fixture, as JSON; nil where it has none.
func (f fixture) raw() (*runtime.RawExtension, error) {
	if f.params == "" {
		return nil, nil
	}
	params, err := yaml.YAMLToJSON([]byte(f.params))
	return &runtime.RawExtension{Raw: params}, err
}

// check is a Guardrail of one check, with the parameters of a fixture.
func (f fixture) check() (v1alpha1.Guardrail, error) {
	params, err := f.raw()
	g := v1alpha1.Guardrail{ObjectMeta: metav1.ObjectMeta{Name: "check"}}
	g.Spec.Validators = []v1alpha1.Validator{{Name: path.Dir(f.name), Params: params}}
	return g, err
}

// mutator is a Guardrail of one default, with the parameters of a fixture.
func (f fixture) mutator() (v1alpha1.Guardrail, error) {
	params, err := f.raw()
	g := v1alpha1.Guardrail{ObjectMeta: metav1.ObjectMeta{Name: "default"}}
	g.Spec.Mutators = []v1alpha1.Mutator{{Name: path.Dir(f.name), Params: params}}
	return g, err
}

// everything are Guardrails with the whole catalogue in force, each check and default with the
// first parameters among its fixtures that it takes.
func everything() (all []v1alpha1.Guardrail, err error) {
	take := func(files fs.FS, name, pattern string, as func(fixture) (v1alpha1.Guardrail, error)) error {
		fixtures, err := fixturesOf(files, name, pattern)
		if err != nil {
			return err
		}
		for _, f := range fixtures {
			g, err := as(f)
			if err != nil {
				return err
			}
			g.Name = name
			if _, err := guardrail.Compile(guardrail.Objects{Guardrails: []v1alpha1.Guardrail{g}}, guardrail.Options{}); err == nil {
				all = append(all, g)
				return nil
			}
		}
		return fmt.Errorf("%s has no fixture with parameters that it takes", name)
	}
	for _, v := range validators.All() {
		if v.OverSet != nil {
			continue
		}
		if err := take(validators.Fixtures, v.Name, "fail-*.yaml", fixture.check); err != nil {
			return nil, err
		}
	}
	for _, m := range mutators.All() {
		if err := take(mutators.Fixtures, m.Name, "*.yaml", fixture.mutator); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// handlerOf is the webhook with Guardrails in force.
func handlerOf(guardrails ...v1alpha1.Guardrail) (*webhook.Handler, error) {
	set, err := guardrail.Compile(guardrail.Objects{Guardrails: guardrails}, guardrail.Options{})
	if err != nil {
		return nil, err
	}
	return &webhook.Handler{
		Set:     func() *guardrail.Set { return set },
		Metrics: webhook.NewMetrics(prometheus.NewRegistry()),
		Log:     logr.Discard(),
	}, nil
}
