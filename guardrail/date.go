package guardrail

import (
	"errors"
	"time"
)

// ParseDate reads an RFC 3339 time, or a date, which means 00:00 UTC of that day.
func ParseDate(s string) (time.Time, error) {
	if t, err := time.Parse(time.DateOnly, s); err == nil {
		return t, nil
	}
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t, nil
	}
	return time.Time{}, errors.New(`must be a date like "2027-01-15" or an RFC 3339 time`)
}
