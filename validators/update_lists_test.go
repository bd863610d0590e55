package validators

import (
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestUpdatesPutItemsIntoEveryListThatIsRead: other webhooks and controllers put items of their own
// in front of what is there. TestUpdates has innocent items put into every list in which anything is
// found, or without which something else is; where no item is innocent, the reason stands here.
func TestUpdatesPutItemsIntoEveryListThatIsRead(t *testing.T) {
	for _, v := range ofOneObject() {
		files, err := filepath.Glob(filepath.Join("testdata", v.Name, "fail-*.yaml"))
		require.NoError(t, err)
		read, covered := map[string]bool{}, map[string]bool{}
		for _, file := range files {
			u := readRevision(t, v, file)
			if u == nil {
				continue
			}
			for _, n := range nodes(u.document) {
				list, is := n.value.([]any)
				if !is {
					continue
				}
				place := indexes.ReplaceAllString(n.String(), "[]")
				read[place] = read[place] || u.reads(n)
				covered[place] = u.putInto(t, n, list) || covered[place]
			}
		}
		for _, place := range slices.Sorted(maps.Keys(read)) {
			if read[place] && !covered[place] && !slices.ContainsFunc(noneInnocent, func(e exception) bool {
				return regexp.MustCompile("^("+e.check+")$").MatchString(v.Name) && regexp.MustCompile("("+e.place+")$").MatchString(place)
			}) {
				assert.Fail(t, "no innocent item is put into it", "%s: %s", v.Name, place)
			}
		}
	}
}

// putInto puts items before and behind those of a list. What an update may put behind them it may
// put before them.
func (u *revision) putInto(t *testing.T, n node, list []any) (some bool) {
	t.Helper()
	items := innocentItems(indexes.ReplaceAllString(n.String(), "[]")) // a sysctl goes by its name
	for _, item := range list {
		items = append(items, renamed(item))
	}
	for _, item := range items {
		if _, fresh, decodes := u.update(with(u.document, n.at, append(slices.Clone(list), item))); !decodes || fresh > 0 {
			continue
		}
		some = true
		_, fresh, _ := u.update(with(u.document, n.at, slices.Insert(slices.Clone(list), 0, item)))
		assert.Zero(t, fresh, "%s: put before %s: %v", u.check, n, item)
	}
	return some
}

var indexes = regexp.MustCompile(`\[\d+\]`)

// reads tells whether other things are found without a list.
func (u *revision) reads(n node) bool {
	now, fresh, decodes := u.update(with(u.document, n.at, removed{}))
	return decodes && (fresh > 0 || len(now) != len(u.before))
}

// Lists in which every item is a fault, or part of one.
var noneInnocent = []exception{
	{check: `ephemeral-containers`, place: `ephemeralContainers`, reason: "each is one more that somebody looks in with"},
	{check: `max-containers`, place: `[cC]ontainers`, reason: "they are counted"},
	{check: `rbac-cluster-admin-binding`, place: `subjects`, reason: "whoever is added is given the cluster"},
	{check: `read-write-once-pod`, place: `accessModes`, reason: "any mode beside the one that is asked for gives it away"},
	{check: `pod-security`, place: `template.spec.containers\[\].ports`, reason: "in the network of the node, each is a port of the node"},
}
