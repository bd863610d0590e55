package pagetest

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"

	"k8s.io/client-go/rest"

	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/audit"
	"taffrail.dev/taffrail/internal/cluster"
)

// Report is the report of an audit of the cluster.
func Report(ctx context.Context) (*audit.Report, error) { return Audit(ctx, Guardrails) }

// Audit is the report of an audit of the cluster by other guardrails, with the same Exemptions.
func Audit(ctx context.Context, guardrails string) (*audit.Report, error) {
	objects, err := guardrail.Parse("guardrails.yaml", []byte(guardrails+exemptions()))
	if err != nil {
		return nil, err
	}
	server := httptest.NewServer(newAPIServer())
	defer server.Close()
	clients := cluster.NewClients(&rest.Config{Host: server.URL, QPS: -1})
	discovery, err := clients.Discovery()
	if err != nil {
		return nil, err
	}
	unversioned, err := clients.Unversioned()
	if err != nil {
		return nil, err
	}
	return audit.Run(ctx, audit.Cluster{Discovery: discovery, Objects: unversioned}, audit.Options{Guardrails: objects})
}

// apiServer answers what kinds there are, and lists them whole. It lets nobody list Ingresses.
type apiServer map[string][]map[string]any

func newAPIServer() apiServer {
	s := apiServer{}
	for _, object := range objects() {
		path := paths[object["kind"].(string)]
		s[path] = append(s[path], object)
	}
	return s
}

// paths are where the lists of kinds are.
var paths = map[string]string{
	"Namespace": "/api/v1/namespaces", "Pod": "/api/v1/pods", "Service": "/api/v1/services", "Deployment": "/apis/apps/v1/deployments",
	"StatefulSet": "/apis/apps/v1/statefulsets", "DaemonSet": "/apis/apps/v1/daemonsets", "CronJob": "/apis/batch/v1/cronjobs",
	"ClusterRole": "/apis/rbac.authorization.k8s.io/v1/clusterroles", "ClusterRoleBinding": "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
	"Ingress": "/apis/networking.k8s.io/v1/ingresses",
}

func (s apiServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	path := r.URL.Path
	switch {
	case path == "/api":
		answer(w, http.StatusOK, map[string]any{"kind": "APIVersions", "versions": []string{"v1"}})
	case path == "/apis":
		answer(w, http.StatusOK, map[string]any{"kind": "APIGroupList", "groups": groups()})
	case strings.Count(path, "/") < 4 && resources(path) != nil:
		answer(w, http.StatusOK, map[string]any{
			"kind": "APIResourceList", "groupVersion": strings.TrimPrefix(strings.TrimPrefix(path, "/apis/"), "/api/"), "resources": resources(path),
		})
	case path == paths["Ingress"]:
		answer(w, http.StatusForbidden, map[string]any{
			"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "Forbidden", "code": http.StatusForbidden,
			"message": `ingresses.networking.k8s.io is forbidden: User "jane" cannot list resource "ingresses" in API group "networking.k8s.io" at the cluster scope`,
		})
	default:
		items := s[path]
		if items == nil {
			items = []map[string]any{}
		}
		answer(w, http.StatusOK, map[string]any{"metadata": map[string]any{"resourceVersion": "1"}, "items": items})
	}
}

func answer(w http.ResponseWriter, code int, body any) {
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(body) // a caller that is gone reads nothing
}

func groups() (all []map[string]any) {
	for _, gv := range []string{"apps/v1", "batch/v1", "networking.k8s.io/v1", "rbac.authorization.k8s.io/v1"} {
		name, version, _ := strings.Cut(gv, "/")
		served := map[string]any{"groupVersion": gv, "version": version}
		all = append(all, map[string]any{"name": name, "versions": []any{served}, "preferredVersion": served})
	}
	return all
}

func resources(path string) (all []map[string]any) {
	for kind, list := range paths {
		if name, is := strings.CutPrefix(list, path+"/"); is && !strings.Contains(name, "/") {
			all = append(all, map[string]any{
				"name": name, "kind": kind, "namespaced": !strings.HasPrefix(kind, "Cluster") && kind != "Namespace", "verbs": []string{"list", "watch"},
			})
		}
	}
	return all
}
