package confirm

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-logr/logr"
	"github.com/go-logr/logr/funcr"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/metadata/fake"
	"k8s.io/client-go/rest"
	clienttesting "k8s.io/client-go/testing"

	"taffrail.dev/taffrail/internal/cluster/apitest"
)

var replicaSets = appsv1.SchemeGroupVersion.WithResource("replicasets")

// web is what the API server has.
var web = Object{Resource: replicaSets, Namespace: "shop", Name: "web", UID: "u-1"}

// fakeServer is an API server that has web.
func fakeServer(t *testing.T, log logr.Logger) (*Questions, *fake.FakeMetadataClient) {
	t.Helper()
	q, err := New(&rest.Config{Host: "localhost"}, log)
	require.NoError(t, err)
	scheme := fake.NewTestScheme()
	require.NoError(t, metav1.AddMetaToScheme(scheme))
	client := fake.NewSimpleMetadataClient(scheme, &metav1.PartialObjectMetadata{
		TypeMeta:   metav1.TypeMeta{APIVersion: "apps/v1", Kind: "ReplicaSet"},
		ObjectMeta: metav1.ObjectMeta{Namespace: web.Namespace, Name: web.Name, UID: web.UID},
	})
	q.objects = client
	return q, client
}

// answers asks, and waits for the answer.
func answers(t *testing.T, q *Questions, question Question) (found *metav1.PartialObjectMetadata, err error) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	question.Answered = func(f *metav1.PartialObjectMetadata, e error) {
		found, err = f, e
		stop()
	}
	require.True(t, q.Ask(question))
	go func() {
		defer close(ended)
		assert.NoError(t, q.Run(ctx))
	}()
	<-ended
	return found, err
}

func TestAnObjectIsConfirmedByNameNamespaceAndUID(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*Object)
		want   string // the error; none: it is there
	}{
		"that is there":        {func(*Object) {}, ""},
		"of another uid":       {func(o *Object) { o.UID = "u-2" }, "what has this name has another uid"},
		"of another name":      {func(o *Object) { o.Name = "other" }, "not found"},
		"of another Namespace": {func(o *Object) { o.Namespace = "kube-system" }, "not found"},
		"of another resource":  {func(o *Object) { o.Resource = appsv1.SchemeGroupVersion.WithResource("statefulsets") }, "not found"},
	} {
		t.Run(name, func(t *testing.T) {
			q, _ := fakeServer(t, logr.Discard())
			object := web
			test.change(&object)
			found, err := answers(t, q, Question{Object: object})
			if test.want == "" {
				require.NoError(t, err)
				assert.Equal(t, web.UID, found.UID)
				return
			}
			require.ErrorContains(t, err, test.want)
			assert.Nil(t, found)
		})
	}
}

// The names become a path, and the path is ours to read.
func TestWhatCannotBeLookedUpIsNotAskedFor(t *testing.T) {
	for name, object := range map[string]Object{
		"a Secret":                    {corev1.SchemeGroupVersion.WithResource("secrets"), "shop", "web", "u-1"},
		"another version":             {appsv1.SchemeGroupVersion.WithResource("replicasets").GroupResource().WithVersion("v1beta2"), "shop", "web", "u-1"},
		"a path for a name":           {replicaSets, "shop", "../../../../../api/v1/namespaces/kube-system/secrets/x", "u-1"},
		"dots for a name":             {replicaSets, "shop", "..", "u-1"},
		"a path for a Namespace":      {replicaSets, "../../x", "web", "u-1"},
		"a query":                     {replicaSets, "shop", "web?watch=true", "u-1"},
		"a line that is broken":       {replicaSets, "shop", "web\nforged", "u-1"},
		"no name":                     {replicaSets, "shop", "", "u-1"},
		"no Namespace":                {replicaSets, "", "web", "u-1"},
		"no uid, which any would be":  {replicaSets, "shop", "web", ""},
		"no resource, and all in one": {},
	} {
		t.Run(name, func(t *testing.T) {
			q, client := fakeServer(t, logr.Discard())
			assert.False(t, q.Ask(Question{Object: object}))
			assert.Empty(t, q.queue)
			assert.Empty(t, client.Actions())
		})
	}
}

func TestASenderAsksWithinItsRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // in which no time passes
		q, _ := fakeServer(t, logr.Discard())
		for range 10 * asked {
			q.Ask(Question{Sender: "flood", Object: web})
		}
		assert.Len(t, q.queue, int(perSender.Burst))
		assert.True(t, q.Ask(Question{Sender: "another", Object: web}), "which keeps nobody else from asking")
	})
}

func TestWhatWaitsIsBounded(t *testing.T) {
	q, _ := fakeServer(t, logr.Discard())
	for i := range 10 * asked {
		q.Ask(Question{Sender: fmt.Sprint(i), Object: web})
	}
	assert.Len(t, q.queue, asked)
	assert.False(t, q.Ask(Question{Sender: "late", Object: web}))
}

// The object of a CREATE is there only when its review has been answered.
func TestWhatIsComingIsLookedForAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, client := fakeServer(t, logr.Discard())
		var gets atomic.Int64
		client.PrependReactor("get", "*", func(clienttesting.Action) (bool, runtime.Object, error) {
			if gets.Add(1) == 1 {
				return true, nil, apierrors.NewNotFound(replicaSets.GroupResource(), web.Name)
			}
			return false, nil, nil
		})
		start := time.Now()
		found, err := answers(t, q, Question{Object: web, Coming: true})
		require.NoError(t, err)
		assert.Equal(t, web.UID, found.UID)
		assert.Equal(t, again, time.Since(start))
		assert.Empty(t, q.waiting, "the next may ask")

		_, err = answers(t, q, Question{Object: Object{replicaSets, "shop", "never", "u-9"}, Coming: true})
		require.ErrorContains(t, err, "not found")
		assert.EqualValues(t, 2+times, gets.Load(), "not for ever")
	})
}

func TestAMissingRightIsToldOnce(t *testing.T) {
	var told int
	q, client := fakeServer(t, funcr.New(func(_, _ string) { told++ }, funcr.Options{}))
	client.PrependReactor("get", "*", func(clienttesting.Action) (bool, runtime.Object, error) {
		return true, nil, apierrors.NewForbidden(replicaSets.GroupResource(), web.Name, errors.New("no role"))
	})
	for i := range 5 {
		_, err := answers(t, q, Question{Object: Object{replicaSets, "shop", "web", types.UID(fmt.Sprint(i))}})
		require.ErrorContains(t, err, "no role")
	}
	assert.Equal(t, 1, told)
}

// Only workloads are: there is a right to no more.
func TestWhatIsLookedUp(t *testing.T) {
	for kind, want := range map[[2]string]string{
		{"apps/v1", "ReplicaSet"}:          "replicasets",
		{"apps/v1", "Deployment"}:          "deployments",
		{"batch/v1", "CronJob"}:            "cronjobs",
		{"v1", "ReplicationController"}:    "replicationcontrollers",
		{"v1", "Secret"}:                   "",
		{"apps/v1beta1", "Deployment"}:     "",
		{"example.com/v1", "Deployment"}:   "",
		{"apps/v1/and/more", "Deployment"}: "",
	} {
		resource, known := Resource(kind[0], kind[1])
		assert.Equal(t, want, resource.Resource, kind)
		assert.Equal(t, want != "", known, kind)
	}
}

// The words of an API server that fails reach whoever asked, and the next question is answered.
func TestAQuestionThatCannotBeAnswered(t *testing.T) {
	server := apitest.New(t, &appsv1.ReplicaSet{ObjectMeta: metav1.ObjectMeta{Namespace: web.Namespace, Name: web.Name, UID: web.UID}})
	q, err := New(server.Config(), logr.Discard())
	require.NoError(t, err)
	for want, failure := range map[string]*apierrors.StatusError{
		"etcdserver: no leader": apierrors.NewInternalError(errors.New("etcdserver: no leader")),
		"no role":               apierrors.NewForbidden(replicaSets.GroupResource(), web.Name, errors.New("no role")),
	} {
		server.Answer(func(w http.ResponseWriter, _ *http.Request) bool {
			apitest.Refuse(w, failure)
			return true
		})
		_, err := answers(t, q, Question{Object: web})
		require.ErrorContains(t, err, "look for replicasets.apps shop/web with the uid u-1: ")
		require.ErrorContains(t, err, want)
	}
	server.Answer(nil)
	found, err := answers(t, q, Question{Object: web})
	require.NoError(t, err)
	assert.Equal(t, web.UID, found.UID)
	for _, r := range server.Requests(http.MethodGet) {
		assert.Equal(t, "/apis/apps/v1/namespaces/shop/replicasets/web", r.Path)
	}
	server.Close()
	_, err = answers(t, q, Question{Object: web})
	require.ErrorContains(t, err, "connection refused")
}

func TestQuestionsOfNoAddress(t *testing.T) {
	_, err := New(&rest.Config{Host: "http://a b"}, logr.Discard())
	require.ErrorContains(t, err, "make a client for metadata")
}
