package webhook_test

import (
	"fmt"
	"net/http"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// large is a review of an operation on objects of a kind. The UID stands behind the
// objects: it is found wherever it is.
func large(kind, operation, object, old string) string {
	group, version, resource := "", "v1", strings.ToLower(kind)+"s"
	switch kind {
	case "Role":
		group = "rbac.authorization.k8s.io"
	case "NetworkPolicy":
		group, resource = "networking.k8s.io", "networkpolicies"
	case "Deployment", "StatefulSet":
		group = "apps"
	case "CustomResourceDefinition":
		group = "apiextensions.k8s.io"
	case "PodExecOptions":
		resource = "pods"
	}
	of := func(object string) string {
		if object == "" {
			return "null"
		}
		return fmt.Sprintf(`{"apiVersion":%q,"kind":%q,%s}`, strings.TrimPrefix(group+"/"+version, "/"), kind, object)
	}
	return fmt.Sprintf(`{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"object":%s,"oldObject":%s,
		"kind":{"group":%q,"version":%q,"kind":%q},"resource":{"group":%q,"version":%q,"resource":%q},
		"namespace":"shop","operation":%q,"userInfo":{"username":"alice"},"uid":"u-1"}}`,
		of(object), of(old), group, version, kind, group, version, resource, operation)
}

// times is a list of so many of an item.
func times(n int, item string) string {
	if n == 0 {
		return "[]"
	}
	return "[" + strings.Repeat(item+",", n-1) + item + "]"
}

func containers(n int, item string) string { return `"spec":{"containers":` + times(n, item) + `}` }

// overBudget are reviews that are over their budget, each over one part of it.
var overBudget = map[string]struct{ body, why string }{
	"300,000 empty containers": {
		large("Pod", "CREATE", containers(300_000, `{}`), ""), "values, more than the 300000",
	},
	"2,001 containers": {
		large("Pod", "CREATE", containers(2_001, `{}`), ""), "2001 containers, more than the 2000",
	},
	"2,001 containers in five bytes each": {
		large("Pod", "CREATE", containers(2_001, `null`), ""), "2001 containers, more than the 2000",
	},
	"2,001 containers under another spelling": {
		large("Pod", "CREATE", `"spec":{"\u0063ontainers":`+times(2_001, `{}`)+`}`, ""), "2001 containers, more than the 2000",
	},
	"1,500 containers, and as many before": {
		large("Deployment", "UPDATE", `"spec":{"template":{`+containers(1_500, `{}`)+`}}`, `"spec":{"template":{`+containers(1_500, `{}`)+`}}`),
		"3000 containers, more than the 2000",
	},
	"values": {
		large("Secret", "CREATE", `"x":`+times(400_000, `0`), ""), "values, more than the 300000",
	},
	"items": {
		large("Role", "CREATE", `"rules":`+times(12_001, `{}`), ""), "12001 items, more than the 12000",
	},
	"small maps": {
		large("Widget", "CREATE", `"x":{`+smallMaps(90_000)+`}`, ""), "bytes once it is decoded, more than the 41943040",
	},
	"depth": {
		large("Widget", "CREATE", `"x":`+strings.Repeat(`[`, 5_000)+strings.Repeat(`]`, 5_000), ""), "more than the 256 that are evaluated",
	},
}

func TestAReviewOverItsBudgetIsRefused(t *testing.T) {
	handler := newHandler(t).Validate()
	for name, test := range overBudget {
		t.Run(name, func(t *testing.T) {
			response := answer(t, post(handler, test.body))
			assert.False(t, response.Allowed)
			assert.EqualValues(t, "u-1", response.UID)
			assert.EqualValues(t, http.StatusRequestEntityTooLarge, response.Result.Code)
			assert.Equal(t, metav1.StatusReasonRequestEntityTooLarge, response.Result.Reason)
			assert.Contains(t, response.Result.Message, test.why)
		})
	}
}

func TestAReviewOverItsBudgetIsLetInWithoutDefaults(t *testing.T) {
	handler := newHandler(t).Mutate()
	for name, test := range overBudget {
		t.Run(name, func(t *testing.T) {
			response := answer(t, post(handler, test.body))
			assert.True(t, response.Allowed)
			assert.EqualValues(t, "u-1", response.UID)
			assert.Empty(t, response.Patch)
			require.Len(t, response.Warnings, 1)
			assert.Contains(t, response.Warnings[0], "taffrail set no defaults: the review has ")
			assert.Contains(t, response.Warnings[0], test.why)
		})
	}
}

// What cannot be deleted stays for ever.
func TestADeletionIsNotRefusedForItsSize(t *testing.T) {
	response := answer(t, post(newHandler(t).Validate(), large("Pod", "DELETE", "", containers(300_000, `{}`))))
	assert.True(t, response.Allowed)
	assert.EqualValues(t, "u-1", response.UID)
	require.Len(t, response.Warnings, 1)
	assert.Contains(t, response.Warnings[0], "taffrail did not evaluate the deletion: the review has ")
}

// What is connected with is no object that could be mended later.
func TestAConnectionOverItsBudgetIsRefused(t *testing.T) {
	response := answer(t, post(newHandler(t).Validate(), large("PodExecOptions", "CONNECT", `"command":`+times(400_000, `"a"`), "")))
	assert.False(t, response.Allowed)
	assert.EqualValues(t, http.StatusRequestEntityTooLarge, response.Result.Code)
}

// The UID alone is known where there is too much beside the objects.
func TestAReviewWithTooMuchBesideItsObjects(t *testing.T) {
	groups := times(20_000, `"group"`)
	body := large("Pod", "CREATE", containers(300_000, `{}`), "")
	for name, more := range map[string]string{
		"in one member":          `"userInfo":{"username":"alice","groups":` + groups + `},`,
		"in a member of its own": `"x":` + groups + `,`,
		"in many members":        strings.Repeat(`"y":1,`, 20_000),
	} {
		t.Run(name, func(t *testing.T) {
			response := answer(t, post(newHandler(t).Validate(), strings.Replace(strings.Replace(body, `"userInfo":{"username":"alice"},`, "", 1), `"uid":`, more+`"uid":`, 1)))
			assert.False(t, response.Allowed)
			assert.EqualValues(t, "u-1", response.UID)
		})
	}
	w := post(newHandler(t).Validate(), times(400_000, `0`))
	assert.Equal(t, http.StatusRequestEntityTooLarge, w.Code, "no review at all")
}

// largest are as large as objects get that somebody has made for a purpose.
var largest = map[string]string{
	"a Pod of 1,000 containers": large("Pod", "CREATE", containers(1_000, realContainer)+`,"metadata":{`+managedFields(1_000, 30)+`}`, ""),
	"a Deployment of 1,000 containers, updated": large("Deployment", "UPDATE", `"spec":{"template":{`+containers(1_000, realContainer)+`}}`,
		`"spec":{"template":{`+containers(1_000, realContainer)+`}}`),
	"a Role of 5,000 rules":                        large("Role", "CREATE", realRules, ""),
	"a Role of 5,000 rules, updated":               large("Role", "UPDATE", realRules, realRules),
	"a ConfigMap of 1 MiB":                         large("ConfigMap", "CREATE", realData, ""),
	"a ConfigMap of 1 MiB, updated":                large("ConfigMap", "UPDATE", realData, realData),
	"a NetworkPolicy of 2,000 peers":               large("NetworkPolicy", "CREATE", realPeers, ""),
	"the same, updated":                            large("NetworkPolicy", "UPDATE", realPeers, realPeers),
	"a CustomResourceDefinition of 1 MiB, updated": large("CustomResourceDefinition", "UPDATE", realSchema, realSchema),
	"an object with 20,000 managed fields":         large("Deployment", "CREATE", `"metadata":{`+managedFields(4, 5_000)+`},"spec":{"template":{`+containers(3, realContainer)+`}}`, ""),
}

const realContainer = `{"name":"web","image":"registry.example.com/shop/web:1.4.2","args":["--port","8080"],"env":[{"name":"A","value":"b"},` +
	`{"name":"NODE","valueFrom":{"fieldRef":{"fieldPath":"spec.nodeName"}}}],"ports":[{"name":"http","containerPort":8080}],` +
	`"resources":{"limits":{"memory":"64Mi"},"requests":{"cpu":"10m","memory":"64Mi"}},"readinessProbe":{"httpGet":{"path":"/","port":8080}},` +
	`"securityContext":{"allowPrivilegeEscalation":false,"capabilities":{"drop":["ALL"]}},"volumeMounts":[{"name":"data","mountPath":"/data"}]}`

var (
	realRules = `"rules":` + times(5_000, `{"apiGroups":["example.com"],"resources":["widgets"],"resourceNames":["a"],"verbs":["get","list","watch"]}`)
	realData  = `"data":{"dashboard.json":"` + strings.Repeat(`{\"a\":[1,2]},`, 1<<20/14) + `"}`
	realPeers = `"spec":{"podSelector":{},"ingress":[{"from":` + times(2_000, `{"ipBlock":{"cidr":"10.0.0.0/8","except":["10.1.0.0/16"]}}`) + `}]}`
	// In the schema of Prometheus, as in that of an ApplicationSet of Argo CD, a property takes 110
	// bytes.
	realSchema = `"spec":{"versions":[{"schema":{"openAPIV3Schema":{"properties":{` + properties(9_500) + `}}}}]}`
)

func properties(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `"property%d":{"description":"says what this is, in a sentence or several of them, for people.","type":"string"},`, i)
	}
	return strings.TrimSuffix(b.String(), ",")
}

func managedFields(managers, fields int) string {
	var b strings.Builder
	for i := range fields {
		fmt.Fprintf(&b, `"f:field%d":{},`, i)
	}
	return `"managedFields":` + times(managers, `{"manager":"a","operation":"Apply","fieldsType":"FieldsV1","fieldsV1":{`+strings.TrimSuffix(b.String(), ",")+`}}`)
}

// smallMaps are members that are small maps.
func smallMaps(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `"%d":{"a":0},`, i)
	}
	return strings.TrimSuffix(b.String(), ",")
}

func TestNoRealObjectMeetsItsBudget(t *testing.T) {
	handler := newHandler(t)
	for name, body := range largest {
		t.Run(name, func(t *testing.T) {
			for _, webhook := range []http.Handler{handler.Mutate(), handler.Validate()} {
				w := post(webhook, body)
				response := answer(t, w)
				if response.Result != nil {
					assert.NotEqualValues(t, http.StatusRequestEntityTooLarge, response.Result.Code, response.Result.Message)
				}
				assert.NotContains(t, w.Body.String(), "taffrail set no defaults")
			}
		})
	}
}

// most are reviews just within their budget, of each shape that it bounds.
var most = map[string]string{
	"2,000 containers":              large("Pod", "CREATE", containers(2_000, realContainer), ""),
	"2,000 empty containers":        large("Pod", "CREATE", containers(2_000, `{}`), ""),
	"2,000 bad containers":          large("Pod", "CREATE", containers(2_000, badContainer), ""),
	"1,000 bad containers, updated": large("Pod", "UPDATE", containers(1_000, badContainer), containers(1_000, realContainer)),
	"rules":                         large("Role", "CREATE", `"rules":`+times(11_900, `{"apiGroups":["*"],"resources":["*"],"verbs":["*"]}`), ""),
	"empty rules":                   large("Role", "CREATE", `"rules":`+times(11_900, `{}`), ""),
	"peers":                         large("NetworkPolicy", "CREATE", `"spec":{"podSelector":{},"ingress":[{"from":`+times(11_900, `{"ipBlock":{"cidr":"0.0.0.0/0"}}`)+`}]}`, ""),
	"claims":                        large("StatefulSet", "CREATE", `"spec":{"volumeClaimTemplates":`+times(11_900, `{}`)+`}`, ""),
	"volumes":                       large("Pod", "CREATE", `"spec":{"containers":[{"name":"a","image":"a"}],"volumes":`+times(11_900, `{"hostPath":{"path":"/"}}`)+`}`, ""),
	"env":                           large("Pod", "CREATE", containers(1, `{"name":"a","env":`+times(11_900, `{"name":"A_PASSWORD","value":"x"}`)+`}`), ""),
	"small maps":                    large("Widget", "CREATE", `"x":{`+smallMaps(70_000)+`}`, ""),
	"numbers":                       large("Widget", "CREATE", `"x":`+times(290_000, `1000`), ""),
	"text":                          large("ConfigMap", "UPDATE", `"data":{"a":"`+strings.Repeat("x", 3<<20)+`"}`, `"data":{"a":"`+strings.Repeat("x", 3<<20)+`"}`),
}

const badContainer = `{"name":"web","image":"nginx","ports":[{"hostPort":1}],"env":[{"name":"A_PASSWORD","value":"x"}],"securityContext":{"privileged":true}}`

// TestWithinTheBudgetIsWithinTheMemory holds every review within its budget to
// 64 MiB, with the whole catalogue in force.
func TestWithinTheBudgetIsWithinTheMemory(t *testing.T) {
	handler := withEverything(t)
	for name, body := range most {
		for path, webhook := range map[string]http.Handler{"mutate": handler.Mutate(), "validate": handler.Validate()} {
			t.Run(name+", "+path, func(t *testing.T) {
				before := processorTime(t)
				post(webhook, body)
				took := processorTime(t) - before
				peak := heapPeak(func() {
					w := post(webhook, body)
					require.Equal(t, http.StatusOK, w.Code)
					require.NotContains(t, w.Body.String(), "more than the", "within its budget")
				})
				t.Logf("%.1f MiB, %s of CPU", float64(peak)/(1<<20), took.Round(time.Millisecond))
				assert.Less(t, peak, 64<<20)
			})
		}
	}
}

// heapPeak is how much more memory was live at any time while f ran, as the garbage
// collector found it.
func heapPeak(f func()) int {
	defer debug.SetGCPercent(debug.SetGCPercent(5))
	runtime.GC()
	before := live()
	done := make(chan struct{})
	most := make(chan int)
	go func() {
		peak := 0
		for {
			peak = max(peak, live())
			select {
			case <-done:
				most <- max(peak, live())
				return
			case <-time.After(time.Millisecond):
			}
		}
	}()
	f()
	close(done)
	return <-most - before
}

// processorTime is what the process has taken of the processors.
func processorTime(t *testing.T) time.Duration {
	t.Helper()
	var usage syscall.Rusage
	require.NoError(t, syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// live is the memory that the last collection found in use.
func live() int {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	return int(sample[0].Value.Uint64())
}
