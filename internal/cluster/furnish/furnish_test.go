package furnish

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-logr/logr"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/cluster"
	"taffrail.dev/taffrail/internal/cluster/apitest"
	"taffrail.dev/taffrail/internal/cluster/confirm"
	"taffrail.dev/taffrail/internal/cluster/events"
)

// team is a kit of one ConfigMap.
func team(change func(*v1alpha1.NamespaceKit)) *v1alpha1.NamespaceKit {
	k := &v1alpha1.NamespaceKit{ObjectMeta: metav1.ObjectMeta{Name: "team", UID: "kit", Generation: 1}}
	k.Spec.NamespaceSelector = &metav1.LabelSelector{MatchLabels: map[string]string{"team": "shop"}}
	k.Spec.Objects = []runtime.RawExtension{{Raw: []byte(`{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"}}`)}}
	change(k)
	return k
}

// madeBy is what a kit of the name team has made.
func madeBy(owner string) *corev1.ConfigMap {
	o := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{
		Namespace: "shop", Name: "a", UID: "a", Labels: map[string]string{v1alpha1.KitLabel: "team"},
	}}
	if owner != "" {
		o.OwnerReferences = []metav1.OwnerReference{{APIVersion: "taffrail.dev/v1alpha1", Kind: "NamespaceKit", Name: "team", UID: "kit"}}
	}
	return o
}

func shop(labels map[string]string) *corev1.Namespace {
	return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "shop", UID: "shop", Labels: labels, CreationTimestamp: metav1.Now()}}
}

// leading furnishes the Namespaces of an API server, with its kits, until the end of the test.
func leading(t *testing.T, server *apitest.Server) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	namespaces, err := cluster.NewNamespaces(server.Config())
	require.NoError(t, err)
	questions, err := confirm.New(server.Config(), logr.Discard())
	require.NoError(t, err)
	recorder, err := events.New(server.Config(), questions, logr.Discard())
	require.NoError(t, err)
	kits, err := cluster.NewKits(server.Config())
	require.NoError(t, err)
	f, err := New(Options{
		Config: server.Config(), Namespaces: namespaces, Kits: kits.All, Events: recorder, Log: logr.Discard(),
		Excludes: func(name string) bool { return name == "kube-system" },
	})
	require.NoError(t, err)
	go func() { _ = namespaces.Start(ctx) }()
	go func() { _ = recorder.Run(ctx) }()
	go func() { _ = kits.Start(ctx, f.Take) }()
	go f.Lead(ctx)
	t.Cleanup(stop)
}

func messages(server *apitest.Server) (all []string) {
	for _, r := range server.Requests("POST") {
		all = append(all, r.Body)
	}
	return all
}

// A Namespace that is not selected any more is told, and then what the kit has made there goes.
func TestWhatIsLeftOverIsToldAndThenRemoved(t *testing.T) {
	apitest.Bubble(t, func(t *testing.T) {
		server := apitest.New(t, shop(nil), team(func(k *v1alpha1.NamespaceKit) { k.Spec.OnDelete = v1alpha1.KitRemove }), madeBy("kit"))
		leading(t, server)
		time.Sleep(grace - 10*time.Second)
		synctest.Wait()
		k := &v1alpha1.NamespaceKit{ObjectMeta: metav1.ObjectMeta{Name: "team"}}
		require.True(t, server.Load(k))
		require.Len(t, k.Status.Leaving, 1)
		assert.Equal(t, "shop", k.Status.Leaving[0].Namespace)
		require.True(t, server.Load(madeBy("")), "not yet")
		assert.Len(t, messages(server), 1)
		assert.Contains(t, messages(server)[0], "KitLeaving")

		time.Sleep(30 * time.Second)
		synctest.Wait()
		assert.False(t, server.Load(madeBy("")))
		assert.Contains(t, messages(server)[1], "KitRemoved")
		require.True(t, server.Load(k))
		assert.Empty(t, k.Status.Leaving)
	})
}

// What is kept stays, for as long as anybody looks.
func TestWhatIsKeptStays(t *testing.T) {
	for name, objects := range map[string][]runtime.Object{
		"the kit keeps":                     {team(func(*v1alpha1.NamespaceKit) {}), madeBy("")},
		"the kit is gone, and has kept":     {madeBy("")},
		"the kit removes, and has mistakes": {team(func(k *v1alpha1.NamespaceKit) { k.Spec.OnDelete, k.Spec.Objects = v1alpha1.KitRemove, nil }), madeBy("kit")},
	} {
		t.Run(name, func(t *testing.T) {
			apitest.Bubble(t, func(t *testing.T) {
				server := apitest.New(t, append(objects, shop(nil))...)
				leading(t, server)
				time.Sleep(3 * grace)
				synctest.Wait()
				assert.True(t, server.Load(madeBy("")))
				assert.Empty(t, messages(server))
			})
		})
	}
}

// With the kit goes what it was to remove.
func TestWhatAKitThatIsGoneWasToRemoveGoesAtOnce(t *testing.T) {
	apitest.Bubble(t, func(t *testing.T) {
		other := team(func(k *v1alpha1.NamespaceKit) { k.Name, k.UID = "other", "other" }) // of the same kind
		server := apitest.New(t, shop(nil), other, madeBy("kit"))
		leading(t, server)
		time.Sleep(5 * time.Second)
		synctest.Wait()
		assert.False(t, server.Load(madeBy("")))
	})
}

// Pods are held back in a young Namespace that a kit with a gate selects, and nowhere else.
func TestWhoIsHeldBack(t *testing.T) {
	apitest.Bubble(t, func(t *testing.T) {
		labels := map[string]string{"team": "shop"}
		server := apitest.New(t, shop(labels))
		namespaces, err := cluster.NewNamespaces(server.Config())
		require.NoError(t, err)
		f, err := New(Options{Config: server.Config(), Namespaces: namespaces, Excludes: func(name string) bool { return name == "kube-system" }, Log: logr.Discard()})
		require.NoError(t, err)
		told := 0
		f.WhenGated(func() { told++ })
		holds := func() string { return f.Holds(t.Context(), "shop") }

		f.Take([]v1alpha1.NamespaceKit{*team(func(*v1alpha1.NamespaceKit) {})})
		assert.Empty(t, holds(), "it has no gate")
		assert.False(t, f.Gates())
		gated := team(func(k *v1alpha1.NamespaceKit) { k.Spec.Gate = true; k.Generation = 2 })
		f.Take([]v1alpha1.NamespaceKit{*gated})
		assert.Equal(t, "team", holds())
		assert.Equal(t, 1, told)
		assert.Empty(t, f.Holds(t.Context(), "kube-system"))
		assert.Empty(t, f.Holds(t.Context(), "unknown"), "that cannot be read")

		done := gated.DeepCopy()
		done.Status.FurnishedLately = []string{"shop"}
		f.Take([]v1alpha1.NamespaceKit{*done})
		assert.Empty(t, holds(), "it is furnished")
		f.Take([]v1alpha1.NamespaceKit{*gated})
		began := time.Now()
		for _, at := range []struct {
			age  time.Duration
			kit  string
			what string
		}{
			{29 * time.Second, "team", "young"},
			{heldBack, "", "old"},
			{-time.Second, "team", "a clock that is a little behind"},
			{-skew - time.Second, "", "a clock that is far behind would hold back for long"},
		} {
			f.now = func() time.Time { return began.Add(at.age) }
			assert.Equal(t, at.kit, holds(), at.what)
		}
		f.now = time.Now
		broken := gated.DeepCopy()
		broken.Generation, broken.Spec.Objects = 3, nil
		f.Take([]v1alpha1.NamespaceKit{*broken})
		assert.Empty(t, holds(), "what has mistakes furnishes nothing")
		assert.Equal(t, 2, told)
	})
}
