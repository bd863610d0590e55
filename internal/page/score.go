package page

import (
	"fmt"
	"strings"
	"time"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"taffrail.dev/taffrail/internal/audit"
)

// score is how many of a hundred objects have no finding.
type score struct {
	at      time.Time
	percent float64
}

// scoreOf is the score of a report. Where nothing is evaluated there is none.
func scoreOf(s audit.Summary) (percent float64, scored bool) {
	if s.Evaluated == 0 {
		return 0, false
	}
	return 100 * float64(s.Passed) / float64(s.Evaluated), true
}

// percentText never says 100 of what is less.
func percentText(percent float64) string {
	if percent < 100 && percent >= 99 {
		return fmt.Sprintf("%.1f", float64(int(percent*10))/10)
	}
	return fmt.Sprint(int(percent))
}

// maxScores bounds the scores that are kept. When there are as many, every other one goes, and from
// then on half as many come.
const maxScores = 512

// scores are those since the start.
type scores struct {
	all   []score
	every time.Duration
}

func (s *scores) add(n score) {
	if last := len(s.all) - 1; last >= 0 && n.at.Sub(s.all[last].at) < s.every {
		return
	}
	s.all = append(s.all, n)
	if len(s.all) < maxScores {
		return
	}
	half := make([]score, 0, maxScores)
	for i := 0; i < len(s.all); i += 2 {
		half = append(half, s.all[i])
	}
	s.all, s.every = half, 2*max(s.every, time.Second)
}

// The picture of the scores, in units of its own.
const (
	sparkWidth  = 240
	sparkHeight = 44
)

// spark draws the scores over time. Its lowest and its highest line are the lowest and the highest
// score, at least two percent apart.
func spark(all []score) g.Node {
	if len(all) < 2 || !all[len(all)-1].at.After(all[0].at) {
		return nil
	}
	low, high := all[0].percent, all[0].percent
	for _, s := range all {
		low, high = min(low, s.percent), max(high, s.percent)
	}
	if high-low < 2 {
		low, high = max(low-1, 0), min(high+1, 100)
	}
	first, last := all[0], all[len(all)-1]
	whole := last.at.Sub(first.at).Seconds()
	var points strings.Builder
	for i, s := range all {
		x := sparkWidth * s.at.Sub(first.at).Seconds() / whole
		y := 2 + (sparkHeight-4)*(high-s.percent)/max(high-low, 0.01)
		if i > 0 {
			points.WriteByte(' ')
		}
		fmt.Fprintf(&points, "%.1f,%.1f", x, y)
	}
	label := fmt.Sprintf("The score since %s: from %s to %s", first.at.UTC().Format("2006-01-02 15:04 MST"), percentText(first.percent), percentText(last.percent))
	return h.SVG(h.Class("spark"), g.Attr("viewBox", fmt.Sprintf("0 0 %d %d", sparkWidth, sparkHeight)), g.Attr("preserveAspectRatio", "none"),
		h.Role("img"), h.Aria("label", label),
		g.El("title", g.Text(label)),
		g.El("polyline", g.Attr("points", points.String()), g.Attr("vector-effect", "non-scaling-stroke")))
}
