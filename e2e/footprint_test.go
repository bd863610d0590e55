//go:build e2e && !kind && linux

package e2e

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
	"k8s.io/client-go/rest"
)

func TestAnIdleServerIsSmall(t *testing.T) {
	parallel(t)
	server := startTaffrail(t, options{standalone: true})
	least := math.MaxInt
	// The memory of the start is given back a moment after the server is ready.
	require.Eventually(t, func() bool {
		least = min(least, server.residentKiB(t))
		return least < 16<<10
	}, soon, interval, "16 MiB are more than an idle server needs")
	t.Logf("ready after %s, %.1f MiB resident", server.readyAfter.Round(time.Millisecond), float64(least)/1024)
}

// Most of what a server holds under load is its program's file and garbage: neither grows with the
// number of reviews. The collector has no limit of a container to go by here.
func TestAServerUnderLoadIsSmall(t *testing.T) {
	parallel(t)
	review, err := os.ReadFile("../webhook/testdata/big.review.json")
	require.NoError(t, err)
	server := startTaffrail(t, options{standalone: true})
	require.Eventually(t, func() bool { return server.residentKiB(t) < 16<<10 }, soon, interval, "the memory of the start is given back")

	const connections, pods = 16, 4000
	client := server.client()
	var group errgroup.Group
	for range connections {
		group.Go(func() error {
			for range pods / connections {
				for _, path := range []string{"/mutate", "/validate"} {
					response, err := server.review(client, path, bytes.NewReader(review))
					if err != nil {
						return err
					}
					if !response.Allowed {
						return fmt.Errorf("%s refuses: %s", path, response.Result.Message)
					}
				}
			}
			return nil
		})
	}
	sent := make(chan error, 1)
	go func() { sent <- group.Wait() }()
	most := 0
	for {
		most = max(most, server.residentKiB(t))
		select {
		case err := <-sent:
			require.NoError(t, err)
			t.Logf("%.1f MiB resident at most", float64(most)/1024)
			assert.Less(t, most, 40<<10, "KiB resident at most")
			return
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// residentKiB is the memory that the server holds.
func (s *taffrail) residentKiB(t *testing.T) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.process.Pid))
	require.NoError(t, err)
	_, rest, found := strings.Cut(string(status), "VmRSS:")
	require.True(t, found)
	kib, err := strconv.Atoi(strings.Fields(rest)[0])
	require.NoError(t, err)
	return kib
}

// 1,000 Guardrails and 5,000 Exemptions are many more than anybody has.
func TestManyGuardrailsAndExemptions(t *testing.T) {
	parallel(t)
	define(t)
	namespace := cluster(t).namespace(t)
	var guardrails, exemptions []string
	for i := range 1000 {
		guardrails = append(guardrails, fmt.Sprintf(`{apiVersion: taffrail.dev/v1alpha1, kind: Guardrail, metadata: {name: many-%d}, spec: {
			match: {namespaceSelector: {matchLabels: {team: team-%d}}},
			mutators: [{name: default-resource-requests, params: {cpu: 50m}}],
			validators: [{name: image-latest-tag}, {name: pod-security, params: {level: baseline}}, {name: readiness-probe, action: Warn}]}}`, i, i))
	}
	for i := range 5000 {
		exemptions = append(exemptions, fmt.Sprintf(`{apiVersion: taffrail.dev/v1alpha1, kind: Exemption, metadata: {name: many-%d}, spec: {
			validators: [image-latest-tag], selector: {matchLabels: {app: app-%d}}, reason: a test, owner: e2e, expires: "2027-01-01"}}`, i, i))
	}
	cluster(t).post(t, "/apis/taffrail.dev/v1alpha1/guardrails", guardrails)
	cluster(t).post(t, "/apis/taffrail.dev/v1alpha1/namespaces/"+namespace+"/exemptions", exemptions)

	server := serveCluster(t, 1)[0]
	t.Logf("ready %s after the start", server.readyAfter.Round(time.Millisecond))
	assert.Equal(t, "1000", server.metric(t, "taffrail_guardrails"))
	resident := server.residentKiB(t)
	t.Logf("%.1f MiB resident", float64(resident)/1024)
	assert.Less(t, resident, 120*1024, "KiB resident")
}

// post creates many objects, several at a time.
func (c *controlPlane) post(t *testing.T, path string, manifests []string) {
	t.Helper()
	client, err := rest.HTTPClientFor(c.config)
	require.NoError(t, err)
	var group errgroup.Group
	group.SetLimit(8)
	for _, manifest := range manifests {
		group.Go(func() error {
			response, err := client.Post(strings.TrimSuffix(c.config.Host, "/")+path, "application/yaml", strings.NewReader(manifest))
			if err != nil {
				return err
			}
			defer response.Body.Close()
			answer, err := io.ReadAll(response.Body)
			if err == nil && response.StatusCode != http.StatusCreated {
				err = fmt.Errorf("%s: %s", response.Status, answer)
			}
			return err
		})
	}
	require.NoError(t, group.Wait())
}
