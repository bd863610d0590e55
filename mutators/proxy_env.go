package mutators

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Mutator{
	Name:    "proxy-env",
	Summary: "tells containers of the proxy that leads out of the cluster",
	Doc: `Where the way out leads through a proxy, a container that does not know it waits
for a timeout. HTTP_PROXY, HTTPS_PROXY and NO_PROXY are set, and the same in
lower case, as programs do not agree on which they read. A container that sets
one of the two keeps it, and does not get the other.

    httpProxy: http://proxy.example.com:3128
    httpsProxy: http://proxy.example.com:3128
    noProxy: .svc,.cluster.local,10.0.0.0/8

Give in noProxy what is reached directly: the cluster's domain and networks,
such as .svc,.cluster.local,10.0.0.0/8, or everything inside goes by the proxy
too. What a container has by envFrom is not seen here, and gives way to what is
set.

Sidecars count as containers; init containers do when asked.`,
	References: params.Refs(params.Kyverno, "add-pod-proxies"),
	New:        newProxyEnv,
})

type proxyEnv struct {
	HTTPProxy      string `json:"httpProxy" doc:"HTTP_PROXY, such as http://proxy.example.com:3128; empty sets none"`
	HTTPSProxy     string `json:"httpsProxy" doc:"HTTPS_PROXY; empty sets none"`
	NoProxy        string `json:"noProxy" doc:"NO_PROXY, with commas between; empty sets none"`
	InitContainers bool   `json:"initContainers" doc:"set them on init containers too"`
}

func newProxyEnv(decode params.Decode) (Mutate, error) {
	var p proxyEnv
	if err := decode(&p); err != nil {
		return nil, err
	}
	env := []corev1.EnvVar{{Name: "HTTP_PROXY", Value: p.HTTPProxy}, {Name: "HTTPS_PROXY", Value: p.HTTPSProxy}, {Name: "NO_PROXY", Value: p.NoProxy}}
	return func(r *workload.Review) {
		for c := range r.Pod.Containers() {
			if !takesEnv(c, p.InitContainers) {
				continue
			}
			for _, upper := range env {
				lower := corev1.EnvVar{Name: strings.ToLower(upper.Name), Value: upper.Value}
				if upper.Value != "" && !hasEnv(c, upper.Name) && !hasEnv(c, lower.Name) {
					c.AppendEnv(upper)
					c.AppendEnv(lower)
				}
			}
		}
	}, p.validate().ToAggregate()
}

func hasEnv(c workload.Container, name string) bool {
	return slices.ContainsFunc(c.Env, func(env corev1.EnvVar) bool { return env.Name == name })
}

func (p proxyEnv) validate() (mistakes field.ErrorList) {
	if p.HTTPProxy == "" && p.HTTPSProxy == "" {
		mistakes = append(mistakes, field.Required(field.NewPath("httpProxy"), "must be set, or httpsProxy"))
	}
	for _, v := range []struct{ name, value string }{{"httpProxy", p.HTTPProxy}, {"httpsProxy", p.HTTPSProxy}, {"noProxy", p.NoProxy}} {
		if strings.ContainsAny(v.value, " \t\r\n") {
			mistakes = append(mistakes, field.Invalid(field.NewPath(v.name), v.value, "must not hold white space"))
		}
	}
	return mistakes
}
