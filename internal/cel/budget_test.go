package cel

import (
	"context"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	admissionv1 "k8s.io/api/admission/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/workload"
)

// dear are expressions that cost what they can, by what they do the most of. Each is evaluated for
// each pair of a thousand items.
var dear = []struct{ name, expression string }{
	{"fields", `i.name != j.value`},
	{"presence", `has(j.value) && has(i.value)`},
	{"optional fields", `object.?spec.?items[?5].?name.orValue('') != ''`},
	{"regular expressions", `!object.spec.long.matches('^[a-j]*(x+x+)+y$')`},
	{"the length of a text", `size(object.spec.long) > 3`},
	{"texts put together", `(object.spec.long + object.spec.long) != ''`},
	{"texts taken apart", `object.spec.long.split('a').size() > 0`},
	{"texts replaced", `object.spec.long.replace('a', 'bb') != ''`},
	{"letters", `object.spec.long.charAt(80000) != ''`},
	{"bytes", `bytes(object.spec.long) != b''`},
	{"formats", `'%s'.format([object.spec.items]) != ''`},
	{"texts of numbers", `string(12345.678) != ''`},
	{"quantities", `quantity('1234567890.123456Mi').isGreaterThan(quantity('1'))`},
	{"durations", `duration('1h3m') > duration('1m')`},
	{"addresses", `cidr('10.0.0.0/8').containsIP('10.1.2.3')`},
	{"urls", `url('https://a.example.com:80/x?y=z').getHost() != ''`},
	{"equality of lists", `object.spec.items == object.spec.items`},
	{"membership", `i in object.spec.items`},
	{"sets", `sets.contains(object.spec.items, object.spec.items)`},
	{"lists flattened", `[object.spec.items, object.spec.items].flatten().size() > 0`},
	{"lists made", `object.spec.items.map(k, {'a': k.name}).size() > 0`},
	{"lists sorted", `object.spec.items.map(k, k.name).sort().size() > 0`},
	{"lists put together", `(object.spec.items + object.spec.items)[1500].name != ''`},
	{"failures", `object.spec.none == 1 || true`},
}

func large(t testing.TB) *workload.Review {
	t.Helper()
	item := "{name: name, value: value}, "
	return reviewOf(t, admissionv1.Create, specOf("{items: ["+strings.Repeat(item, 1000)+"], long: "+strings.Repeat("abcdefghij", 30000)+"}"), "")
}

func forAllPairs(expression string) string {
	return "object.spec.items.all(i, object.spec.items.all(j, " + expression + "))"
}

// TestNoExpressionCostsMoreThanAnEvaluationMay, whatever it does, and no number of them more than
// a review may.
func TestNoExpressionCostsMoreThanAnEvaluationMay(t *testing.T) {
	review, all := large(t), NewBudget()
	for _, test := range dear {
		rule := compileRule(t, v1alpha1.Rule{Expression: forAllPairs(test.expression)})
		budget := NewBudget()
		_, err := rule.Evaluate(context.Background(), review, budget)
		require.ErrorIs(t, err, errTooCostly, test.name)
		assert.LessOrEqual(t, budget.Spent(), int64(maxEvaluation+start), test.name)
		_, err = rule.Evaluate(context.Background(), review, all)
		require.Error(t, err)
		assert.LessOrEqual(t, all.Spent(), int64(maxReview), test.name)
	}
}

// TestVariablesThatUseEachOther: had each its own cost to itself while another asks for it, ten
// could cost ten times as much.
func TestVariablesThatUseEachOther(t *testing.T) {
	dear := "object.spec.items.all(i, i.name != '')"
	all := []string{"v0", dear}
	for i := range 40 {
		all = append(all, fmt.Sprintf("v%d", i+1), dear+" && variables."+all[len(all)-2])
	}
	rule := compileRule(t, v1alpha1.Rule{Variables: variables(all...), Expression: "variables." + all[len(all)-2]})
	budget := NewBudget()
	_, err := rule.Evaluate(context.Background(), large(t), budget)
	require.ErrorIs(t, err, errOutOfBudget)
	assert.LessOrEqual(t, budget.Spent(), int64(maxReview))
}

func TestTextsThatGrow(t *testing.T) {
	for _, expression := range []string{
		`'aa'.replace('a', object.spec.long.substring(0, 30000)).replace('a', object.spec.long) == ''`,
		`object.spec.items.map(i, i.name).join(object.spec.long) == ''`,
	} {
		_, err := compileRule(t, v1alpha1.Rule{Expression: expression}).Evaluate(context.Background(), large(t), NewBudget())
		require.ErrorContains(t, err, "must not make more than 3145728 bytes of text at a time")
	}
}

func TestExpressionsThatAreTooLong(t *testing.T) {
	long := strings.Repeat("object.spec.a == 1 && ", 400) + "true"
	_, mistakes := CompileRule(&v1alpha1.Rule{Expression: long}, field.NewPath("rule"))
	require.ErrorContains(t, mistakes.ToAggregate(), "rule.expression: Too long: may not be more than 8192 bytes")
}

// TestNothingIsEvaluatedForNobody: a request that has ended costs nothing more.
func TestNothingIsEvaluatedForNobody(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	rule := compileRule(t, v1alpha1.Rule{Expression: forAllPairs("i.name != j.value")})
	<-ctx.Done()
	budget := NewBudget()
	_, err := rule.Evaluate(ctx, large(t), budget)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	assert.Zero(t, budget.Spent())
}

// BenchmarkBudget is what a whole budget takes of the dearest expressions of each sort: the
// numbers of budget.go come from here.
func BenchmarkBudget(b *testing.B) {
	review := large(b)
	for _, test := range dear {
		rule := compileRule(b, v1alpha1.Rule{Expression: forAllPairs(test.expression)})
		b.Run(test.name, func(b *testing.B) {
			var spent int64
			before := processorTime(b)
			for b.Loop() {
				budget := NewBudget()
				for !budget.isSpent() {
					_, _ = rule.Evaluate(b.Context(), review, budget)
				}
				spent += budget.Spent()
			}
			took := float64((processorTime(b) - before).Nanoseconds())
			b.ReportMetric(took/float64(spent), "cpu-ns/unit")
			b.ReportMetric(took/float64(spent)*maxReview/1e6, "cpu-ms/review")
		})
	}
}

// processorTime is what the process has had of the processor: others may use the machine too.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
