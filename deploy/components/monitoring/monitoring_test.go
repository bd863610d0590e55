// Package monitoring holds what the Prometheus Operator and Grafana are given to what Taffrail has
// and its documentation says. e2e/monitoring_test.go has a real Prometheus evaluate the rest.
package monitoring

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/yaml"
)

const operations = "../../../docs/operations.md"

type prometheusRule struct {
	Spec struct {
		Groups []struct {
			Rules []struct {
				Alert               string
				Labels, Annotations map[string]string
			}
		}
	}
}

// monitor is a PodMonitor or a ServiceMonitor, as far as they are alike.
type monitor struct {
	Spec struct {
		JobLabel            string
		Selector            metav1.LabelSelector
		PodMetricsEndpoints []struct{ Port string }
		Endpoints           []struct{ Port string }
	}
}

type dashboard struct {
	SchemaVersion int
	Templating    struct{ List []struct{ Name string } }
	Panels        []panel
}

type panel struct {
	ID          int
	Type        string
	Title       string
	Description string
	GridPos     struct{ H, W, X, Y int }
	Datasource  struct{ UID string }
	Targets     []struct {
		RefID      string
		Expr       string
		Datasource struct{ UID string }
	}
}

func read[T any](t *testing.T, file string) (object T) {
	t.Helper()
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	require.NoError(t, yaml.Unmarshal(content, &object), file)
	return object
}

func section(t *testing.T, title string) string {
	t.Helper()
	content, err := os.ReadFile(operations)
	require.NoError(t, err)
	_, rest, found := strings.Cut(string(content), "\n## "+title+"\n")
	require.True(t, found, "%s has a section %q", operations, title)
	text, _, _ := strings.Cut(rest, "\n## ")
	return text
}

func TestEveryAlertHasAnEntryInTheRunbook(t *testing.T) {
	var documented []string
	for _, heading := range regexp.MustCompile(`(?m)^### (.+)$`).FindAllStringSubmatch(section(t, "Alerts"), -1) {
		documented = append(documented, heading[1])
	}
	var alerts []string
	for _, group := range read[prometheusRule](t, "prometheusrule.yaml").Spec.Groups {
		for _, rule := range group.Rules {
			alerts = append(alerts, rule.Alert)
			assert.Contains(t, []string{"critical", "warning", "info"}, rule.Labels["severity"], rule.Alert)
			assert.NotEmpty(t, rule.Annotations["summary"], rule.Alert)
			assert.NotEmpty(t, rule.Annotations["description"], rule.Alert)
			assert.Equal(t, "https://taffrail.dev/docs/operations.md#"+strings.ToLower(rule.Alert), rule.Annotations["runbook_url"], rule.Alert)
		}
	}
	assert.NotEmpty(t, alerts)
	assert.ElementsMatch(t, alerts, documented)
}

func TestTheMonitorsFindTheReplicas(t *testing.T) {
	template := read[appsv1.Deployment](t, "../../base/deployment.yaml").Spec.Template
	var ports []string
	for _, port := range template.Spec.Containers[0].Ports {
		ports = append(ports, port.Name)
	}
	const job = "taffrail" // which the alerts and docs/operations.md name
	audit := read[appsv1.Deployment](t, "../audit/deployment.yaml").Spec.Template

	t.Run("PodMonitor", func(t *testing.T) {
		spec := read[monitor](t, "podmonitor.yaml").Spec
		for job, template := range map[string]corev1.PodTemplateSpec{job: template, job + "-audit": audit} {
			assert.True(t, selects(t, spec.Selector, template.Labels))
			assert.Equal(t, job, template.Labels[spec.JobLabel])
		}
		require.Len(t, spec.PodMetricsEndpoints, 1)
		assert.Contains(t, ports, spec.PodMetricsEndpoints[0].Port)
	})
	t.Run("ServiceMonitor of the audit", func(t *testing.T) {
		spec := read[monitor](t, "service-monitor/servicemonitor.yaml").Spec
		service := read[corev1.Service](t, "../audit/service.yaml")
		assert.True(t, selects(t, spec.Selector, service.Labels))
		assert.Equal(t, job+"-audit", service.Labels[spec.JobLabel])
		assert.Contains(t, []string{service.Spec.Ports[0].Name, service.Spec.Ports[1].Name}, spec.Endpoints[0].Port)
		assert.True(t, labels.SelectorFromSet(service.Spec.Selector).Matches(labels.Set(audit.Labels)))
	})
	t.Run("ServiceMonitor", func(t *testing.T) {
		spec := read[monitor](t, "service-monitor/servicemonitor.yaml").Spec
		service := read[corev1.Service](t, "service-monitor/service.yaml")
		assert.True(t, selects(t, spec.Selector, service.Labels))
		assert.False(t, selects(t, spec.Selector, read[corev1.Service](t, "../../base/service.yaml").Labels), "that Service has no metrics")
		assert.Equal(t, job, service.Labels[spec.JobLabel])
		require.Len(t, spec.Endpoints, 1)
		assert.Equal(t, service.Spec.Ports[0].Name, spec.Endpoints[0].Port)
		assert.Contains(t, ports, service.Spec.Ports[0].TargetPort.StrVal)
		assert.True(t, labels.SelectorFromSet(service.Spec.Selector).Matches(labels.Set(template.Labels)))
	})
}

func selects(t *testing.T, selector metav1.LabelSelector, of map[string]string) bool {
	t.Helper()
	s, err := metav1.LabelSelectorAsSelector(&selector)
	require.NoError(t, err)
	return s.Matches(labels.Set(of))
}

func TestThePanelsLieSideBySide(t *testing.T) {
	const columns = 24
	taken := map[[2]int]string{}
	ids := map[int]bool{}
	for _, p := range load(t).Panels {
		assert.False(t, ids[p.ID], "%s: the id %d comes twice", p.Title, p.ID)
		ids[p.ID] = true
		assert.Positive(t, p.GridPos.W*p.GridPos.H, p.Title)
		assert.LessOrEqual(t, p.GridPos.X+p.GridPos.W, columns, p.Title)
		for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
			for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
				assert.Empty(t, taken[[2]int{x, y}], "under %s", p.Title)
				taken[[2]int{x, y}] = p.Title
			}
		}
	}
}

func TestThePanelsAskTheChosenDataSource(t *testing.T) {
	d := load(t)
	var variables []string
	for _, variable := range d.Templating.List {
		variables = append(variables, variable.Name)
	}
	assert.Equal(t, []string{"datasource", "namespace", "job"}, variables)
	assert.GreaterOrEqual(t, d.SchemaVersion, 39, "what Grafana 11 writes; the panels are of that age")
	audit := 0 // where its row begins: it is a job of its own
	for _, p := range d.Panels {
		if p.Type == "row" {
			audit = p.GridPos.Y
		}
	}
	for _, p := range d.Panels {
		if p.Type == "row" {
			assert.Empty(t, p.Targets, p.Title)
			continue
		}
		assert.NotEmpty(t, p.Description, p.Title)
		assert.Equal(t, "${datasource}", p.Datasource.UID, p.Title)
		assert.NotEmpty(t, p.Targets, p.Title)
		for _, target := range p.Targets {
			assert.Equal(t, "${datasource}", target.Datasource.UID, p.Title)
			// The API server's metrics are in a job of its own.
			if !strings.Contains(target.Expr, "apiserver_") {
				job := "$job"
				if p.GridPos.Y >= audit {
					job = "$job-audit"
				}
				assert.Equal(t, strings.Count(target.Expr, "{"), strings.Count(target.Expr, `{namespace="$namespace",job="`+job+`"`), target.Expr)
			}
		}
	}
}

func TestEveryMetricIsOnTheDashboard(t *testing.T) {
	var queries strings.Builder
	for _, p := range load(t).Panels {
		for _, target := range p.Targets {
			queries.WriteString(target.Expr + "\n")
		}
	}
	metrics := regexp.MustCompile("(?m)^\\| `(taffrail_[a-z_]+)`").FindAllStringSubmatch(section(t, "Metrics"), -1)
	require.NotEmpty(t, metrics)
	for _, metric := range metrics {
		assert.Regexp(t, metric[1]+`(_bucket)?\{`, queries.String())
	}
}

func load(t *testing.T) (d dashboard) {
	t.Helper()
	content, err := os.ReadFile("dashboard.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(content, &d))
	return d
}
