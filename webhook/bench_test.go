package webhook_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"taffrail.dev/taffrail/e2e/load/enforced"
	"taffrail.dev/taffrail/e2e/load/reviews"
	"taffrail.dev/taffrail/e2e/load/typed"
	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/webhook"
)

// The benchmarks compare one review through our handler with the same through controller-runtime's
// typed defaulter and validators, in the same run, without a network. The reviews are those of
// e2e/load: every review under the default guardrails, and a Pod of 5 KB under every other set.

func BenchmarkTaffrailMutate(b *testing.B) {
	taffrail(b, reviews.Mutate, (*webhook.Handler).Mutate)
}

func BenchmarkTaffrailValidate(b *testing.B) {
	taffrail(b, reviews.Validate, (*webhook.Handler).Validate)
}

func BenchmarkControllerRuntimeMutate(b *testing.B) { controllerRuntime(b, reviews.Mutate) }

func BenchmarkControllerRuntimeValidate(b *testing.B) { controllerRuntime(b, reviews.Validate) }

// BenchmarkTaffrailValidateAmong is the price of guardrails that are for others: ten match.
func BenchmarkTaffrailValidateAmong(b *testing.B) {
	for _, n := range []int{10, 100, 1000} {
		handler := with(b, enforced.Many(n, 10)).Validate()
		each(b, reviews.Validate, func(review string, call reviews.Call) {
			if review == "pod-5KB" {
				b.Run(fmt.Sprintf("guardrails=%d", n), func(b *testing.B) { benchmark(b, handler, call) })
			}
		})
	}
}

func taffrail(b *testing.B, path string, handle func(*webhook.Handler) http.Handler) {
	for _, set := range enforced.Names {
		text, err := enforced.Text("..", set)
		require.NoError(b, err)
		handler := handle(with(b, text))
		each(b, path, func(review string, call reviews.Call) {
			if set == "default" || review == "pod-5KB" {
				b.Run("guardrails="+set+"/review="+review, func(b *testing.B) { benchmark(b, handler, call) })
			}
		})
	}
}

func controllerRuntime(b *testing.B, path string) {
	webhooks, err := typed.Webhooks()
	require.NoError(b, err)
	each(b, path, func(review string, call reviews.Call) {
		own, known := webhooks[strings.TrimSuffix(path+"/"+strings.ToLower(call.Kind), "/pod")]
		if !known {
			return
		}
		handler, err := admission.StandaloneWebhook(own, admission.StandaloneOptions{Logger: logr.Discard()})
		require.NoError(b, err)
		b.Run("guardrails=default/review="+review, func(b *testing.B) { benchmark(b, handler, call) })
	})
}

// each calls do with every review that is sent to a path.
func each(b *testing.B, path string, do func(review string, call reviews.Call)) {
	b.Helper()
	workloads, err := reviews.Read("testdata")
	require.NoError(b, err)
	for _, w := range workloads {
		for _, call := range w.Calls {
			if call.Path == path {
				do(w.Name, call)
			}
		}
	}
}

func benchmark(b *testing.B, handler http.Handler, call reviews.Call) {
	b.Helper()
	body := bytes.NewReader(call.Review)
	request := httptest.NewRequest(http.MethodPost, "/", nil)
	request.ContentLength = int64(len(call.Review))
	request.Header.Set("Content-Type", "application/json")
	answer := new(bytes.Buffer)
	b.SetBytes(int64(len(call.Review)))
	b.ReportAllocs()
	for b.Loop() {
		body.Reset(call.Review)
		answer.Reset()
		request.Body = readCloser{body}
		handler.ServeHTTP(&recorder{httptest.ResponseRecorder{Body: answer}}, request)
		if !bytes.Contains(answer.Bytes(), []byte(`"allowed":`)) {
			b.Fatal(answer.String())
		}
	}
}

// recorder takes deadlines, as a connection does.
type recorder struct{ httptest.ResponseRecorder }

func (*recorder) SetReadDeadline(time.Time) error  { return nil }
func (*recorder) SetWriteDeadline(time.Time) error { return nil }

type readCloser struct{ *bytes.Reader }

func (readCloser) Close() error { return nil }

func newHandler(tb testing.TB) *webhook.Handler {
	tb.Helper()
	set, err := guardrail.Compile(guardrail.Default(), guardrail.Options{})
	require.NoError(tb, err)
	return &webhook.Handler{
		Set:     func() *guardrail.Set { return set },
		Metrics: webhook.NewMetrics(prometheus.NewRegistry()),
		Log:     logr.Discard(),
	}
}
