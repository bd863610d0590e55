package leader

import (
	"maps"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"taffrail.dev/taffrail/internal/names"
)

// maxManagers bounds who is told apart: names are chosen by whoever writes.
const maxManagers = 8

const otherManagers, unknownManager = "other", "unknown"

// Overruled counts how often the leader has put back what others have changed in the webhook
// configurations, by field manager.
func (l *Leader) Overruled() map[string]int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.overruled)
}

// tellOverruled counts a change that is put back, and says once who makes such.
func (l *Leader) tellOverruled(resource string, current *configuration) {
	manager := unknownManager // of one that was deleted
	if current != nil {
		manager = otherManager(current.ManagedFields)
	}
	if !l.countOverruled(manager) || current == nil {
		return
	}
	l.options.Log.Info("another writer changes a webhook configuration that is Taffrail's: it is put back, at growing intervals",
		"resource", resource, "fieldManager", manager, "see", "taffrail doctor")
	if l.options.Events != nil {
		l.options.Events.Overruled(kindOf(resource), &current.ObjectMeta, manager)
	}
}

// countOverruled tells whether it is the first time.
func (l *Leader) countOverruled(manager string) (first bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, known := l.overruled[manager]; !known && len(l.overruled) >= maxManagers {
		manager = otherManagers
	}
	l.overruled[manager]++
	return l.overruled[manager] == 1
}

// otherManager is who else has written last.
func otherManager(fields []metav1.ManagedFieldsEntry) string {
	name, at := unknownManager, metav1.Time{}
	for _, f := range fields {
		if f.Manager != names.Name && f.Time != nil && !f.Time.Before(&at) {
			name, at = f.Manager, *f.Time
		}
	}
	return name
}

func kindOf(resource string) string {
	if strings.HasPrefix(resource, "mutating") {
		return "MutatingWebhookConfiguration"
	}
	return "ValidatingWebhookConfiguration"
}
