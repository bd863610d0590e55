package leader

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/guardrail"
)

func TestWhatIsInForceForLessThanWasMeantIsTold(t *testing.T) {
	var conditions []metav1.Condition
	setReady(&conditions, 3, guardrail.Outcome{Notices: []error{errors.New("one"), errors.New("two")}}, time.Now())
	assert.Equal(t, v1alpha1.ConditionReady, conditions[0].Type)
	assert.Equal(t, metav1.ConditionTrue, conditions[0].Status)
	assert.Equal(t, v1alpha1.ReasonInForce, conditions[0].Reason)
	assert.Equal(t, "in force; but one; but two", conditions[0].Message)
}

func TestWhatIsNotEnforcedIsTold(t *testing.T) {
	var conditions []metav1.Condition
	setReady(&conditions, 3, guardrail.Outcome{Notices: []error{errors.New("one")}, SetAside: []error{errors.New("two"), errors.New("three")}}, time.Now())
	assert.Equal(t, metav1.ConditionFalse, conditions[0].Status)
	assert.Equal(t, v1alpha1.ReasonPartlyInForce, conditions[0].Reason)
	assert.Equal(t, "in force in part; NOT ENFORCED: two; NOT ENFORCED: three; but one", conditions[0].Message)
}
