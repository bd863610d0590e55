package plot

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAChartIsXMLThatSaysWhatItShows(t *testing.T) {
	svg := Chart{Title: `a < b & "c"`, X: "checks", Y: "µs", Lines: []Line{
		{"one", 0, []Point{{X: 0, Y: 10}, {X: 1000, Y: 20}}},
		{"two", 1, []Point{{X: 0, Y: 10}, {X: 1000, Y: 20}}},
	}}.SVG()
	for decoder := xml.NewDecoder(strings.NewReader(svg)); ; {
		_, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
	}
	for _, said := range []string{">one<", ">two<", ">checks<", ">µs<", ">1,000<", "a &lt; b &amp; &#34;c&#34;"} {
		assert.Contains(t, svg, said)
	}
}

func TestTicksAreRoundAndAroundWhatThereIs(t *testing.T) {
	top, ticks := steps(437)
	assert.InDelta(t, 500, top, 0)
	assert.Equal(t, []float64{0, 100, 200, 300, 400, 500}, ticks)
	bottom, top, ticks := decades(37, 2100)
	assert.InDelta(t, 20, bottom, 0)
	assert.InDelta(t, 5000, top, 0)
	assert.Equal(t, []float64{20, 50, 100, 200, 500, 1000, 2000, 5000}, ticks)
}

func TestTwiceAsMuchIsTwiceAsHigh(t *testing.T) {
	_, y := Chart{Lines: []Line{{"one", 0, []Point{{X: 1, Y: 100}, {X: 2, Y: 200}}}}}.axes()
	assert.InDelta(t, 2*(y.from-y.at(100)), y.from-y.at(200), 1e-9)
	_, y = Chart{LogY: true, Lines: []Line{{"one", 0, []Point{{X: 1, Y: 10}, {X: 2, Y: 1000}}}}}.axes()
	assert.InDelta(t, y.at(10)-y.at(100), y.at(100)-y.at(1000), 1e-9)
}

func TestNamesDoNotHideEachOther(t *testing.T) {
	at := apart([]float64{100, 100, 103})
	for i := range at {
		for j := range i {
			assert.GreaterOrEqual(t, max(at[i], at[j])-min(at[i], at[j]), 15.9)
		}
	}
}
