package leader

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"reflect"
	"slices"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"

	"taffrail.dev/taffrail/internal/cluster"
	"taffrail.dev/taffrail/internal/names"
	"taffrail.dev/taffrail/internal/registration"
)

// Webhooks are how an API server reaches the server.
type Webhooks struct {
	// Managed says that the leader keeps the webhook configurations.
	Managed bool
	// URL takes the place of the Service, for a server outside of the cluster.
	URL string
	// CABundle answers the authorities that the serving certificates are signed
	// by, as PEM; nil where somebody else writes the caBundle.
	CABundle func() []byte
	// InjectCAFrom is the Certificate, NAMESPACE/CERTIFICATE, from which cert-manager's cainjector
	// writes the caBundle; CABundle is what it starts with then.
	InjectCAFrom string
	// NeedsCA says that there will be a CABundle, and no configuration without it.
	NeedsCA bool
	// ExcludedNamespaces are never matched.
	ExcludedNamespaces []string
	// Owner answers who takes the configurations along when it is deleted: the
	// Namespace that Taffrail runs in.
	Owner func(context.Context) (*metav1.PartialObjectMetadata, error)
	// Kits says that there may be NamespaceKits, and HoldBack tells whether one holds Pods back; nil
	// for never.
	Kits     bool
	HoldBack func() bool
	// Namespaces answers all that are known; nil where none are.
	Namespaces func() []*metav1.PartialObjectMetadata
}

var configurations = []schema.GroupVersionResource{
	admissionregistrationv1.SchemeGroupVersion.WithResource("mutatingwebhookconfigurations"),
	admissionregistrationv1.SchemeGroupVersion.WithResource("validatingwebhookconfigurations"),
}

// watchConfigurations looks at the configurations again when anybody has
// changed them, or taken them away.
func (l *Leader) watchConfigurations(ctx context.Context) {
	if !l.options.Webhooks.Managed {
		return
	}
	client, err := cluster.NewClients(l.options.Config).Metadata()
	if err != nil {
		l.options.Log.Error(err, "watching the webhook configurations")
		return
	}
	for _, resource := range configurations {
		_, informer := cluster.MetadataSource(client, resource).Named(names.Name).Informer(cache.ResourceEventHandlerFuncs{
			UpdateFunc: func(any, any) { l.Refresh() },
			DeleteFunc: func(any) { l.Refresh() },
		}, nil)
		go informer.RunWithContext(ctx)
	}
}

// keepConfigurations makes the webhook configurations what the guardrails in force need. Before
// they are known, those that are somebody else's may want a caBundle.
func (l *Leader) keepConfigurations(ctx context.Context, s state) {
	o := l.options.Webhooks
	if !o.Managed {
		return
	}
	owner, err := o.Owner(ctx)
	if err != nil {
		l.complain(err, "finding the Namespace that owns the webhook configurations")
		return
	}
	if owner.DeletionTimestamp != nil {
		if err := l.takeAway(ctx, owner); err != nil && ctx.Err() == nil {
			l.complain(err, "taking the webhook configurations away with their Namespace")
		}
		return
	}
	if o.NeedsCA && o.CABundle() == nil {
		return // without one the API server could only refuse; its coming wakes us
	}
	for i, desired := range o.desired(s) {
		desired.SetOwnerReferences(owned(owner))
		resource := configurations[i].Resource
		current, body, err := l.read(ctx, resource)
		switch {
		case err != nil:
		case current != nil && unmanaged(current):
			if current.Annotations[registration.InjectCA] == "true" {
				err = l.inject(ctx, resource, current)
			}
		case s.known:
			o.takeOver(desired, current)
			o.reach(desired, current)
			err = l.contend(ctx, resource, current, body, desired.Object)
		}
		if err != nil && !apierrors.IsConflict(err) && ctx.Err() == nil { // who has changed it wakes us
			l.complain(err, "keeping a webhook configuration", "resource", resource)
		}
	}
}

// contend keeps a configuration, but not as fast as somebody else changes it.
func (l *Leader) contend(ctx context.Context, resource string, current *configuration, body []byte, desired metav1.Object) error {
	wanted, err := withoutVersion(desired)
	if err != nil {
		return err
	}
	c := &l.contests[slices.IndexFunc(configurations, func(r schema.GroupVersionResource) bool { return r.Resource == resource })]
	// What we ourselves want to be different waits for nobody.
	if string(c.wanted) == string(wanted) {
		was := opened
		if current != nil {
			was = changed(body, wanted)
		}
		if was != nothing {
			now := l.now()
			if wait := c.due(now, was); wait > 0 {
				time.AfterFunc(wait, l.Refresh)
				return nil
			}
			c.putBack(now)
			l.tellOverruled(resource, current)
		}
	}
	if err := l.keep(ctx, resource, body, desired); err != nil {
		return err
	}
	c.wanted = wanted
	return nil
}

// withoutVersion is what is wanted of a configuration, whatever it was before.
func withoutVersion(desired metav1.Object) ([]byte, error) {
	version := desired.GetResourceVersion()
	defer desired.SetResourceVersion(version)
	desired.SetResourceVersion("")
	return json.Marshal(desired)
}

// keep makes a configuration what it must be. Server-side apply takes back what
// others have changed; what they have added (another match condition would be a
// hole) is taken out by replacing the whole.
func (l *Leader) keep(ctx context.Context, resource string, current []byte, desired any) error {
	body, err := json.Marshal(desired)
	if err != nil {
		return err
	}
	applied, err := raw(l.core.Patch(types.ApplyPatchType).AbsPath(path(resource)).
		Param("fieldManager", names.Name).Param("force", "true").Body(body).Do(ctx))
	if err != nil {
		return fmt.Errorf("applying it: %w", err)
	}
	if string(current) != string(applied) {
		l.options.Log.Info("wrote a webhook configuration", "resource", resource)
	}
	whole, same, err := withWebhooksOf(applied, body)
	if err != nil || same {
		return err
	}
	l.options.Log.Info("taking out what others have added to a webhook configuration", "resource", resource)
	if err := l.core.Put().AbsPath(path(resource)).Param("fieldManager", names.Name).Body(whole).Do(ctx).Error(); err != nil {
		return fmt.Errorf("replacing it: %w", err)
	}
	return nil
}

// raw is the body of an answer, or the error with the API server's words, which
// the client's own Raw leaves out.
func raw(answer rest.Result) ([]byte, error) {
	if err := answer.Error(); err != nil {
		return nil, err
	}
	return answer.Raw()
}

func unmanaged(c *configuration) bool {
	_, set := c.Annotations[registration.Unmanaged]
	return set
}

// withWebhooksOf answers the applied configuration with the webhooks of the desired one and nothing
// else, and whether that is what it is already. A caBundle that is somebody else's to write stays.
func withWebhooksOf(applied, desired []byte) (whole []byte, same bool, err error) {
	var is, want map[string]any
	if err := errors.Join(json.Unmarshal(applied, &is), json.Unmarshal(desired, &want)); err != nil {
		return nil, false, err
	}
	bundles := map[any]any{}
	for client, name := range clients(is) {
		bundles[name] = client["caBundle"]
	}
	for client, name := range clients(want) {
		if client["caBundle"] == nil && bundles[name] != nil {
			client["caBundle"] = bundles[name]
		}
	}
	same = reflect.DeepEqual(is["webhooks"], want["webhooks"])
	is["webhooks"] = want["webhooks"]
	whole, err = json.Marshal(is)
	return whole, same, err
}

// clients are the clientConfigs of a configuration, each with its webhook's name.
func clients(configuration map[string]any) iter.Seq2[map[string]any, any] {
	return func(yield func(map[string]any, any) bool) {
		webhooks, _ := configuration["webhooks"].([]any)
		for _, w := range webhooks {
			w, _ := w.(map[string]any)
			client, ok := w["clientConfig"].(map[string]any)
			if ok && !yield(client, w["name"]) {
				return
			}
		}
	}
}

func owned(by *metav1.PartialObjectMetadata) []metav1.OwnerReference {
	return []metav1.OwnerReference{{APIVersion: "v1", Kind: "Namespace", Name: by.Name, UID: by.UID}}
}
