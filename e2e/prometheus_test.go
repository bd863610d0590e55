//go:build e2e && !kind

package e2e

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"
)

// prometheus is a running Prometheus.
type prometheus struct {
	url     string
	started time.Time
}

// prometheusBinary is a program that e2e/prometheus/build.sh has built.
func prometheusBinary(t *testing.T, name string) string {
	t.Helper()
	assets := os.Getenv("PROMETHEUS_ASSETS")
	require.NotEmpty(t, assets, "PROMETHEUS_ASSETS is not set; run `make e2e`, which builds Prometheus and sets it")
	return filepath.Join(assets, name)
}

// alertRules writes what the PrometheusRule holds as a file of rules.
func alertRules(t *testing.T, dir string) string {
	t.Helper()
	content, err := os.ReadFile("../deploy/components/monitoring/prometheusrule.yaml")
	require.NoError(t, err)
	var object struct{ Spec json.RawMessage }
	require.NoError(t, yaml.Unmarshal(content, &object))
	rules, err := yaml.JSONToYAML(object.Spec)
	require.NoError(t, err)
	file := filepath.Join(dir, "rules.yaml")
	require.NoError(t, os.WriteFile(file, rules, 0o600))
	return file
}

// startPrometheus starts a Prometheus that scrapes the server and the audit, and of the API
// server what it says of webhooks, and has the alerts loaded.
func startPrometheus(t *testing.T, server *taffrail, audit *auditing) *prometheus {
	t.Helper()
	dir := t.TempDir()
	write := func(name string, content []byte) string {
		file := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(file, content, 0o600))
		return file
	}
	target := func(address, pod string) any {
		// The labels that the operator gives.
		return []any{map[string]any{
			"targets": []string{address}, "labels": map[string]string{"namespace": "taffrail-system", "pod": pod},
		}}
	}
	metrics, err := url.Parse(server.metricsURL)
	require.NoError(t, err)
	auditMetrics, err := url.Parse(audit.metricsURL)
	require.NoError(t, err)
	api, err := url.Parse(cluster(t).config.Host)
	require.NoError(t, err)
	if api.Host == "" { // given without a scheme
		api.Host = cluster(t).config.Host
	}
	config := write("prometheus.yaml", []byte(toYAML(t, map[string]any{
		"global":     map[string]string{"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
		"rule_files": []string{alertRules(t, dir)},
		"scrape_configs": []any{
			map[string]any{"job_name": "taffrail", "static_configs": target(metrics.Host, "taffrail-0")},
			map[string]any{"job_name": "taffrail-audit", "static_configs": target(auditMetrics.Host, "taffrail-audit-0")},
			map[string]any{
				// It has much to say: tens of thousands of lines.
				"job_name": "apiserver", "scrape_interval": "3s", "scrape_timeout": "3s",
				"scheme": "https", "static_configs": target(api.Host, "kube-apiserver"),
				"tls_config": map[string]any{
					"ca_file":   write("ca.crt", cluster(t).config.CAData),
					"cert_file": write("client.crt", cluster(t).config.CertData),
					"key_file":  write("client.key", cluster(t).config.KeyData),
				},
				"metric_relabel_configs": []any{map[string]any{
					"source_labels": []string{"__name__"}, "regex": "apiserver_admission_webhook_.*", "action": "keep",
				}},
			},
		},
	})))
	address := freeAddresses(t, 1)[0]
	var output lockedBuffer
	cmd := exec.Command(prometheusBinary(t, "prometheus"), "--config.file", config, "--storage.tsdb.path", filepath.Join(dir, "data"),
		"--web.listen-address", address, "--log.level", "warn")
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &output, &output
	p := &prometheus{url: "http://" + address, started: time.Now()}
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("prometheus said:\n%s", output.String())
		}
	})
	t.Cleanup(func() {
		if t.Failed() {
			var scrapes any
			p.get(t, "/api/v1/query", url.Values{"query": {`{__name__=~"up|scrape_duration_seconds"}[10s]`}}, &scrapes)
			t.Logf("the alerts:\n%s\nthe last scrapes, whether they came and how long they took:\n%s", toYAML(t, p.alerts(t)), toYAML(t, scrapes))
		}
	})
	require.Eventually(t, func() bool {
		response, err := http.Get(p.url + "/-/ready")
		if err != nil {
			return false
		}
		_ = response.Body.Close()
		return response.StatusCode == http.StatusOK
	}, startTimeout, interval, "prometheus is not ready")
	return p
}

// get asks Prometheus' API, which must answer with success.
func (p *prometheus) get(t *testing.T, path string, parameters url.Values, into any) {
	t.Helper()
	response, err := http.Get(p.url + path + "?" + parameters.Encode())
	require.NoError(t, err)
	defer response.Body.Close()
	var answer struct {
		Status, Error string
		Data          json.RawMessage
	}
	require.NoError(t, json.NewDecoder(response.Body).Decode(&answer))
	require.Equal(t, "success", answer.Status, "%s %v: %s", path, parameters, answer.Error)
	require.NoError(t, json.Unmarshal(answer.Data, into))
}

type alertRule struct {
	Name, Query, Health, LastError, State string
	Alerts                                []struct{ Annotations map[string]string }
}

// alerts are the rules, by name, as they stand.
func (p *prometheus) alerts(t *testing.T) map[string]alertRule {
	t.Helper()
	var data struct {
		Groups []struct{ Rules []alertRule }
	}
	p.get(t, "/api/v1/rules", nil, &data)
	rules := map[string]alertRule{}
	for _, group := range data.Groups {
		for _, rule := range group.Rules {
			rules[rule.Name] = rule
		}
	}
	return rules
}

// active says whether the expression of an alert is true now. What it then waits
// for is not waited for.
func (p *prometheus) active(t *testing.T, alert string) bool {
	t.Helper()
	state := p.alerts(t)[alert].State
	return state == "pending" || state == "firing"
}

// hasData says whether a query had a number as its answer at any time so far.
func (p *prometheus) hasData(t *testing.T, query string) bool {
	t.Helper()
	seconds := func(at time.Time) string { return strconv.FormatInt(at.Unix(), 10) }
	// It asks second by second, and a scrape that has just come is after the last of them: so one
	// second more.
	end := time.Now().Add(time.Second)
	var data struct {
		Result []struct{ Values [][2]any }
	}
	p.get(t, "/api/v1/query_range", url.Values{
		"query": {query}, "start": {seconds(p.started)}, "end": {seconds(end)}, "step": {"1"},
	}, &data)
	for _, series := range data.Result {
		for _, value := range series.Values {
			if value[1] != "NaN" {
				return true
			}
		}
	}
	return false
}

// selectors are the series that a query selects: Prometheus itself takes it apart.
func (p *prometheus) selectors(t *testing.T, query string) []string {
	t.Helper()
	var tree any
	p.get(t, "/api/v1/parse_query", url.Values{"query": {query}}, &tree)
	var found []string
	var walk func(any)
	walk = func(node any) {
		switch node := node.(type) {
		case []any:
			for _, child := range node {
				walk(child)
			}
		case map[string]any:
			if matchers, is := node["matchers"].([]any); is {
				var each []string
				for _, m := range matchers {
					m := m.(map[string]any)
					each = append(each, m["name"].(string)+m["type"].(string)+strconv.Quote(m["value"].(string)))
				}
				found = append(found, "{"+strings.Join(each, ",")+"}")
			}
			for _, child := range node {
				walk(child)
			}
		}
	}
	walk(tree)
	return found
}
