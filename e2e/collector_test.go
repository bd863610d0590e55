//go:build e2e && !kind

package e2e

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// collector is a running collector of OpenTelemetry, the program of e2e/collector, which prints what
// it is sent.
type collector struct {
	grpc, http string // addresses
	output     lockedBuffer
}

// span is what a collector prints of one.
type span struct {
	service, trace, parent, id, name string
	attributes                       map[string]string
}

func startCollector(t *testing.T) *collector {
	t.Helper()
	assets := os.Getenv("COLLECTOR_ASSETS")
	require.NotEmpty(t, assets, "COLLECTOR_ASSETS is not set; run `make e2e`, which builds a collector and sets it")
	addresses := freeAddresses(t, 2)
	c := &collector{grpc: addresses[0], http: addresses[1]}
	config := filepath.Join(t.TempDir(), "config.yaml")
	require.NoError(t, os.WriteFile(config, []byte(toYAML(t, map[string]any{
		"receivers": map[string]any{"otlp": map[string]any{"protocols": map[string]any{
			"grpc": map[string]string{"endpoint": c.grpc}, "http": map[string]string{"endpoint": c.http},
		}}},
		"exporters": map[string]any{"debug": map[string]any{"verbosity": "detailed", "use_internal_logger": false}},
		"service": map[string]any{
			"pipelines": map[string]any{"traces": map[string]any{"receivers": []string{"otlp"}, "exporters": []string{"debug"}}},
			"telemetry": map[string]any{"metrics": map[string]string{"level": "none"}},
		},
	})), 0o600))
	var said lockedBuffer
	cmd := exec.Command(filepath.Join(assets, "collector"), "--config", "file:"+config)
	cmd.Stdout, cmd.Stderr = &c.output, &said
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("the collector said:\n%s", said.String())
		}
	})
	for _, address := range addresses {
		require.Eventually(t, func() bool {
			connection, err := net.Dial("tcp", address)
			if err != nil {
				return false
			}
			_ = connection.Close()
			return true
		}, startTimeout, interval, "the collector does not listen")
	}
	return c
}

// spans are those that have come, as far as they are printed.
func (c *collector) spans() (all []span) {
	service := ""
	for line := range strings.Lines(c.output.String()) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "Span #") {
			all = append(all, span{service: service, attributes: map[string]string{}})
			continue
		}
		if value, found := strings.CutPrefix(line, "-> service.name: Str("); found {
			service = strings.TrimSuffix(value, ")")
			continue
		}
		if len(all) == 0 {
			continue
		}
		last := &all[len(all)-1]
		if attribute, found := strings.CutPrefix(line, "-> "); found {
			key, value, _ := strings.Cut(attribute, ": ")
			last.attributes[key] = value
			continue
		}
		key, value, _ := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		switch strings.TrimSpace(key) {
		case "Trace ID":
			last.trace = value
		case "Parent ID":
			last.parent = value
		case "ID":
			last.id = value
		case "Name":
			last.name = value
		}
	}
	return all
}
