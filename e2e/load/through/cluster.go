//go:build linux

// Package through measures what admission costs a client of a real API server: with no webhook, with
// Taffrail, with a reference, and with policies in the API server's own process.
package through

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
)

// Cluster is an API server and its etcd.
type Cluster struct {
	env    *envtest.Environment
	client *http.Client
	url    string
	// APIServer is the process of the API server.
	APIServer int
}

// Start starts one from the folder of its programs, which e2e/controlplane/build.sh prints.
func Start(assets string) (*Cluster, error) {
	useExisting := false // whatever USE_EXISTING_CLUSTER says
	certificates, err := os.MkdirTemp("", "taffrail-measured-")
	if err != nil {
		return nil, err
	}
	env := &envtest.Environment{
		BinaryAssetsDirectory: assets, UseExistingCluster: &useExisting,
		ControlPlaneStartTimeout: 2 * time.Minute, ControlPlaneStopTimeout: 2 * time.Minute,
	}
	server := env.ControlPlane.GetAPIServer()
	server.CertDir = certificates
	// What is measured must not be what the API server lets a client send.
	server.Configure().Set("max-requests-inflight", "0").Set("max-mutating-requests-inflight", "0").Set("enable-priority-and-fairness", "false")
	c := &Cluster{env: env}
	config, err := env.Start()
	if err != nil {
		return nil, errors.Join(err, c.Stop())
	}
	config.QPS = -1
	if c.client, err = rest.HTTPClientFor(config); err == nil {
		c.url = strings.TrimSuffix(config.Host, "/")
		if !strings.Contains(c.url, "://") {
			c.url = "https://" + c.url
		}
		c.APIServer, err = processWith(certificates)
	}
	if err != nil {
		return nil, errors.Join(err, c.Stop())
	}
	return c, nil
}

// Stop ends it.
func (c *Cluster) Stop() error {
	return errors.Join(c.env.Stop(), os.RemoveAll(c.env.ControlPlane.GetAPIServer().CertDir))
}

// processWith finds a child of this process by a part of its command line: envtest keeps it to itself.
func processWith(part string) (int, error) {
	lines, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		return 0, err
	}
	for _, file := range lines {
		line, err := os.ReadFile(file)
		if err == nil && bytes.Contains(line, []byte(part)) && bytes.Contains(line, []byte("kube-apiserver")) {
			return strconv.Atoi(filepath.Base(filepath.Dir(file)))
		}
	}
	return 0, errors.New("the process of the API server is not there")
}

// send sends a request and gives the status and the body of the answer.
func (c *Cluster) send(ctx context.Context, method, path string, body []byte) (int, []byte, error) {
	request, err := http.NewRequestWithContext(ctx, method, c.url+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := c.client.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	return response.StatusCode, answer, err
}

// write creates or deletes what must be there or gone.
func (c *Cluster) write(ctx context.Context, method, path string, body []byte) error {
	status, answer, err := c.send(ctx, method, path, body)
	switch {
	case err != nil:
		return fmt.Errorf("%s %s: %w", method, path, err)
	case status >= http.StatusMultipleChoices && (method != http.MethodDelete || status != http.StatusNotFound):
		return fmt.Errorf("%s %s: %d: %s", method, path, status, answer)
	}
	return nil
}

// Create creates a Pod in the namespace default without storing it, and gives the status and the body of
// the answer.
func (c *Cluster) Create(ctx context.Context, pod []byte) (int, []byte, error) {
	return c.send(ctx, http.MethodPost, "/api/v1/namespaces/default/pods?dryRun=All", pod)
}
