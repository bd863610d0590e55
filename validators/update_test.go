package validators

import (
	"context"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"taffrail.dev/taffrail/internal/workload"
)

// TestUpdates takes every object in testdata that breaks a check, and updates it in
// every place, in every way that it can think of. What touches nothing that the check
// reads passes, and so does what takes away or mends a part; what makes it worse is
// refused. exceptions has what is otherwise, with the reason.
func TestUpdates(t *testing.T) {
	// These look at nothing that an update may keep: they are about the making of an
	// object, its end, or the change itself.
	aboutTheChange := []string{"bare-pod", "delete-protection", "immutable-labels", "immutable-service-account", "node-taints", "pod-exec"}
	for _, v := range ofOneObject() {
		t.Run(v.Name, func(t *testing.T) {
			files, err := filepath.Glob(filepath.Join("testdata", v.Name, "fail-*.yaml"))
			require.NoError(t, err)
			updated := false
			defer func() { assert.NotEqual(t, slices.Contains(aboutTheChange, v.Name), updated) }()
			for _, file := range files {
				if u := readRevision(t, v, file); u != nil {
					updated = true
					t.Run(filepath.Base(file), func(t *testing.T) {
						u.touchNothing(t)
						u.changeEachValue(t)
						u.changeEachList(t)
					})
				}
			}
		})
	}
	t.Run("every exception is needed", func(t *testing.T) {
		for i := range exceptions {
			e := &exceptions[i]
			assert.True(t, e.used, "%s: %s %s", e.check, e.change, e.place)
		}
	})
}

// revision is an update of an object that breaks a check, and was let in.
type revision struct {
	check           string
	request         *admissionv1.AdmissionRequest
	namespaceLabels map[string]string
	validate        Validate
	document        any
	before          []Finding
}

// readRevision is nil where an update of the object is not evaluated, or where it is
// the update itself that the check is about.
func readRevision(t *testing.T, v Validator, file string) *revision {
	t.Helper()
	f := readFixture(t, file)
	u := &revision{check: v.Name, request: f.review(t, f.object).Request(), namespaceLabels: f.namespaceLabels}
	var err error
	u.validate, err = v.New(decoder(string(f.params)))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(f.object, &u.document))
	u.request.Operation, u.request.OldObject = admissionv1.Update, runtime.RawExtension{Raw: f.object}
	if f.operation == admissionv1.Delete || f.operation == admissionv1.Connect {
		return nil
	}
	r, decodes := u.review(u.document)
	require.True(t, decodes)
	u.before = refusing(u.validate(r.Old()))
	if len(u.before) == 0 || !slices.ContainsFunc(v.Resources, func(resource Resource) bool { return resource.Matches(r) }) {
		return nil
	}
	return u
}

// refusing are the findings that an update may be refused for.
func refusing(findings []Finding) []Finding {
	return slices.DeleteFunc(findings, func(f Finding) bool { return f.Action == Warn || f.Action == Audit })
}

// review is the update to another document, if it can be decoded.
func (u *revision) review(document any) (r *workload.Review, decodes bool) {
	object, err := json.Marshal(document, json.Deterministic(true))
	if err != nil {
		return nil, false
	}
	request := *u.request
	request.Object = runtime.RawExtension{Raw: object}
	if r, err = workload.NewReview(&request); err != nil {
		return nil, false
	}
	r.In(context.Background(), &workload.Cluster{Namespace: func(context.Context, string) (*metav1.PartialObjectMetadata, error) {
		return &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{Name: "shop", Labels: u.namespaceLabels}}, nil
	}})
	return r, true
}

// update is what is found in another document, and how much of it is new.
func (u *revision) update(document any) (now []Finding, fresh int, decodes bool) {
	r, decodes := u.review(document)
	if !decodes {
		return nil, 0, false
	}
	now = refusing(u.validate(r))
	for _, kept := range Kept(u.before, now) {
		if !kept {
			fresh++
		}
	}
	return now, fresh, true
}

func (u *revision) touchNothing(t *testing.T) {
	for _, n := range []node{
		{[]any{"metadata", "labels", "innocent"}, "x"},
		{[]any{"metadata", "annotations", "innocent"}, "x"},
		{[]any{"metadata", "finalizers"}, []any{"property.example.com/innocent"}},
		{[]any{"metadata", "deletionTimestamp"}, "2026-11-28T00:00:00Z"},
		{[]any{"metadata", "resourceVersion"}, "2"},
		{[]any{"status"}, map[string]any{}},
	} {
		_, fresh, decodes := u.update(with(u.document, n.at, n.value))
		require.True(t, decodes)
		assert.Zero(t, fresh, "with %s", n)
	}
}

// changeEachValue removes each value, and puts others in its place.
func (u *revision) changeEachValue(t *testing.T) {
	for _, n := range nodes(u.document) {
		if fixed.MatchString(n.String()) {
			continue
		}
		if !needed.MatchString(n.String()) {
			// To take away what was well makes one fault more.
			now, _, decodes := u.update(with(u.document, n.at, removed{}))
			u.change(t, n, "remove", removed{}, decodes && len(now) > len(u.before))
		}
		for _, other := range numbers(n.value) {
			u.changeNumber(t, n, other)
		}
		if other, is := altered(n.value); is && len(numbers(n.value)) == 0 {
			now, _, decodes := u.update(with(u.document, n.at, other))
			u.change(t, n, "alter", other, decodes && saysMore(u.before, now))
		}
	}
}

var (
	// fixed is what no update changes: the API server would refuse it, or it makes of
	// one item another one.
	fixed = regexp.MustCompile(`^(apiVersion|kind|metadata|metadata\.(name|namespace|generateName)|spec|spec\.selector\.match.*)$|\]\.(metadata|metadata\.name|name)$`)
	// needed is what the API server needs.
	needed = regexp.MustCompile(`(^|\.)(mountPath|hostPath\.path|nfs\.(path|server)|(secret(Key)?Ref|backend.*)\.(name|key)|port|key|operator|values|values\[\]|` +
		`containerPort|path|pathType|cidr|kind|externalName|subjects\[\]\.namespace|sysctls\[\]\.value|spec\.selector|rules\[\]\.http|http\.paths|http\.paths\[\])$`)
)

// change holds that an update is refused if, and only if, it makes it worse.
func (u *revision) change(t *testing.T, n node, change string, to any, worse bool) {
	t.Helper()
	now, fresh, decodes := u.update(with(u.document, n.at, to))
	if !decodes || (fresh > 0) == worse || u.isException(change, n) {
		return
	}
	t.Errorf("%s %s to %v: worse is %v, %d new of %q", change, n, to, worse, fresh, render(now))
}

// changeNumber goes by where it would be well: what is farther from there is worse,
// what is nearer is better.
func (u *revision) changeNumber(t *testing.T, n node, to any) {
	t.Helper()
	good, found := u.goodNumber(n)
	now, _, decodes := u.update(with(u.document, n.at, to))
	if !decodes || !found {
		return
	}
	worse := saysMore(u.before, now) && (less(to, n.value) == less(n.value, good))
	change := "raise"
	if less(to, n.value) {
		change = "lower"
	}
	u.change(t, n, change, to, worse)
}

// goodNumber is a number with which there is less to find.
func (u *revision) goodNumber(n node) (good any, found bool) {
	others := numbers(n.value)
	for _, small := range []float64{0, 1, 2, 3, 5, 10, 30, 100, 1000, 10000} {
		if _, is := n.value.(float64); is {
			others = append(others, small)
		}
	}
	for _, other := range others {
		if now, fresh, decodes := u.update(with(u.document, n.at, other)); decodes && fresh == 0 && len(now) < len(u.before) {
			return other, true
		}
	}
	return nil, false
}

func less(a, b any) bool {
	return amountOf(a) < amountOf(b)
}

// saysMore tells whether something is found that was not said before, wherever.
func saysMore(before, now []Finding) bool {
	said := map[string]int{}
	for i := range before {
		said[says(&before[i])]++
	}
	for i := range now {
		text := says(&now[i])
		if said[text] == 0 {
			return true
		}
		said[text]--
	}
	return false
}

func says(f *Finding) string { return f.Path.Identity() + ": " + f.Message() }

// changeEachList reorders each list, puts something innocent before and after what is
// there, and has each of its items twice.
func (u *revision) changeEachList(t *testing.T) {
	for _, n := range nodes(u.document) {
		list, is := n.value.([]any)
		if !is {
			continue
		}
		reversed := slices.Clone(list)
		slices.Reverse(reversed)
		u.change(t, n, "reverse", reversed, false)
		for _, item := range u.innocent(n, list) {
			u.change(t, n, "put before", slices.Insert(slices.Clone(list), 0, item), false)
			u.change(t, n, "put behind", append(slices.Clone(list), item), false)
		}
		for i := range list {
			twice := slices.Insert(slices.Clone(list), i, renamed(list[i]))
			now, _, decodes := u.update(with(u.document, n.at, twice))
			u.change(t, n, "have twice", twice, decodes && len(now) > len(u.before))
		}
	}
}

// innocent are items for a list in which nothing is found: those of the table, and
// those in the list that nothing is found in.
func (u *revision) innocent(n node, list []any) (items []any) {
	for _, candidate := range append(innocentItems(n.String()), list...) {
		item := renamed(candidate)
		now, _, decodes := u.update(with(u.document, n.at, append(slices.Clone(list), item)))
		alone, _, _ := u.update(with(u.document, n.at, []any{item}))
		if decodes && len(now) == len(u.before) && len(alone) < len(u.before) {
			items = append(items, item)
		}
	}
	return items
}

// renamed is an item with another name, if it has one.
func renamed(item any) any {
	object, is := item.(map[string]any)
	if name, named := object["name"].(string); is && named {
		return with(object, []any{"name"}, name+"-2")
	}
	return item
}

// exception is a change for which the rule does not hold, in some checks.
type exception struct {
	check, change string // regular expressions for the whole of it
	place         string // and for its end
	reason        string
	used          bool
}

func (u *revision) isException(change string, n node) bool {
	for i := range exceptions {
		e := &exceptions[i]
		if regexp.MustCompile("^("+e.check+")$").MatchString(u.check) && regexp.MustCompile("^("+e.change+")$").MatchString(change) &&
			regexp.MustCompile("("+e.place+")$").MatchString(n.String()) {
			e.used = true
			return true
		}
	}
	return false
}
