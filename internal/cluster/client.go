package cluster

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/discovery"
	coordinationv1client "k8s.io/client-go/kubernetes/typed/coordination/v1"
	corev1client "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"taffrail.dev/taffrail/api/v1alpha1"
)

// Clients makes all clients of an API server. Making one sends no request.
type Clients struct{ config *rest.Config }

// NewClients makes clients that reach the API server as config says.
func NewClients(config *rest.Config) Clients { return Clients{config} }

// Limited gives each client that it makes its own limit of requests.
func (c Clients) Limited(perSecond float32, atOnce int) Clients {
	config := rest.CopyConfig(c.config)
	config.QPS, config.Burst = perSecond, atOnce
	return Clients{config}
}

// Taffrail makes a client for Guardrails and Exemptions.
func (c Clients) Taffrail() (rest.Interface, error) {
	config := rest.CopyConfig(c.config)
	config.APIPath, config.GroupVersion = "/apis", &v1alpha1.GroupVersion
	return restClient(config, "Guardrails", v1alpha1.AddToScheme)
}

// Core makes a client for Pods. It asks for protobuf, as a Namespace can have thousands.
func (c Clients) Core() (rest.Interface, error) {
	config := rest.CopyConfig(c.config)
	config.APIPath, config.GroupVersion = "/api", &corev1.SchemeGroupVersion
	config.ContentType = runtime.ContentTypeProtobuf
	return restClient(config, "the API server's Pods", corev1.AddToScheme)
}

// Unversioned makes a client for absolute paths, whose bodies the caller encodes and decodes.
func (c Clients) Unversioned() (rest.Interface, error) {
	config := rest.CopyConfig(c.config)
	config.APIPath, config.GroupVersion = "/apis", &schema.GroupVersion{}
	return restClient(config, "webhook configurations", addStatus)
}

// Metadata makes a client for the metadata of any object.
func (c Clients) Metadata() (metadata.Interface, error) {
	client, err := metadata.NewForConfig(c.config)
	if err != nil {
		return nil, fmt.Errorf("make a client for metadata: %w", err)
	}
	return client, nil
}

// Leases makes a client for the leader's Lease.
func (c Clients) Leases() (coordinationv1client.LeasesGetter, error) {
	client, err := coordinationv1client.NewForConfig(c.config)
	if err != nil {
		return nil, fmt.Errorf("make a client for the leader's Lease: %w", err)
	}
	return client, nil
}

// Events makes a client for Events.
func (c Clients) Events() (corev1client.EventsGetter, error) {
	client, err := corev1client.NewForConfig(c.config)
	if err != nil {
		return nil, fmt.Errorf("make a client for Events: %w", err)
	}
	return client, nil
}

// Secrets makes a client for the Secrets of a Namespace.
func (c Clients) Secrets(namespace string) (corev1client.SecretInterface, error) {
	client, err := corev1client.NewForConfig(c.config)
	if err != nil {
		return nil, fmt.Errorf("make a client for Secrets: %w", err)
	}
	return client.Secrets(namespace), nil
}

// Objects makes a client for any object, of the types in scheme or unstructured, for commands that
// people run. Warnings of other webhooks about what such a command sends are not shown.
func (c Clients) Objects(scheme *runtime.Scheme) (client.Client, error) {
	config := rest.CopyConfig(c.config)
	config.WarningHandler = rest.NoWarnings{}
	objects, err := client.New(config, client.Options{Scheme: scheme})
	if err != nil {
		return nil, fmt.Errorf("make a client for the API server: %w", err)
	}
	return objects, nil
}

// Discovery makes a client for what an API server says of itself.
func (c Clients) Discovery() (discovery.DiscoveryInterface, error) {
	client, err := discovery.NewDiscoveryClientForConfig(c.config)
	if err != nil {
		return nil, fmt.Errorf("make a client for the API server: %w", err)
	}
	return client, nil
}

// restClient makes a client that decodes the types of one scheme and no other.
func restClient(config *rest.Config, of string, addToScheme func(*runtime.Scheme) error) (rest.Interface, error) {
	scheme := runtime.NewScheme()
	if err := addToScheme(scheme); err != nil {
		return nil, fmt.Errorf("make a client for %s: %w", of, err)
	}
	config.NegotiatedSerializer = serializer.NewCodecFactory(scheme).WithoutConversion()
	client, err := rest.RESTClientFor(config)
	if err != nil {
		return nil, fmt.Errorf("make a client for %s: %w", of, err)
	}
	return client, nil
}

// addStatus adds what an API server answers a failed request with: without it, the reason of the
// failure is lost, and a conflict is no conflict to apierrors.
func addStatus(scheme *runtime.Scheme) error {
	metav1.AddToGroupVersion(scheme, schema.GroupVersion{Version: "v1"})
	return nil
}
