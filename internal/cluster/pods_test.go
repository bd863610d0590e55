package cluster_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"taffrail.dev/taffrail/internal/cluster"
	"taffrail.dev/taffrail/internal/cluster/apitest"
)

// podServer answers for the Pods of the Namespace shop as an API server does, and fails from a page
// on.
func podServer(t *testing.T, pods, failAt int) *cluster.Pods {
	t.Helper()
	server := apitest.New(t)
	server.Answer(func(w http.ResponseWriter, r *http.Request) bool {
		assert.Equal(t, "/api/v1/namespaces/shop/pods", r.URL.Path)
		limit, err := strconv.Atoi(r.URL.Query().Get("limit"))
		assert.NoError(t, err, "in pages")
		from, _ := strconv.Atoi(r.URL.Query().Get("continue"))
		if from/limit >= failAt {
			<-r.Context().Done()
			return true
		}
		list := corev1.PodList{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "PodList"}}
		for i := from; i < min(from+limit, pods); i++ {
			list.Items = append(list.Items, corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("web-%d", i)}})
		}
		if left := pods - from - len(list.Items); left > 0 {
			list.Continue, list.RemainingItemCount = strconv.Itoa(from+limit), new(int64(left))
		}
		w.Header().Set("Content-Type", "application/json")
		assert.NoError(t, json.NewEncoder(w).Encode(list))
		return true
	})
	client, err := cluster.NewPods(server.Config())
	require.NoError(t, err)
	return client
}

func TestPodsAreListedPageByPage(t *testing.T) {
	names := map[string]bool{}
	pages := 0
	for page, err := range podServer(t, 600, 99).List(t.Context(), "shop") {
		require.NoError(t, err)
		pages++
		for _, pod := range page.Items {
			names[pod.Name] = true
		}
	}
	assert.Len(t, names, 600)
	assert.Equal(t, 3, pages)
}

func TestPodsAreListedForASecondAtMost(t *testing.T) {
	apitest.Bubble(t, func(t *testing.T) {
		var failure error
		listed := 0
		for page, err := range podServer(t, 600, 1).List(t.Context(), "shop") {
			if failure = err; err == nil {
				listed += len(page.Items)
			}
		}
		require.ErrorContains(t, failure, `list the Pods of Namespace "shop" within 1s`)
		assert.Positive(t, listed, "what came in time is there")
	})
}

func TestPodsOfAMadeUpNamespace(t *testing.T) {
	for _, err := range podServer(t, 0, 99).List(t.Context(), "kube-system/secrets/x") {
		assert.Error(t, err, "its name must not become a path")
	}
}
