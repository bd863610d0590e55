package main

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"

	"taffrail.dev/taffrail/internal/cluster/apitest"
)

// clusterOf serves the objects of a file, and writes a kubeconfig that names the server.
func clusterOf(t *testing.T, file string) (server *apitest.Server, transcript transcript) {
	t.Helper()
	server = apitest.New(t)
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	for document := range bytes.SplitSeq(text, []byte("\n---\n")) {
		object := &unstructured.Unstructured{}
		require.NoError(t, yaml.Unmarshal(document, &object.Object))
		server.Put(object)
	}
	listener := httptest.NewServer(server)
	t.Cleanup(listener.Close)
	kubeconfig := filepath.Join(t.TempDir(), "config")
	require.NoError(t, os.WriteFile(kubeconfig, []byte(`{current-context: a, contexts: [{name: a, context: {cluster: a, user: a}}],
		clusters: [{name: a, cluster: {server: "`+listener.URL+`"}}], users: [{name: a, user: {token: x}}]}`), 0o600))
	transcript.kubeconfig = kubeconfig
	transcript.shown = func(text string) string {
		text = strings.ReplaceAll(text, listener.URL, "https://cluster.example.com")
		text = whenEvaluated.ReplaceAllString(text, `"time": "2026-01-02T03:04:05Z"`)
		return whenSeen.ReplaceAllString(text, "seconds: 1767323045")
	}
	return server, transcript
}

var (
	whenEvaluated = regexp.MustCompile(`"time": "[^"]*"`)
	whenSeen      = regexp.MustCompile(`seconds: \d+`)
)

func TestAuditTranscriptsGolden(t *testing.T) {
	for name, arrange := range map[string]func(*apitest.Server){
		"forms":     func(*apitest.Server) {},
		"wrong":     func(*apitest.Server) {},
		"dashboard": func(*apitest.Server) {},
		"partial":   mayNotList("services"),
		"serve":     func(*apitest.Server) {},
	} {
		t.Run(name, func(t *testing.T) {
			server, transcript := clusterOf(t, "testdata/audit/cluster.yaml")
			arrange(server)
			transcript.file, transcript.dir = "testdata/audit/transcripts/"+name+".txt", "testdata/audit"
			transcript.test(t)
		})
	}
}

// mayNotList has the server refuse to list a kind, for want of a right.
func mayNotList(resource string) func(*apitest.Server) {
	return func(s *apitest.Server) {
		s.Answer(func(w http.ResponseWriter, r *http.Request) bool {
			if !strings.HasSuffix(r.URL.Path, "/"+resource) {
				return false
			}
			apitest.Refuse(w, apierrors.NewForbidden(schema.GroupResource{Resource: resource}, "", errors.New(`User "jane" cannot list resource at the cluster scope`)))
			return true
		})
	}
}

// A page is written into a file as any other form, and names what is found.
func TestAuditWritesAPage(t *testing.T) {
	_, transcript := clusterOf(t, "testdata/audit/cluster.yaml")
	file := filepath.Join(t.TempDir(), "audit.html")
	var out, errs bytes.Buffer
	code := run(t.Context(), []string{"audit", "--kubeconfig", transcript.kubeconfig, "--guardrails", "testdata/audit/guardrails.yaml", "-o", "html=" + file}, streams{out: &out, err: &errs})
	require.Equal(t, exitFailed, code, errs.String())
	page, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.True(t, bytes.HasPrefix(page, []byte("<!")))
	assert.Contains(t, string(page), "image-latest-tag")
	assert.Empty(t, out.String())
}
