package plot

import "math"

// axis maps values to places, and has the values that are written beside it.
type axis struct {
	low, high float64
	from, to  float64
	log       bool
	ticks     []float64
}

func (a axis) at(v float64) float64 {
	low, high := a.low, a.high
	if a.log {
		v, low, high = math.Log10(v), math.Log10(low), math.Log10(high)
	}
	return a.from + (v-low)/(high-low)*(a.to-a.from)
}

func (c Chart) axes() (x, y axis) {
	lowX, highX, lowY, highY := math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)
	for _, line := range c.Lines {
		for _, p := range line.Points {
			lowX, highX = min(lowX, p.X), max(highX, p.X)
			lowY, highY = min(lowY, p.Y), max(highY, p.Y)
		}
	}
	x = axis{low: lowX, high: highX, from: left + 14, to: width - right, log: c.LogX}
	y = axis{from: height - bottom, to: top, log: c.LogY}
	if c.LogY {
		y.low, y.high, y.ticks = decades(lowY, highY)
	} else {
		y.high, y.ticks = steps(highY) // from 0: what is twice as much is twice as high
	}
	return x, y
}

// below is what is written under the axis: the labels of the points.
func (c Chart) below(x axis) (ticks []Point) {
	taken := math.Inf(-1)
	for _, p := range c.Lines[0].Points {
		if at := x.at(p.X); at-taken > 34 {
			if p.Label == "" {
				p.Label = number(p.X)
			}
			ticks, taken = append(ticks, p), at
		}
	}
	return ticks
}

// steps are round numbers from 0 to the first above the highest.
func steps(high float64) (top float64, ticks []float64) {
	step := math.Pow(10, math.Floor(math.Log10(high/4)))
	for _, times := range []float64{1, 2, 5, 10} {
		if step*times*6 >= high {
			step *= times
			break
		}
	}
	for v := 0.0; ; v += step {
		ticks = append(ticks, v)
		if v >= high {
			return v, ticks
		}
	}
}

// decades are 1, 2 and 5 times the powers of ten around what there is.
func decades(low, high float64) (bottom, top float64, ticks []float64) {
	for power := math.Pow(10, math.Floor(math.Log10(low))); ; power *= 10 {
		for _, times := range []float64{1, 2, 5} {
			v := power * times
			if v <= low {
				ticks = ticks[:0]
			}
			ticks = append(ticks, v)
			if v >= high {
				return ticks[0], v, ticks
			}
		}
	}
}
