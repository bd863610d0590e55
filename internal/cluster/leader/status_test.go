package leader

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"taffrail.dev/taffrail/guardrail"
)

// Whoever reads the status of a Guardrail learns which of its rules nothing holds in an outage.
func TestTheStatusSaysWhatIsNotEnforcedInAnOutage(t *testing.T) {
	for message, outcome := range map[string]guardrail.Outcome{
		"in force": {},
		"in force; not enforced on taffrail.dev while no replica answers: ticket, who":   {OnOwnKinds: []string{"ticket", "who"}},
		"in force; validators that need all objects together, left to taffrail check: 1": {OverSet: []string{"dangling-service"}},
	} {
		var conditions []metav1.Condition
		setReady(&conditions, 1, outcome, time.Now())
		assert.Equal(t, message, conditions[0].Message)
		assert.Equal(t, metav1.ConditionTrue, conditions[0].Status)
	}
}
