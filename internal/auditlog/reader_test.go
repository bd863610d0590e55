package auditlog

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// event is a line of a log, with a change.
func event(change ...string) string {
	return strings.NewReplacer(change...).Replace(`{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Request","auditID":"SOME","stage":"ResponseComplete",` +
		`"requestURI":"/api/v1/namespaces/shop/pods","verb":"create","user":{"username":"alice"},` +
		`"objectRef":{"resource":"pods","namespace":"shop","name":"web","apiVersion":"v1"},"responseStatus":{"metadata":{},"code":201},` +
		`"requestObject":{"kind":"Pod","apiVersion":"v1","metadata":{"name":"web"}},"stageTimestamp":"2026-11-28T16:51:35.663423Z"}`)
}

// read reads a log, and tells the IDs of what is passed on.
func read(t *testing.T, from io.Reader) (ids []string, r *Reader) {
	t.Helper()
	r = &Reader{Wanted: func(e *Event) bool { return e.ObjectRef.Resource == "pods" }}
	require.NoError(t, r.Read(from, func(e *Event) error {
		ids = append(ids, e.AuditID)
		return nil
	}))
	return ids, r
}

func TestWhatIsRead(t *testing.T) {
	list := `{"kind":"EventList","apiVersion":"audit.k8s.io/v1","items":[` + event("SOME", "a", `"kind":"Event","apiVersion":"audit.k8s.io/v1",`, "") + `,` + event("SOME", "b") + `]}`
	tests := []struct {
		name, log string
		want      []string
	}{
		{"events", event("SOME", "a") + "\n" + event("SOME", "b"), []string{"a", "b"}},
		{"empty lines", "\n\r\n" + event("SOME", "a") + "\r\n\n", []string{"a"}},
		{"one request twice", event("SOME", "a") + "\n" + event("SOME", "a"), []string{"a"}},
		{"stages before the last", event("SOME", "a", "ResponseComplete", "RequestReceived") + "\n" + event("SOME", "a", "ResponseComplete", "ResponseStarted") + "\n" + event("SOME", "a"), []string{"a"}},
		{"a panic", event("SOME", "a", "ResponseComplete", "Panic"), nil},
		{"reads", event("SOME", "a", `"create"`, `"get"`) + "\n" + event("SOME", "b", `"create"`, `"list"`) + "\n" + event("SOME", "c", `"create"`, `"watch"`), nil},
		{"a connection is no read", event("SOME", "a", `"create"`, `"get"`, `"apiVersion":"v1"},"resp`, `"apiVersion":"v1","subresource":"exec"},"resp`), []string{"a"}},
		{"status", event("SOME", "a", `"apiVersion":"v1"},"resp`, `"apiVersion":"v1","subresource":"status"},"resp`), nil},
		{"what nobody looks at", event("SOME", "a", `"pods","n`, `"services","n`), nil},
		{"a list", list, []string{"a", "b"}},
		{"CloudWatch", `{"messageType":"DATA_MESSAGE","logEvents":[{"id":"1","timestamp":1,"message":` + strconv.Quote(event("SOME", "a")) + `}]}`, []string{"a"}},
		{"a message of CloudWatch", `{"timestamp":1,"message":` + strconv.Quote(event("SOME", "a")) + `}`, []string{"a"}},
		{"an export of CloudWatch", "2026-11-28T16:51:35.000Z " + event("SOME", "a"), []string{"a"}},
		{"Azure Monitor", `{"category":"kube-audit","properties":{"log":` + strconv.Quote(event("SOME", "a")+"\n") + `,"stream":"stdout"}}`, []string{"a"}},
		{"Azure event hub", `{"records":[{"category":"kube-audit","properties":{"log":` + strconv.Quote(event("SOME", "a")) + `}}]}`, []string{"a"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			ids, r := read(t, strings.NewReader(test.log))
			assert.Equal(t, test.want, ids)
			assert.Zero(t, r.Unreadable, r.Fault)

			var packed bytes.Buffer
			w := gzip.NewWriter(&packed)
			_, err := io.WriteString(w, test.log)
			require.NoError(t, errors.Join(err, w.Close()))
			ids, _ = read(t, &packed)
			assert.Equal(t, test.want, ids, "compressed")
		})
	}
}

func TestWhatCannotBeReadLeavesTheRestReadable(t *testing.T) {
	tests := []struct{ name, line, fault string }{
		{"no JSON", "I1128 10:00:00 server.go:1] hello", "line 1: is no audit event: no JSON object"},
		{"cut", event()[:300], "line 1: is no audit event: the JSON ends too early"},
		{"another kind", `{"kind":"Pod","apiVersion":"v1"}`, "line 1: is no audit event: its kind must be Event of audit.k8s.io/v1"},
		{"Google Cloud", `{"protoPayload":{"methodName":"io.k8s.core.v1.pods.create"}}`, "line 1: is an entry of Google Cloud's audit log, which has another form than audit.k8s.io/v1"},
		{"wrapped without end", strings.Repeat(`{"events":[`, 100) + strings.Repeat(`]}`, 100), "line 1: is no audit event: its kind must be Event of audit.k8s.io/v1"},
		{"too long", strings.Repeat(" ", maxLine+1), "line 1: is longer than 32 MiB"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			ids, r := read(t, strings.NewReader(test.line+"\n"+event("SOME", "a")))
			assert.Equal(t, []string{"a"}, ids)
			assert.Equal(t, 1, r.Unreadable+r.Foreign)
			assert.Equal(t, test.fault, r.Fault)
			assert.Equal(t, 2, r.Lines)
		})
	}
}

func TestAStreamThatEndsTooEarlyIsAnError(t *testing.T) {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	for i := range 1000 {
		_, err := fmt.Fprintln(w, event("SOME", strconv.Itoa(i)))
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	r := &Reader{Wanted: func(*Event) bool { return true }}
	n := 0
	err := r.Read(bytes.NewReader(packed.Bytes()[:packed.Len()/2]), func(*Event) error { n++; return nil })
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	assert.NotZero(t, n, "what was there is read")
}

func TestReadingEndsWithTheErrorOfWhoTakesTheEvents(t *testing.T) {
	stop := errors.New("stop")
	r := &Reader{Wanted: func(*Event) bool { return true }}
	assert.Equal(t, stop, r.Read(strings.NewReader(event()), func(*Event) error { return stop }))
}

// What is not wanted ends before its objects: they are most of a log.
func TestTheObjectsOfWhatIsNotWantedAreNotRead(t *testing.T) {
	broken := event(`"verb":"create"`, `"verb":"list"`, `"metadata":{"name":"web"}}`, `"metadata":BROKEN`)
	_, r := read(t, strings.NewReader(broken))
	assert.Zero(t, r.Unreadable)
	assert.Equal(t, 1, r.Unwanted)
}

func TestTheLastIDsAreRemembered(t *testing.T) {
	var r ring
	for i := range 3 * maxSeen {
		require.True(t, r.add(strconv.Itoa(i)))
	}
	assert.Len(t, r.has, maxSeen)
	assert.False(t, r.add(strconv.Itoa(3*maxSeen-1)))
}

func FuzzReader(f *testing.F) {
	f.Add([]byte(event() + "\n" + event("SOME", "b")))
	f.Add([]byte(`{"kind":"EventList","items":[` + event() + `]}`))
	f.Add([]byte(`{"logEvents":[{"message":` + strconv.Quote(event()) + `}]}`))
	f.Add([]byte("2026-11-28T16:51:35.000Z " + event()))
	f.Add([]byte{0x1f, 0x8b, 8, 0})
	f.Fuzz(func(t *testing.T, log []byte) {
		r := &Reader{Wanted: func(*Event) bool { return true }}
		passed := 0
		_ = r.Read(bytes.NewReader(log), func(e *Event) error {
			passed++
			request, reason := e.Request()
			if (request == nil) == (reason == "") {
				t.Fatalf("%+v: a request or a reason, and not both", e)
			}
			if request != nil && request.Kind.Kind == "" {
				t.Fatalf("%+v: a request without a kind", e)
			}
			return nil
		})
		if passed > r.Events {
			t.Fatalf("%d passed on of %d", passed, r.Events)
		}
	})
}
