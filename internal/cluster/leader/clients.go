package leader

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"taffrail.dev/taffrail/internal/names"
	"taffrail.dev/taffrail/internal/registration"
)

// configuration is what both kinds of webhook configurations have in common.
type configuration struct {
	metav1.ObjectMeta `json:"metadata"`
	Webhooks          []struct {
		Name              string                                      `json:"name"`
		ClientConfig      admissionregistrationv1.WebhookClientConfig `json:"clientConfig"`
		NamespaceSelector *metav1.LabelSelector                       `json:"namespaceSelector"`
	} `json:"webhooks"`
}

func path(resource string) string {
	return "/apis/" + admissionregistrationv1.SchemeGroupVersion.String() + "/" + resource + "/" + names.Name
}

// read answers a configuration as it is now, and its bytes; nil when there is none.
func (l *Leader) read(ctx context.Context, resource string) (*configuration, []byte, error) {
	body, err := raw(l.core.Get().AbsPath(path(resource)).Do(ctx))
	if apierrors.IsNotFound(err) {
		return nil, nil, nil
	}
	var c configuration
	if err == nil {
		err = json.Unmarshal(body, &c)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("reading it: %w", err)
	}
	return &c, body, nil
}

// Trust answers which authorities the API server trusts where it calls us: the caBundle of each
// webhook in both configurations, whoever keeps them. With no configuration nobody calls.
func (l *Leader) Trust(ctx context.Context) ([][]byte, error) {
	var bundles [][]byte
	for _, resource := range configurations {
		c, _, err := l.read(ctx, resource.Resource)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", resource.Resource, err)
		}
		if c == nil {
			continue
		}
		for i := range c.Webhooks {
			if l.options.Webhooks.leadsHere(&c.Webhooks[i].ClientConfig) {
				bundles = append(bundles, c.Webhooks[i].ClientConfig.CABundle)
			}
		}
	}
	return bundles, nil
}

func (o *Webhooks) leadsHere(client *admissionregistrationv1.WebhookClientConfig) bool {
	if o.URL != "" {
		return client.URL != nil && strings.HasPrefix(*client.URL, o.URL+"/")
	}
	return client.Service != nil && client.Service.Namespace == names.Namespace && client.Service.Name == names.Name
}

// inject fills in the caBundle of a configuration that is somebody else's, in the webhooks that
// lead here, and nothing else.
func (l *Leader) inject(ctx context.Context, resource string, c *configuration) error {
	bundle := l.options.Webhooks.CABundle()
	if bundle == nil {
		return nil
	}
	// A webhook is known by its place: others may have moved it since it was read.
	patch := []map[string]any{{"op": "test", "path": "/metadata/resourceVersion", "value": c.ResourceVersion}}
	for i := range c.Webhooks {
		client := &c.Webhooks[i].ClientConfig
		if l.options.Webhooks.leadsHere(client) && string(client.CABundle) != string(bundle) {
			patch = append(patch, map[string]any{
				"op": "add", "path": fmt.Sprintf("/webhooks/%d/clientConfig/caBundle", i), "value": base64.StdEncoding.EncodeToString(bundle),
			})
		}
	}
	if len(patch) == 1 {
		return nil
	}
	body, err := json.Marshal(patch)
	if err != nil {
		return err
	}
	if err := l.core.Patch(types.JSONPatchType).AbsPath(path(resource)).Param("fieldManager", names.Name).Body(body).Do(ctx).Error(); err != nil {
		return fmt.Errorf("filling in its caBundle: %w", err)
	}
	l.options.Log.Info("filled in the caBundle of a webhook configuration", "resource", resource)
	return nil
}

// desired is a configuration as it must be, with where its webhooks lead, and which namespaces they
// select, by their names.
type desired struct {
	metav1.Object
	clients   map[string]*admissionregistrationv1.WebhookClientConfig
	selectors map[string]*metav1.LabelSelector
}

// desired are both, in the order of configurations.
func (o *Webhooks) desired(s state) []desired {
	mutating := registration.Mutating(o.ExcludedNamespaces, s.mutated)
	resources := s.resources
	if o.HoldBack != nil && o.HoldBack() {
		resources = append(slices.Clone(resources), registration.HeldBack())
	}
	validating := registration.Validating(o.ExcludedNamespaces, resources)
	if o.Kits {
		registration.WithKits(validating)
	}
	both := []desired{
		{mutating, map[string]*admissionregistrationv1.WebhookClientConfig{}, map[string]*metav1.LabelSelector{}},
		{validating, map[string]*admissionregistrationv1.WebhookClientConfig{}, map[string]*metav1.LabelSelector{}},
	}
	for i := range mutating.Webhooks {
		both[0].clients[mutating.Webhooks[i].Name] = &mutating.Webhooks[i].ClientConfig
		both[0].selectors[mutating.Webhooks[i].Name] = mutating.Webhooks[i].NamespaceSelector
	}
	for i := range validating.Webhooks {
		both[1].clients[validating.Webhooks[i].Name] = &validating.Webhooks[i].ClientConfig
		both[1].selectors[validating.Webhooks[i].Name] = validating.Webhooks[i].NamespaceSelector
	}
	return both
}

// reach has a configuration lead here, and trust who signs our certificates.
func (o *Webhooks) reach(d desired, current *configuration) {
	for name, client := range d.clients {
		client.CABundle = o.bundleFor(name, current)
		if o.URL != "" {
			url := o.URL + *client.Service.Path
			client.URL, client.Service = &url, nil
		}
	}
	if o.InjectCAFrom != "" {
		d.SetAnnotations(map[string]string{registration.InjectCAFrom: o.InjectCAFrom})
	}
	if current != nil && o.othersWrite() {
		// What is repeated of theirs holds for what was read, and for nothing newer.
		d.SetResourceVersion(current.ResourceVersion)
	}
}

// othersWrite says whether the caBundle is somebody else's.
func (o *Webhooks) othersWrite() bool { return o.InjectCAFrom != "" || o.CABundle() == nil }

// bundleFor answers the caBundle of one webhook: ours, or what is there where somebody else writes
// it. To leave it out would take it away where we were the first to write it.
func (o *Webhooks) bundleFor(name string, current *configuration) []byte {
	ours := o.CABundle()
	if current == nil || !o.othersWrite() {
		return ours
	}
	var theirs []byte
	for i := range current.Webhooks {
		is := current.Webhooks[i].ClientConfig.CABundle
		if len(is) > 0 && (theirs == nil || current.Webhooks[i].Name == name) {
			theirs = is
		}
	}
	if theirs == nil {
		return ours
	}
	return theirs
}
