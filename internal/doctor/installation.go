package doctor

import (
	"context"
	"crypto/x509"
	"fmt"
	"slices"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/cluster"
	"taffrail.dev/taffrail/internal/names"
)

// Installation is Taffrail in a cluster, as the checks look at it.
type Installation struct {
	// Client reads the objects of the cluster.
	Client client.Client
	// Version is that of this program.
	Version string
	// Kubernetes answers the version of the API server.
	Kubernetes func() (string, error)
	// Metrics answers what a replica says at /metrics.
	Metrics func(context.Context, *corev1.Pod) ([]byte, error)
	// Served answers the certificates that a server at an address shows.
	Served func(ctx context.Context, address, serverName string) ([]*x509.Certificate, error)
	// Asks answers whether a server at an address asks clients for a certificate.
	Asks func(ctx context.Context, address string) (bool, error)
	// InPod says that this program runs in the cluster, and reaches its Pods.
	InPod bool
	// Now is the clock.
	Now func() time.Time
}

// New prepares the look at an installation. The error says that the API server does not answer.
func New(config *rest.Config, version string, inPod bool) (*Installation, error) {
	all := runtime.NewScheme()
	if err := scheme.AddToScheme(all); err != nil {
		return nil, err
	}
	if err := v1alpha1.AddToScheme(all); err != nil {
		return nil, err
	}
	clients := cluster.NewClients(config)
	asked, err := clients.Discovery()
	if err != nil {
		return nil, err
	}
	answer, err := asked.ServerVersion()
	if err != nil {
		return nil, fmt.Errorf("ask the API server %s for its version: %w", config.Host, err)
	}
	c, err := clients.Objects(all)
	if err != nil {
		return nil, err
	}
	return &Installation{
		Client: c, Version: version, InPod: inPod, Now: time.Now,
		Kubernetes: func() (string, error) { return answer.GitVersion, nil },
		Metrics: func(ctx context.Context, pod *corev1.Pod) ([]byte, error) {
			port := metricsPort(pod)
			if port == 0 {
				return nil, fmt.Errorf("no port of Pod %s is named metrics", pod.Name)
			}
			answer := asked.RESTClient().Get().AbsPath("/api/v1/namespaces", pod.Namespace, "pods",
				fmt.Sprintf("%s:%d", pod.Name, port), "proxy", "metrics").Do(ctx)
			if err := answer.Error(); err != nil {
				return nil, err // with the API server's words, which Raw leaves out
			}
			return answer.Raw()
		},
		Served: shakeHands, Asks: asksForCertificate,
	}, nil
}

func metricsPort(pod *corev1.Pod) int32 {
	for _, container := range pod.Spec.Containers {
		for _, port := range container.Ports {
			if port.Name == "metrics" {
				return port.ContainerPort
			}
		}
	}
	return 0
}

func inNamespace() client.ListOption { return client.InNamespace(names.Namespace) }

func ourLabels() client.ListOption {
	return client.MatchingLabels{"app.kubernetes.io/name": names.Name}
}

// deployment is what runs Taffrail.
func (i *Installation) deployment(ctx context.Context) (*appsv1.Deployment, error) {
	deployment := &appsv1.Deployment{}
	err := i.Client.Get(ctx, client.ObjectKey{Namespace: names.Namespace, Name: names.Name}, deployment)
	return deployment, err
}

// pods are the replicas.
func (i *Installation) pods(ctx context.Context) ([]corev1.Pod, error) {
	list := &corev1.PodList{}
	err := i.Client.List(ctx, list, inNamespace(), ourLabels())
	return list.Items, err
}

// argument answers the value of a flag of `serve`, and whether it is given.
func argument(deployment *appsv1.Deployment, flag string) (string, bool) {
	for _, container := range deployment.Spec.Template.Spec.Containers {
		for n, arg := range container.Args {
			if value, found := strings.CutPrefix(arg, flag+"="); found {
				return value, true
			}
			if arg == flag && n+1 < len(container.Args) {
				return container.Args[n+1], true
			}
		}
	}
	return "", false
}

// fromFiles tells whether the guardrails are files, so that no Guardrail and no
// Exemption in the cluster counts.
func (i *Installation) fromFiles(ctx context.Context) bool {
	deployment, err := i.deployment(ctx)
	if err != nil {
		return false
	}
	_, given := argument(deployment, "--guardrails")
	return given
}

// managed tells whether Taffrail keeps an authority of its own, which it does in
// a Pod where nothing else is said.
func (i *Installation) managed(ctx context.Context) bool {
	deployment, err := i.deployment(ctx)
	if err != nil {
		return true
	}
	mode, given := argument(deployment, "--tls")
	return !given || mode == "managed"
}

// led tells whether there must be a leader: for Guardrails in the cluster, or for the authority.
func (i *Installation) led(ctx context.Context) bool { return !i.fromFiles(ctx) || i.managed(ctx) }

// outside tells whether the API server reaches Taffrail at a URL, so that it is
// not the cluster that runs it.
func (i *Installation) outside(ctx context.Context) bool {
	ours, _ := i.ours(ctx) // told by who looks at configurations
	return slices.ContainsFunc(ours, func(c configuration) bool {
		return slices.ContainsFunc(c.webhooks, func(w entry) bool { return w.ClientConfig.URL != nil })
	})
}
