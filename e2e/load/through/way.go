//go:build linux

package through

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"taffrail.dev/taffrail/e2e/load"
)

// Way is a way in which Pods are completed and evaluated.
type Way struct {
	Name string
	// program serves the webhooks, if there are any.
	program *load.Program
	// objects are what an API server is told, once the program runs.
	objects func(*load.Server) ([]object, error)
}

// object is one that is made at a path of the API.
type object struct {
	path, name string
	content    any
}

// None is an API server left alone.
func None() Way { return Way{Name: "none"} }

// Policies are the rules of the default guardrail as policies of the API server's own.
func Policies() Way { return Way{Name: "policies", objects: policies} }

// Webhooks are those of a Taffrail, as it is installed: with the webhook configurations of a file,
// deploy/components/static/webhooks.yaml.
func Webhooks(program, configurations string) (Way, error) {
	folder, err := os.MkdirTemp("", "taffrail-measured-")
	if err != nil {
		return Way{}, err
	}
	ca := filepath.Join(folder, "ca.crt")
	server := load.Taffrail("taffrail", program, "")
	server.Command = append(server.Command, "--tls", "self-signed", "--write-ca", ca)
	return Way{Name: "taffrail", program: &server, objects: func(s *load.Server) ([]object, error) {
		bundle, err := os.ReadFile(ca)
		if err != nil {
			return nil, err
		}
		text, err := os.ReadFile(configurations)
		if err != nil {
			return nil, err
		}
		return installed(text, s.Address, bundle)
	}}, nil
}

// Typed are controller-runtime's typed webhooks, whose program lies in a folder, for Pods alone.
func Typed(folder string) Way {
	server := load.Typed(folder)
	return Way{Name: "typed", program: &server, objects: func(s *load.Server) ([]object, error) {
		bundle, err := s.Certificate()
		if err != nil {
			return nil, err
		}
		return forPods(s.Address, bundle), nil
	}}
}

//go:embed policies.yaml
var policiesYAML []byte

func policies(*load.Server) (all []object, err error) {
	for document := range bytes.SplitSeq(policiesYAML, []byte("\n---\n")) {
		var content struct {
			Kind     string
			Metadata metav1.ObjectMeta
		}
		if err := yaml.Unmarshal(document, &content); err != nil {
			return nil, err
		}
		raw, err := yaml.YAMLToJSON(document)
		if err != nil {
			return nil, err
		}
		resource := strings.ToLower(strings.TrimSuffix(content.Kind, "Policy"))
		if strings.HasSuffix(content.Kind, "Policy") {
			resource += "policies"
		} else {
			resource += "s"
		}
		all = append(all, object{resource, content.Metadata.Name, json.RawMessage(raw)})
	}
	return all, nil
}

const (
	mutating   = "mutatingwebhookconfigurations"
	validating = "validatingwebhookconfigurations"
)

// installed are shipped webhook configurations that lead to a server on this machine.
func installed(text []byte, address string, bundle []byte) ([]object, error) {
	first, second, found := bytes.Cut(text, []byte("\n---\n"))
	var m admissionregistrationv1.MutatingWebhookConfiguration
	var v admissionregistrationv1.ValidatingWebhookConfiguration
	if err := errors.Join(yaml.UnmarshalStrict(first, &m), yaml.UnmarshalStrict(second, &v)); err != nil || !found {
		return nil, fmt.Errorf("the webhook configurations are not two documents: %w", err)
	}
	for i := range m.Webhooks {
		pointTo(&m.Webhooks[i].ClientConfig, address, bundle)
	}
	for i := range v.Webhooks {
		pointTo(&v.Webhooks[i].ClientConfig, address, bundle)
	}
	return []object{{mutating, m.Name, &m}, {validating, v.Name, &v}}, nil
}

func pointTo(config *admissionregistrationv1.WebhookClientConfig, address string, bundle []byte) {
	path := ""
	if config.Service != nil && config.Service.Path != nil {
		path = *config.Service.Path
	}
	*config = admissionregistrationv1.WebhookClientConfig{URL: new("https://" + address + path), CABundle: bundle}
}

// forPods are webhook configurations for Pods, and for nothing else.
func forPods(address string, bundle []byte) []object {
	meta := metav1.ObjectMeta{Name: "measured"}
	config := func(path string) admissionregistrationv1.WebhookClientConfig {
		return admissionregistrationv1.WebhookClientConfig{URL: new("https://" + address + path), CABundle: bundle}
	}
	pods := func(operations ...admissionregistrationv1.OperationType) []admissionregistrationv1.RuleWithOperations {
		return []admissionregistrationv1.RuleWithOperations{{Operations: operations, Rule: admissionregistrationv1.Rule{
			APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: []string{"pods"},
		}}}
	}
	return []object{
		{mutating, meta.Name, &admissionregistrationv1.MutatingWebhookConfiguration{ObjectMeta: meta, Webhooks: []admissionregistrationv1.MutatingWebhook{{
			Name: "mutate.example.com", ClientConfig: config("/mutate"), Rules: pods("CREATE"),
			SideEffects: new(admissionregistrationv1.SideEffectClassNone), AdmissionReviewVersions: []string{"v1"},
			ReinvocationPolicy: new(admissionregistrationv1.IfNeededReinvocationPolicy),
		}}}},
		{validating, meta.Name, &admissionregistrationv1.ValidatingWebhookConfiguration{ObjectMeta: meta, Webhooks: []admissionregistrationv1.ValidatingWebhook{{
			Name: "validate.example.com", ClientConfig: config("/validate"), Rules: pods("CREATE", "UPDATE"),
			SideEffects: new(admissionregistrationv1.SideEffectClassNone), AdmissionReviewVersions: []string{"v1"},
		}}}},
	}
}

const api = "/apis/admissionregistration.k8s.io/v1/"

// Install has Pods completed and evaluated in a way, and returns once they are. What it returns undoes it.
func (c *Cluster) Install(ctx context.Context, w Way) (server *load.Server, remove func() error, err error) {
	if w.program != nil {
		if server, err = w.program.Start(ctx); err != nil {
			return nil, nil, err
		}
	}
	var all []object
	if w.objects != nil {
		if all, err = w.objects(server); err != nil {
			return nil, nil, err
		}
	}
	remove = func() (err error) {
		for _, o := range all {
			err = errors.Join(err, c.write(context.WithoutCancel(ctx), http.MethodDelete, api+o.path+"/"+o.name, nil))
		}
		err = errors.Join(err, c.until(context.WithoutCancel(ctx), false))
		if server != nil {
			server.Stop()
		}
		return err
	}
	for _, o := range all {
		raw, err := json.Marshal(o.content)
		if err == nil {
			err = c.write(ctx, http.MethodPost, api+o.path, raw)
		}
		if err != nil {
			return nil, nil, errors.Join(err, remove())
		}
	}
	if err := c.until(ctx, len(all) > 0); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("%s: %w", w.Name, err), remove())
	}
	return server, remove, nil
}

// Probes, of which one is refused wherever Pods are evaluated, and the other gets a seccomp profile
// wherever they are completed.
var (
	refused   = []byte(`{"apiVersion":"v1","kind":"Pod","metadata":{"name":"probe"},"spec":{"containers":[{"name":"app","image":"example.com/app:latest"}]}}`)
	completed = []byte(`{"apiVersion":"v1","kind":"Pod","metadata":{"name":"probe"},"spec":{"containers":[{"name":"app","image":"example.com/app:1"}]}}`)
)

// until waits until Pods are completed and evaluated, or until they are not: an API server hears of it
// some time after it was written.
func (c *Cluster) until(ctx context.Context, want bool) error {
	deadline := time.Now().Add(time.Minute)
	for row := 0; row < 5; {
		status, answer, err := c.Create(ctx, refused)
		if err != nil {
			return err
		}
		_, mutated, err := c.Create(ctx, completed)
		if err != nil {
			return err
		}
		is, completes := status >= http.StatusBadRequest, bytes.Contains(mutated, []byte("RuntimeDefault"))
		if is == want && completes == want {
			row++ // one request may be answered by what was, and the next by what is
			continue
		}
		row = 0
		if time.Now().After(deadline) {
			return fmt.Errorf("in force: %t, wanted %t; the API server said: %s %s", is && completes, want, answer, mutated)
		}
		time.Sleep(50 * time.Millisecond)
	}
	return nil
}
