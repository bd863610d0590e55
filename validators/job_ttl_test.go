package validators

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestCronJobsCleanUpAfterThemselves: the history limits do, and so nobody is asked for a TTL.
func TestCronJobsCleanUpAfterThemselves(t *testing.T) {
	assert.False(t, slices.ContainsFunc(named(t, "job-ttl").Resources, func(r Resource) bool { return r.Resource == "cronjobs" }))
	validate, err := construct(t, "job-ttl", "{max: 60}")
	require.NoError(t, err)
	r := reviewOf(t, readObject(t, "testdata/job-deadline/fail-cron-job.yaml"), nil, nil)
	assert.Empty(t, validate(r))
}
