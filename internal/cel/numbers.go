package cel

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/resource"
)

// weighNumber tells whether a number has moved away from what is allowed or towards it: it asks
// what the expression says of numbers on the far side of the old one, and of the new one.
func (c *comparison) weighNumber(d difference) (change Change, isNumber bool) {
	return c.weighNumberBy(d, func(value any) any { return c.with(d, value) })
}

// weighNumberAmong does so for a number in an item, among all other items.
func (c *comparison) weighNumberAmong(d, list difference, of *collection, i int) (change Change, isNumber bool) {
	return c.weighNumberBy(d, func(value any) any {
		items := slices.Clone(of.items)
		items[i] = edited(items[i], d.path[len(list.path)+1:], value)
		changed := collection{names: of.names, items: items}
		return c.with(list, changed.only(indices(len(items))))
	})
}

func indices(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

func (c *comparison) weighNumberBy(d difference, with func(any) any) (change Change, isNumber bool) {
	for _, s := range scales {
		from, ok := s.read(d.from)
		to, also := s.read(d.to)
		if !ok || !also {
			continue
		}
		isNumber = true
		holds := func(n float64) bool { return c.err == nil && c.holds(c.part.plain(), with(s.write(n))) }
		for _, candidates := range [][]float64{c.part.named(s), farther(s, from, to)} {
			away := slices.ContainsFunc(beyond(from, from-to, candidates), holds)
			towards := slices.ContainsFunc(beyond(to, to-from, candidates), holds)
			switch {
			case away && !towards:
				return Worse, true
			case towards && !away:
				return Kept, true
			case away && towards:
				return Unclear, true
			}
		}
	}
	return Unclear, isNumber
}

// beyond are the candidates past a number in a direction.
func beyond(n, direction float64, candidates []float64) []float64 {
	var some []float64
	for _, candidate := range candidates {
		if (candidate-n)*direction > 0 {
			some = append(some, candidate)
		}
	}
	return some
}

// named are the numbers at which an expression is likely to change its mind: those that it names,
// and their neighbours.
func (p *conjunct) named(s scale) []float64 {
	all := []float64{0, s.step}
	for _, literal := range p.literals {
		for _, as := range scales {
			if n, ok := as.read(literal); ok {
				all = append(all, n, n-s.step, n+s.step)
			}
		}
	}
	return all
}

// farther are ever farther numbers: what an expression compares with is not always a number in it.
func farther(s scale, from, to float64) []float64 {
	var all []float64
	for k := range 20 {
		far := s.step * math.Pow(4, float64(k))
		for _, end := range []float64{from, to} {
			all = append(all, end-far, end+far, end/math.Pow(2, float64(k+1)))
		}
	}
	return all
}

// scale is a way to write a number.
type scale struct {
	read  func(any) (float64, bool)
	write func(float64) any
	step  float64
}

var scales = []scale{
	{integer, func(n float64) any { return int64(max(min(n, 1<<53), -1<<53)) }, 1},
	{float, func(n float64) any { return n }, 0.5},
	{text(func(s string) (float64, error) { return strconv.ParseFloat(s, 64) }), func(n float64) any {
		return strconv.FormatFloat(math.Round(n), 'f', -1, 64)
	}, 1},
	{text(percentage), func(n float64) any { return strconv.FormatFloat(math.Round(n), 'f', -1, 64) + "%" }, 1},
	{text(quantity), func(n float64) any {
		return resource.NewMilliQuantity(int64(max(min(n*1000, 1<<60), -1<<60)), resource.DecimalSI).String()
	}, 0.001},
	{text(seconds), func(n float64) any { return (time.Duration(max(min(n, 1<<32), -1<<32)) * time.Second).String() }, 1},
}

func integer(value any) (float64, bool) {
	n, ok := value.(int64)
	return float64(n), ok
}

func float(value any) (float64, bool) {
	if n, ok := value.(float64); ok {
		return n, true
	}
	return integer(value)
}

func text(parse func(string) (float64, error)) func(any) (float64, bool) {
	return func(value any) (float64, bool) {
		s, ok := value.(string)
		if !ok || s == "" || len(s) > 64 {
			return 0, false
		}
		n, err := parse(s)
		return n, err == nil && !math.IsNaN(n) && !math.IsInf(n, 0)
	}
}

func percentage(s string) (float64, error) {
	number, ok := strings.CutSuffix(s, "%")
	if !ok {
		return 0, strconv.ErrSyntax
	}
	return strconv.ParseFloat(number, 64)
}

func quantity(s string) (float64, error) {
	q, err := resource.ParseQuantity(s)
	return q.AsApproximateFloat64(), err
}

func seconds(s string) (float64, error) {
	d, err := time.ParseDuration(s)
	return d.Seconds(), err
}
