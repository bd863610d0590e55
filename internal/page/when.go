package page

import (
	"fmt"
	"time"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"
)

// when is a time as one says it, with the time itself as its title.
func (v *view) when(t time.Time) g.Node {
	exact := t.UTC().Format(time.RFC3339)
	return h.Time(h.DateTime(exact), h.Title(exact), g.Text(relative(v.now, t)))
}

func relative(now, t time.Time) string {
	d := now.Sub(t)
	if d < -time.Minute {
		return "in " + span(-d)
	}
	if d < time.Minute {
		return "just now"
	}
	return span(d) + " ago"
}

// span is a duration in its greatest unit.
func span(d time.Duration) string {
	switch {
	case d < time.Minute:
		return "less than a minute"
	case d < 2*time.Hour:
		return plural(int(d/time.Minute), "minute")
	case d < 48*time.Hour:
		return plural(int(d/time.Hour), "hour")
	}
	return fmt.Sprintf("%s days", number(int(d/(24*time.Hour))))
}
