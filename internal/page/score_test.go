package page

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"taffrail.dev/taffrail/internal/audit"
)

func TestTheScoreIsNeverBetterThanItIs(t *testing.T) {
	for want, s := range map[string]audit.Summary{
		"100": {Evaluated: 5, Passed: 5}, "99.9": {Evaluated: 100_000, Passed: 99_999}, "66": {Evaluated: 3, Passed: 2}, "0": {Evaluated: 300, Passed: 1},
	} {
		percent, scored := scoreOf(s)
		assert.True(t, scored)
		assert.Equal(t, want, percentText(percent))
	}
	_, scored := scoreOf(audit.Summary{Objects: 5})
	assert.False(t, scored, "of nothing there is no score")
}

// A page that runs for a year keeps as much as one that runs for a day.
func TestScoresAreBounded(t *testing.T) {
	s := scores{every: time.Minute}
	for i := range 365 * 24 * 60 {
		s.add(score{at.Add(time.Duration(i) * time.Minute), float64(i % 100)})
	}
	assert.LessOrEqual(t, len(s.all), maxScores)
	assert.Greater(t, len(s.all), maxScores/4)
	assert.Equal(t, at, s.all[0].at, "it begins at the start")
	assert.Greater(t, s.all[len(s.all)-1].at, at.AddDate(0, 11, 20))
}

func TestTheScoreIsDrawnFromTheStart(t *testing.T) {
	now, r := at, reportOf()
	page := New(Options{Report: func() *audit.Report { return r }, Now: func() time.Time { return now }})
	assert.NotContains(t, get(t, page, "/").Body.String(), "<polyline", "one score is no development")
	r, now = reportOf(), now.Add(time.Hour)
	r.Summary.Passed = 8
	body := get(t, page, "/").Body.String()
	assert.Contains(t, body, "The score since 2026-12-01 09:00 UTC: from 75 to 100")
	assert.Contains(t, body, `points="0.0,42.0 240.0,2.0"`)
	assert.Equal(t, 1, strings.Count(body, "<polyline"))
}
