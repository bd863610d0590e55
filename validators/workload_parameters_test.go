package validators

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestMistakesInBounds: the same as TestMistakes, for bounds, ratios and names.
func TestMistakesInBounds(t *testing.T) {
	for _, test := range []struct {
		check, params string
		want          []string
	}{
		{"resource-limits", "{resources: [mem]}", []string{
			`resources[0]: Unsupported value: "mem": supported values: "cpu", "memory", "ephemeral-storage"`,
		}},
		{"resource-bounds", "{}", []string{`min: Required value: must name a resource, or max must`}},
		{"resource-bounds", "{min: {cpu: 1, memory: lots}, max: {cpu: 500m, mem: 1Gi}}", []string{
			`min[cpu]: Invalid value: "1": must not be above max`,
			`max: Invalid value: "mem": must be cpu, memory, ephemeral-storage or a resource such as example.com/gpu`,
			`min[memory]: Invalid value: "lots": must be a quantity, such as 100m or 128Mi`,
		}},
		{"limit-request-ratio", "{}", []string{`cpu: Required value: must be set, or memory must`}},
		{"limit-request-ratio", "{cpu: 0, memory: 0.5}", []string{
			`cpu: Invalid value: 0: must be at least 1`,
			`memory: Invalid value: 0.5: must be at least 1`,
		}},
		{"ephemeral-storage-limit", "{max: -1Gi}", []string{
			`max: Invalid value: "-1Gi": must be a quantity, such as 100m or 128Mi`,
		}},
		{"empty-dir-size-limit", "{max: big}", []string{
			`max: Invalid value: "big": must be a quantity, such as 100m or 128Mi`,
		}},
		{"qos-class", "{allowed: []}", []string{`allowed: Required value: must name a QoS class`}},
		{"qos-class", "{allowed: [Best]}", []string{
			`allowed[0]: Unsupported value: "Best": supported values: "Guaranteed", "Burstable", "BestEffort"`,
		}},
		{"min-replicas", "{min: -1, max: -2}", []string{
			`min: Invalid value: -1: must be 0 or more`,
			`max: Invalid value: -2: must not be below min`,
		}},
		{"hpa-bounds", "{max: 1}", []string{`max: Invalid value: 1: must not be below min`}},
		{"rolling-update", "{maxUnavailable: some}", []string{
			`maxUnavailable: Invalid value: "some": must be a number or a percentage`,
		}},
		{"job-ttl", "{max: 0}", []string{`max: Invalid value: 0: must be at least 1`}},
		{"job-deadline", "{max: 0}", []string{`max: Invalid value: 0: must be at least 1`}},
		{"job-backoff-limit", "{max: -1}", []string{`max: Invalid value: -1: must be 0 or more`}},
		{"cron-job-concurrency", "{maxHistory: -1}", []string{`maxHistory: Invalid value: -1: must be 0 or more`}},
		{"pvc-size", "{}", []string{`max: Required value: must be set`}},
	} {
		t.Run(test.check, func(t *testing.T) {
			assertMistakes(t, test.check, test.params, test.want)
		})
	}
}

func TestNamesOfClasses(t *testing.T) {
	for _, check := range []string{"priority-class", "storage-class"} {
		_, err := construct(t, check, "{allowed: [Fast_Disk]}")
		assert.ErrorContains(t, err, `allowed[0]: Invalid value: "Fast_Disk": a lowercase RFC 1123 subdomain`)
	}
}
