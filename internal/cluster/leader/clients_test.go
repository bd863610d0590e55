package leader

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/go-logr/logr"
	"github.com/go-logr/logr/funcr"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"taffrail.dev/taffrail/internal/cluster/apitest"
)

// apiServer answers with one configuration of each kind, and remembers what is written to them.
type apiServer struct {
	configurations map[string]string // by resource; missing is not found
	forbids        bool
	written        []string
}

func (a *apiServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	resource := strings.Split(r.URL.Path, "/")[4]
	body, found := a.configurations[resource]
	w.Header().Set("Content-Type", "application/json")
	refuse := func(code int32, reason metav1.StatusReason) {
		w.WriteHeader(int(code))
		_ = json.NewEncoder(w).Encode(metav1.Status{TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}, Status: "Failure", Reason: reason, Code: code})
	}
	switch {
	case a.forbids:
		refuse(http.StatusForbidden, metav1.StatusReasonForbidden)
		return
	case r.Method == http.MethodGet && !found:
		refuse(http.StatusNotFound, metav1.StatusReasonNotFound)
		return
	case r.Method != http.MethodGet:
		sent, _ := io.ReadAll(r.Body)
		a.written = append(a.written, r.Method+" "+resource+" "+string(sent))
	}
	_, _ = io.WriteString(w, body)
}

func leading(t *testing.T, a *apiServer, o Webhooks) *Leader {
	t.Helper()
	server := apitest.New(t)
	server.Answer(func(w http.ResponseWriter, r *http.Request) bool { a.ServeHTTP(w, r); return true })
	o.Managed = true
	o.Owner = func(context.Context) (*metav1.PartialObjectMetadata, error) {
		return &metav1.PartialObjectMetadata{}, nil
	}
	l, err := New(Options{Config: server.Config(), Webhooks: o, Log: logr.Discard()})
	require.NoError(t, err)
	return l
}

const mixed = `{"metadata":{"resourceVersion":"7","annotations":{"taffrail.dev/unmanaged":"true","taffrail.dev/inject-ca":"true"}},"webhooks":[
	{"name":"a","clientConfig":{"service":{"namespace":"taffrail-system","name":"taffrail"},"caBundle":"b2xk"}},
	{"name":"b","clientConfig":{"service":{"namespace":"other","name":"taffrail"},"caBundle":"b2xk"}},
	{"name":"c","clientConfig":{"url":"https://taffrail.example.com/mutate"}},
	{"name":"d","clientConfig":{"service":{"namespace":"taffrail-system","name":"taffrail"},"caBundle":"bmV3"}},
	{"name":"e","clientConfig":{"service":{"namespace":"taffrail-system","name":"taffrail"}}}]}`

func TestTrustIsThatOfTheWebhooksThatLeadHere(t *testing.T) {
	a := &apiServer{configurations: map[string]string{"validatingwebhookconfigurations": mixed}}
	bundles, err := leading(t, a, Webhooks{}).Trust(t.Context())
	require.NoError(t, err)
	assert.Equal(t, [][]byte{[]byte("old"), []byte("new"), nil}, bundles)

	bundles, err = leading(t, a, Webhooks{URL: "https://taffrail.example.com"}).Trust(t.Context())
	require.NoError(t, err)
	assert.Equal(t, [][]byte{nil}, bundles)
}

func TestTheCABundleOfAnUnmanagedConfigurationIsFilledInAndNothingElse(t *testing.T) {
	bundle := func() []byte { return []byte("new") }
	a := &apiServer{configurations: map[string]string{
		"mutatingwebhookconfigurations":   mixed,
		"validatingwebhookconfigurations": strings.Replace(mixed, `"taffrail.dev/inject-ca":"true"`, `"taffrail.dev/inject-ca":"false"`, 1),
	}}
	leading(t, a, Webhooks{CABundle: bundle}).keepConfigurations(t.Context(), state{})
	require.Len(t, a.written, 1)
	patch, found := strings.CutPrefix(a.written[0], "PATCH mutatingwebhookconfigurations ")
	require.True(t, found, a.written[0])
	assert.JSONEq(t, `[{"op":"test","path":"/metadata/resourceVersion","value":"7"},
		{"op":"add","path":"/webhooks/0/clientConfig/caBundle","value":"bmV3"},
		{"op":"add","path":"/webhooks/4/clientConfig/caBundle","value":"bmV3"}]`, patch)
}

// With --inject-ca-from, the leader still writes nothing into what is somebody else's but the
// caBundle that it is asked for.
func TestAnUnmanagedConfigurationWithCertManager(t *testing.T) {
	with := func(annotations string) string {
		return strings.Replace(mixed, `"taffrail.dev/unmanaged":"true","taffrail.dev/inject-ca":"true"`, annotations, 1)
	}
	for name, test := range map[string]struct {
		annotations string
		written     int
	}{
		// That of `taffrail install --static --tls=cert-manager`.
		"it has cert-manager's annotation": {`"taffrail.dev/unmanaged":"true","cert-manager.io/inject-ca-from":"taffrail-system/taffrail-serving-cert"`, 0},
		"it has none":                      {`"taffrail.dev/unmanaged":"true"`, 0},
		"it is ours to fill in":            {`"taffrail.dev/unmanaged":"true","taffrail.dev/inject-ca":"true"`, 1},
	} {
		t.Run(name, func(t *testing.T) {
			a := &apiServer{configurations: map[string]string{
				"mutatingwebhookconfigurations": with(test.annotations), "validatingwebhookconfigurations": with(`"taffrail.dev/unmanaged":""`),
			}}
			leading(t, a, Webhooks{
				InjectCAFrom: "taffrail-system/taffrail-serving-cert", CABundle: func() []byte { return []byte("new") },
			}).keepConfigurations(t.Context(), state{known: true})
			assert.Len(t, a.written, test.written)
			for _, written := range a.written {
				assert.NotContains(t, written, "annotations")
				assert.Contains(t, written, "/clientConfig/caBundle")
			}
		})
	}
}

func TestWhatCertManagerFillsInIsAnnotated(t *testing.T) {
	a := &apiServer{}
	o := Webhooks{InjectCAFrom: "taffrail-system/taffrail-serving-cert", CABundle: func() []byte { return []byte("new") }}
	leading(t, a, o).keepConfigurations(t.Context(), state{known: true})
	require.Len(t, a.written, 2)
	for _, written := range a.written {
		assert.Contains(t, written, `"annotations":{"cert-manager.io/inject-ca-from":"taffrail-system/taffrail-serving-cert"}`)
		assert.Contains(t, written, `"caBundle":"bmV3"`, "until the cainjector has come")
	}
}

// While somebody takes Taffrail out of a cluster, each change wakes the leader, and each time it is
// refused the same way.
func TestARefusalIsLoggedOnceUntilTheNextResync(t *testing.T) {
	l := leading(t, &apiServer{forbids: true}, Webhooks{CABundle: func() []byte { return []byte("new") }})
	var lines []string
	l.options.Log = funcr.New(func(_, line string) { lines = append(lines, line) }, funcr.Options{})
	for range 3 {
		l.keepConfigurations(t.Context(), state{known: true})
	}
	require.Len(t, lines, 2, "of each configuration")
	assert.Contains(t, lines[0], "mutatingwebhookconfigurations")
	assert.Contains(t, lines[1], "validatingwebhookconfigurations")

	clear(l.said) // as at a resync
	l.keepConfigurations(t.Context(), state{known: true})
	assert.Len(t, lines, 4)
}

func TestConfigurationsAreLeftAlone(t *testing.T) {
	for name, change := range map[string]func(*Webhooks){
		"while their Namespace is deleted": func(o *Webhooks) { o.Owner = beingDeleted },
		"before there is an authority": func(o *Webhooks) {
			o.NeedsCA, o.CABundle = true, func() []byte { return nil }
		},
	} {
		t.Run(name, func(t *testing.T) {
			a := &apiServer{}
			l := leading(t, a, Webhooks{CABundle: func() []byte { return []byte("new") }})
			l.keepConfigurations(t.Context(), state{known: true})
			assert.Len(t, a.written, 2, "both are written otherwise")
			a.written = nil
			change(&l.options.Webhooks)
			l.keepConfigurations(t.Context(), state{known: true})
			assert.Empty(t, a.written)
		})
	}
}

func TestBundleFor(t *testing.T) {
	current := &configuration{}
	require.NoError(t, json.Unmarshal([]byte(`{"webhooks":[
		{"name":"a","clientConfig":{"caBundle":"b2xk"}},{"name":"b","clientConfig":{"caBundle":"b2xkZXI="}},{"name":"c","clientConfig":{}}]}`), current))
	for name, test := range map[string]struct {
		ours, from, webhook string
		current             *configuration
		want                string
	}{
		"ours":                            {ours: "new", webhook: "a", current: current, want: "new"},
		"cainjector's, once it is there":  {ours: "new", from: "ns/cert", webhook: "b", current: current, want: "older"},
		"cainjector's, of another":        {ours: "new", from: "ns/cert", webhook: "d", current: current, want: "old"},
		"ours until cainjector has come":  {ours: "new", from: "ns/cert", webhook: "a", current: &configuration{}, want: "new"},
		"ours in a new configuration":     {ours: "new", from: "ns/cert", webhook: "a", want: "new"},
		"a person's, where we know none":  {webhook: "a", current: current, want: "old"},
		"none, where nobody knows of any": {webhook: "a", current: &configuration{}},
	} {
		t.Run(name, func(t *testing.T) {
			o := Webhooks{InjectCAFrom: test.from, CABundle: func() []byte { return []byte(test.ours) }}
			if test.ours == "" {
				o.CABundle = func() []byte { return nil }
			}
			assert.Equal(t, test.want, string(o.bundleFor(test.webhook, test.current)))
		})
	}
}
