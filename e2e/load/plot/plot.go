// Package plot draws lines as SVG that reads on a white page and on a black one.
package plot

import (
	"fmt"
	"html"
	"math"
	"strconv"
	"strings"
)

// Chart is a picture of some lines over one axis.
type Chart struct {
	Title, X, Y string
	// LogX and LogY give each decade the same length.
	LogX, LogY bool
	Lines      []Line
}

// Line is drawn through its points, from left to right.
type Line struct {
	Name string
	// Colour is one of five: what is in several charts has the same in all.
	Colour int
	Points []Point
}

// Point is one measurement. Label, where there is one, stands at the axis below it.
type Point struct {
	X, Y  float64
	Label string
}

const (
	width, height            = 740, 400
	left, right, top, bottom = 70, 150, 44, 52
)

// Both modes: what is written is grey in both, and the colours are told apart by those who see fewer of them.
const style = `<style>
text { font: 13px system-ui, sans-serif; fill: #57606a }
.title { font-size: 15px; font-weight: 600; fill: #1f2328 }
.grid { stroke: #8c959f; stroke-opacity: .3 }
.line { fill: none; stroke-width: 2.5; stroke-linejoin: round }
.c0 { stroke: #0969da; fill: #0969da } .c1 { stroke: #bc4c00; fill: #bc4c00 } .c2 { stroke: #6e7781; fill: #6e7781 } .c3 { stroke: #8250df; fill: #8250df } .c4 { stroke: #1a7f37; fill: #1a7f37 }
text.c0, text.c1, text.c2, text.c3, text.c4 { stroke: none; font-weight: 600 }
@media (prefers-color-scheme: dark) {
text { fill: #9198a1 } .title { fill: #f0f6fc }
.c0 { stroke: #4493f8; fill: #4493f8 } .c1 { stroke: #f0883e; fill: #f0883e } .c2 { stroke: #9198a1; fill: #9198a1 } .c3 { stroke: #ab7df8; fill: #ab7df8 } .c4 { stroke: #3fb950; fill: #3fb950 }
}
</style>
`

// SVG is the picture.
func (c Chart) SVG() string {
	x, y := c.axes()
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-label="%s">`+"\n",
		width, height, width, height, html.EscapeString(c.Title))
	b.WriteString(style)
	text(&b, left, 24, "start", "title", c.Title)
	for _, tick := range y.ticks {
		fmt.Fprintf(&b, `<line class="grid" x1="%d" x2="%d" y1="%.1f" y2="%.1f"/>`+"\n", left, width-right, y.at(tick), y.at(tick))
		text(&b, left-8, y.at(tick)+4, "end", "", number(tick))
	}
	for _, tick := range c.below(x) {
		fmt.Fprintf(&b, `<line class="grid" x1="%.1f" x2="%.1f" y1="%d" y2="%d"/>`+"\n", x.at(tick.X), x.at(tick.X), height-bottom, height-bottom+5)
		text(&b, x.at(tick.X), height-bottom+20, "middle", "", tick.Label)
	}
	text(&b, (left+width-right)/2, height-10, "middle", "", c.X)
	fmt.Fprintf(&b, `<text transform="translate(16 %d) rotate(-90)" text-anchor="middle">%s</text>`+"\n", (top+height-bottom)/2, html.EscapeString(c.Y))
	c.draw(&b, x, y)
	b.WriteString("</svg>\n")
	return b.String()
}

// draw draws the lines, and writes the name of each at its end.
func (c Chart) draw(b *strings.Builder, x, y axis) {
	names := make([]float64, len(c.Lines))
	for i, line := range c.Lines {
		names[i] = y.at(line.Points[len(line.Points)-1].Y)
	}
	names = apart(names)
	for i, line := range c.Lines {
		points := make([]string, len(line.Points))
		for j, p := range line.Points {
			points[j] = fmt.Sprintf("%.1f,%.1f", x.at(p.X), y.at(p.Y))
			fmt.Fprintf(b, `<circle class="c%d" cx="%.1f" cy="%.1f" r="3"/>`+"\n", line.Colour, x.at(p.X), y.at(p.Y))
		}
		fmt.Fprintf(b, `<polyline class="line c%d" style="fill: none" points="%s"/>`+"\n", line.Colour, strings.Join(points, " "))
		text(b, x.at(line.Points[len(line.Points)-1].X)+10, names[i]+4, "start", fmt.Sprintf("c%d", line.Colour), line.Name)
	}
}

// apart moves what stands at nearly the same height until each can be read.
func apart(at []float64) []float64 {
	const least = 16
	for range 100 {
		for i := range at {
			for j := range i {
				if gap := at[i] - at[j]; math.Abs(gap) < least {
					step := math.Copysign((least-math.Abs(gap))/2+.1, gap)
					at[i], at[j] = at[i]+step, at[j]-step
				}
			}
		}
	}
	return at
}

func text(b *strings.Builder, x, y float64, anchor, class, s string) {
	fmt.Fprintf(b, `<text x="%.1f" y="%.1f" text-anchor="%s" class="%s">%s</text>`+"\n", x, y, anchor, class, html.EscapeString(s))
}

// number is as people write it: 1,000 and 0.5.
func number(v float64) string {
	s := strconv.FormatFloat(v, 'f', -1, 64)
	if v < 1000 {
		return s
	}
	whole := strconv.Itoa(int(v))
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	return whole
}
