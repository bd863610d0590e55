package leader

import (
	"encoding/json"
	"reflect"
	"time"
)

// How long the leader waits before it puts back what somebody else has changed. The first time it
// does not wait. From then on two writers would go on as fast as the API server answers, so the
// wait doubles, up to as long as a resync. What opens more than a namespace is put back within a
// second all the same: a rule or a whole webhook that is gone is a hole for everybody.
const (
	firstWait  = time.Second
	longWait   = resync
	urgentWait = time.Second
	// peace is how long nobody has to have written for the next change to be put back at once.
	peace = 5 * time.Minute
)

// change is what somebody else has done to a configuration.
type change int

const (
	nothing change = iota
	// narrowed: a namespaceSelector is another one, or what only describes the configuration is.
	narrowed
	// opened: anything else.
	opened
)

// contest remembers how often a configuration was put back.
type contest struct {
	wanted []byte // as it was last written
	wait   time.Duration
	last   time.Time // when it was last put back
}

// due tells how long to wait before a change is put back; 0 is now.
func (c *contest) due(now time.Time, was change) time.Duration {
	if now.Sub(c.last) >= peace {
		c.wait = 0
	}
	wait := c.wait
	if was == opened {
		wait = min(wait, urgentWait)
	}
	return max(wait-now.Sub(c.last), 0)
}

func (c *contest) putBack(now time.Time) {
	c.last, c.wait = now, min(max(2*c.wait, firstWait), longWait)
}

// changed tells how a configuration differs from what is wanted.
func changed(current, wanted []byte) change {
	_, same, err := withWebhooksOf(current, wanted)
	if err != nil {
		return opened
	}
	if same {
		if describedAs(current, wanted) {
			return nothing
		}
		return narrowed
	}
	if _, same, err = withWebhooksOf(withSelectorsOf(current, wanted), wanted); err == nil && same {
		return narrowed
	}
	return opened
}

type named struct {
	Metadata struct {
		Labels          map[string]string `json:"labels"`
		Annotations     map[string]string `json:"annotations"`
		OwnerReferences []any             `json:"ownerReferences"`
	} `json:"metadata"`
}

// describedAs tells whether the labels, annotations and owners that are wanted are there.
func describedAs(current, wanted []byte) bool {
	var is, want named
	if json.Unmarshal(current, &is) != nil || json.Unmarshal(wanted, &want) != nil {
		return false
	}
	has := func(is, want map[string]string) bool {
		for key, value := range want {
			if is[key] != value {
				return false
			}
		}
		return true
	}
	return has(is.Metadata.Labels, want.Metadata.Labels) && has(is.Metadata.Annotations, want.Metadata.Annotations) &&
		reflect.DeepEqual(is.Metadata.OwnerReferences, want.Metadata.OwnerReferences)
}

// withSelectorsOf is a configuration with the namespaceSelectors of another one.
func withSelectorsOf(current, wanted []byte) []byte {
	var is, want map[string]any
	if json.Unmarshal(current, &is) != nil || json.Unmarshal(wanted, &want) != nil {
		return current
	}
	selectors := map[any]any{}
	for _, w := range webhooksOf(want) {
		selectors[w["name"]] = w["namespaceSelector"]
	}
	for _, w := range webhooksOf(is) {
		w["namespaceSelector"] = selectors[w["name"]]
	}
	with, err := json.Marshal(is)
	if err != nil {
		return current
	}
	return with
}

func webhooksOf(configuration map[string]any) (all []map[string]any) {
	list, _ := configuration["webhooks"].([]any)
	for _, w := range list {
		if w, isObject := w.(map[string]any); isObject {
			all = append(all, w)
		}
	}
	return all
}
