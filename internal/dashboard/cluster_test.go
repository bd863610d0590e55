package dashboard

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/client-go/rest"
	"k8s.io/streaming/pkg/httpstream"
	"k8s.io/streaming/pkg/httpstream/spdy"

	"taffrail.dev/taffrail/internal/cluster"
)

// apiServer has the component, and forwards its port as a kubelet does.
type apiServer struct {
	t    *testing.T
	page *httptest.Server

	mu          sync.Mutex
	service     *corev1.Service
	pods        []corev1.Pod
	connections []httpstream.Connection
	// tokens are how many were asked for.
	tokens atomic.Int32
	seen   []*http.Request
}

// newAPIServer has a page that says which token it was given.
func newAPIServer(t *testing.T) *apiServer {
	t.Helper()
	s := &apiServer{
		t: t,
		service: &corev1.Service{Spec: corev1.ServiceSpec{
			Selector: map[string]string{"app": "audit"}, Ports: []corev1.ServicePort{{Name: "metrics", Port: 8080}, {Name: "page", Port: 8443, TargetPort: intstr.FromString("page")}},
		}},
		pods: []corev1.Pod{pod("old", corev1.ConditionFalse), pod("new", corev1.ConditionTrue)},
	}
	s.page = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.seen = append(s.seen, r)
		s.mu.Unlock()
		switch r.Header.Get("Authorization") {
		case "Bearer expired":
			w.WriteHeader(http.StatusUnauthorized)
		case "Bearer guest":
			w.WriteHeader(http.StatusForbidden)
		default:
			w.Header().Set("Set-Cookie", "taffrail-dashboard=theirs")
			_, _ = io.WriteString(w, r.Method+" "+r.URL.RequestURI()+" as "+r.Header.Get("Authorization"))
		}
	}))
	t.Cleanup(s.page.Close)
	return s
}

func pod(name string, ready corev1.ConditionStatus) corev1.Pod {
	return corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Ports: []corev1.ContainerPort{{Name: "page", ContainerPort: 9443}}}}},
		Status:     corev1.PodStatus{Conditions: []corev1.PodCondition{{Type: corev1.PodReady, Status: ready}}},
	}
}

func (s *apiServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	service, pods := s.service, s.pods
	s.mu.Unlock()
	const namespace = "/api/v1/namespaces/taffrail-system"
	switch path := r.URL.Path; {
	case path == namespace+"/services/taffrail-audit" && service != nil:
		reply(w, http.StatusOK, service)
	case path == namespace+"/pods" && r.URL.Query().Get("labelSelector") == "app=audit":
		reply(w, http.StatusOK, corev1.PodList{Items: pods})
	case path == namespace+"/pods/new/portforward":
		s.forward(w, r)
	case path == namespace+"/serviceaccounts/dashboard/token" && r.Method == http.MethodPost:
		s.tokens.Add(1)
		reply(w, http.StatusCreated, authenticationv1.TokenRequest{Status: authenticationv1.TokenRequestStatus{
			Token: "of-dashboard", ExpirationTimestamp: metav1.NewTime(time.Now().Add(time.Hour)),
		}})
	default:
		reply(w, http.StatusNotFound, metav1.Status{
			TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Status"}, Status: "Failure", Reason: metav1.StatusReasonNotFound, Code: http.StatusNotFound, Message: path + " not found",
		})
	}
}

func reply(w http.ResponseWriter, code int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(body)
}

// forward connects streams to the page, by SPDY. A WebSocket it does not know, as API servers before 1.30.
func (s *apiServer) forward(w http.ResponseWriter, r *http.Request) {
	if !strings.EqualFold(r.Header.Get("Upgrade"), spdy.HeaderSpdy31) {
		http.Error(w, "unable to upgrade: only SPDY/3.1", http.StatusBadRequest)
		return
	}
	if _, err := httpstream.Handshake(r, w, []string{"portforward.k8s.io"}); err != nil {
		s.t.Error(err)
		return
	}
	streams := make(chan httpstream.Stream, 16)
	connection := spdy.NewResponseUpgrader().UpgradeResponse(w, r, func(stream httpstream.Stream, _ <-chan struct{}) error {
		streams <- stream
		return nil
	})
	if connection == nil {
		return
	}
	s.mu.Lock()
	s.connections = append(s.connections, connection)
	s.mu.Unlock()
	for {
		select {
		case <-connection.CloseChan():
			return
		case stream := <-streams:
			if stream.Headers().Get(corev1.StreamType) == corev1.StreamTypeError {
				_ = stream.Close()
				continue
			}
			s.mu.Lock()
			port := stream.Headers().Get(corev1.PortHeader)
			s.mu.Unlock()
			if port != "9443" {
				s.t.Errorf("port %s is not that of the Pod", port)
			}
			go s.pipe(stream)
		}
	}
}

func (s *apiServer) pipe(stream httpstream.Stream) {
	page, err := net.Dial("tcp", s.page.Listener.Addr().String())
	if err != nil {
		_ = stream.Reset()
		return
	}
	defer page.Close()
	go func() {
		_, _ = io.Copy(page, stream)
		_ = page.Close()
	}()
	_, _ = io.Copy(stream, page)
	_ = stream.Close()
}

// cut ends what is forwarded, as when a Pod goes.
func (s *apiServer) cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.connections {
		_ = c.Close()
	}
	s.connections = nil
}

// dashboardOf is a Dashboard of the component, for somebody with a kubeconfig.
func dashboardOf(t *testing.T, s *apiServer, config rest.Config, serviceAccount string) *Dashboard {
	t.Helper()
	listener := httptest.NewServer(s)
	t.Cleanup(func() {
		s.cut()
		listener.Close()
	})
	config.Host = listener.URL
	client, err := cluster.NewClients(&config).Unversioned()
	require.NoError(t, err)
	d, err := New(Options{Config: &config, Client: client, Namespace: "taffrail-system", ServiceAccount: serviceAccount, Say: func(line string) { t.Log(line) }})
	require.NoError(t, err)
	t.Cleanup(d.tunnel.close)
	return d
}
