package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/admission"
	"taffrail.dev/taffrail/internal/files"
	"taffrail.dev/taffrail/internal/manifest"
	"taffrail.dev/taffrail/internal/names"
	"taffrail.dev/taffrail/internal/workload"
	"taffrail.dev/taffrail/webhook"
)

// TestReadmeGolden: what the README and the first steps show is what the program does. In a code
// block, a line that begins with "$ " is a command and what follows it, up to the next one, is what
// it prints.
func TestReadmeGolden(t *testing.T) {
	t.Chdir("../..")
	for _, page := range []string{"README.md", "docs/first-guardrail.md", "docs/testing-guardrails.md"} {
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		r := readme{text: string(text)}
		now := r.rewritten(t)
		if *update {
			require.NoError(t, os.WriteFile(page, []byte(now), 0o644))
			continue
		}
		assert.Equal(t, r.text, now, "`make generate` writes what the program does now")
	}
}

// The first Guardrail is the one of the examples, and the one that warns is the same but for that.
func TestTheFirstGuardrailIsThatOfTheExamples(t *testing.T) {
	page, err := os.ReadFile("../../docs/first-guardrail.md")
	require.NoError(t, err)
	enforces, err := os.ReadFile("../../examples/first-guardrail/guardrail.yaml")
	require.NoError(t, err)
	assert.Contains(t, string(page), "```yaml\n"+string(enforces)+"```")
	warns, err := os.ReadFile("../../examples/first-guardrail/warn.yaml")
	require.NoError(t, err)
	assert.Equal(t, string(enforces), strings.ReplaceAll(string(warns), "    action: Warn\n", ""))
	assert.Equal(t, 3, strings.Count(string(warns), "action: Warn"))
}

// readme is the README as it is read from top to bottom.
type readme struct {
	text string
	code int // the exit code of the last command
}

func (r *readme) rewritten(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	inCode := false
	for lines := slices.Collect(strings.Lines(r.text)); len(lines) > 0; {
		if strings.HasPrefix(lines[0], "```") {
			inCode = !inCode
		}
		command, n := commandAt(lines)
		if !inCode || n == 0 {
			b.WriteString(lines[0])
			lines = lines[1:]
			continue
		}
		b.WriteString(strings.Join(lines[:n], ""))
		lines = lines[n:]
		output, known := r.output(t, command)
		b.WriteString(output)
		for known && len(lines) > 0 && !strings.HasPrefix(lines[0], "$ ") && !strings.HasPrefix(lines[0], "```") {
			lines = lines[1:]
		}
	}
	return b.String()
}

// commandAt is the command that lines begin with, and how many of them it takes.
func commandAt(lines []string) (command string, n int) {
	if !strings.HasPrefix(lines[0], "$ ") {
		return "", 0
	}
	for more := true; more; n++ {
		var line string
		line, more = strings.CutSuffix(strings.TrimSuffix(lines[n], "\n"), `\`)
		command += line
	}
	return strings.TrimPrefix(command, "$ "), n
}

// output is what a command prints, if it is known here.
func (r *readme) output(t *testing.T, command string) (string, bool) {
	t.Helper()
	words := strings.Fields(command)
	switch {
	case strings.HasPrefix(command, "taffrail audit "):
		_, there := clusterOf(t, "cmd/taffrail/testdata/audit/cluster.yaml")
		t.Setenv("KUBECONFIG", there.kubeconfig)
		var out bytes.Buffer
		r.code = run(context.Background(), words[1:], streams{in: strings.NewReader(""), out: &out, err: &out})
		return there.shown(out.String()), true
	case words[0] == "taffrail":
		var out bytes.Buffer
		r.code = run(context.Background(), words[1:], streams{in: strings.NewReader(""), out: &out, err: &out})
		return out.String(), true
	case command == "echo $?":
		return fmt.Sprintln(r.code), true
	case strings.Contains(command, names.ValidatePath+" "):
		return causes(t, answer(t, command, (*webhook.Handler).Validate)), true
	case strings.Contains(command, names.MutatePath+" "):
		return patch(t, answer(t, command, (*webhook.Handler).Mutate)), true
	case strings.HasPrefix(command, "kubectl apply -f "):
		return r.denial(t, words[3]), true
	default: // one for people, such as `make run`
		return "", false
	}
}

// answer is that of `taffrail serve` to the file after @.
func answer(t *testing.T, command string, of func(*webhook.Handler) http.Handler) *admissionv1.AdmissionResponse {
	t.Helper()
	_, file, _ := strings.Cut(command, "@")
	review, err := os.ReadFile(strings.Fields(file)[0])
	require.NoError(t, err)
	set, err := guardrail.Compile(guardrail.Default(), guardrail.Options{})
	require.NoError(t, err)
	handler := of(&webhook.Handler{
		Set:     func() *guardrail.Set { return set },
		Metrics: webhook.NewMetrics(prometheus.NewRegistry()),
		Log:     logr.Discard(),
	})
	request := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(review))
	request.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, request)
	var body admissionv1.AdmissionReview
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &body), w.Body.String())
	return body.Response
}

// causes is what `jq '.response | {uid, allowed, causes: .status.details.causes}'`
// makes of an answer.
func causes(t *testing.T, response *admissionv1.AdmissionResponse) string {
	t.Helper()
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	require.NoError(t, encoder.Encode(struct {
		UID     string               `json:"uid"`
		Allowed bool                 `json:"allowed"`
		Causes  []metav1.StatusCause `json:"causes"`
	}{string(response.UID), response.Allowed, response.Result.Details.Causes}))
	return b.String()
}

// patch is what `jq -r .response.patch | base64 -d | jq -c '.[]'` makes of an answer.
func patch(t *testing.T, response *admissionv1.AdmissionResponse) string {
	t.Helper()
	var operations []json.RawMessage
	require.NoError(t, json.Unmarshal(response.Patch, &operations))
	var b strings.Builder
	for _, operation := range operations {
		fmt.Fprintf(&b, "%s\n", operation)
	}
	return b.String()
}

// written is when the README was: a rule in it starts later.
var written = time.Date(2026, time.November, 20, 0, 0, 0, 0, time.UTC)

// denial is what kubectl prints where the first Guardrail of the page is in force;
// the e2e tests show that it does.
func (r *readme) denial(t *testing.T, file string) string {
	t.Helper()
	_, document, found := strings.Cut(r.text, "```yaml\n")
	require.True(t, found)
	document, _, _ = strings.Cut(document, "```")
	guardrails := filepath.Join(t.TempDir(), "guardrails.yaml")
	require.NoError(t, os.WriteFile(guardrails, []byte(document), 0o600))
	objects, err := files.Load(guardrails)
	require.NoError(t, err)
	set, err := guardrail.Compile(objects, guardrail.Options{Now: func() time.Time { return written }})
	require.NoError(t, err)

	input := manifest.Read(nil, file)
	require.Len(t, input.Objects, 1)
	review, err := workload.NewReview(admission.Create(input.Objects[0]))
	require.NoError(t, err)
	decision, err := set.Validate(context.Background(), review)
	require.NoError(t, err)
	var b strings.Builder
	for _, f := range decision.With(v1alpha1.Warn) {
		fmt.Fprintf(&b, "Warning: %s\n", f)
	}
	fmt.Fprintf(&b, "Error from server (Forbidden): error when creating %q: admission webhook %q denied the request: %s\n",
		file, "validate.taffrail.dev", decision.Denial())
	return b.String()
}
