package page

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// pairs are what stands on what. WCAG AA asks for a contrast of 4.5 of text, and of 3 of the lines of
// what one works with.
var pairs = []struct {
	front, back string
	least       float64
}{
	{"text", "ground", 4.5},
	{"text", "raised", 4.5},
	{"muted", "ground", 4.5},
	{"muted", "raised", 4.5},
	{"deny", "ground", 4.5},
	{"deny", "raised", 4.5},
	{"warn", "ground", 4.5},
	{"warn", "raised", 4.5},
	{"text", "warn-1", 4.5},
	{"goes-text", "goes", 4.5},
	{"comes-text", "comes", 4.5},
	{"deny-4-text", "deny-4", 4.5},
	{"cell-text", "deny-1", 4.5},
	{"cell-text", "deny-2", 4.5},
	{"cell-text", "deny-3", 4.5},
	{"cell-text", "warn-1", 4.5},
	{"cell-text", "warn-2", 4.5},
	{"cell-text", "warn-3", 4.5},
	{"cell-text", "warn-4", 4.5},
	{"cell-text", "audit-1", 4.5},
	{"cell-text", "audit-2", 4.5},
	{"cell-text", "audit-3", 4.5},
	{"cell-text", "audit-4", 4.5},
	{"ground", "text", 4.5}, // the button, and the link past the navigation
	{"focus", "ground", 3},
	{"focus", "raised", 3},
	{"strong-line", "ground", 3},
}

func TestEveryColorCanBeReadOnItsGround(t *testing.T) {
	light, dark, found := strings.Cut(string(asset("page.css")), "prefers-color-scheme: dark")
	require.True(t, found)
	for name, text := range map[string]string{"light": light, "dark": dark} {
		colors := map[string]string{}
		for _, found := range regexp.MustCompile(`--([a-z0-9-]+): (#[0-9a-f]{6});`).FindAllStringSubmatch(text, -1) {
			colors[found[1]] = found[2]
		}
		for _, p := range pairs {
			require.Contains(t, colors, p.front, name)
			require.Contains(t, colors, p.back, name)
			assert.GreaterOrEqual(t, contrast(t, colors[p.front], colors[p.back]), p.least, "%s: %s on %s", name, p.front, p.back)
		}
	}
}

// A color outside the palette is one that nobody has measured.
func TestEveryColorIsOfThePalette(t *testing.T) {
	_, rules, found := strings.Cut(string(asset("page.css")), "\n*, *::before")
	require.True(t, found)
	assert.NotRegexp(t, `#[0-9a-fA-F]{3,8}\b[^{]*;|rgba?\(|hsl`, rules)
}

// contrast is that of WCAG 2.
func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	x, y := luminance(t, a), luminance(t, b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func luminance(t *testing.T, color string) (sum float64) {
	t.Helper()
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, err := strconv.ParseUint(color[1+2*i:3+2*i], 16, 8)
		require.NoError(t, err)
		c := float64(n) / 255
		if c <= 0.04045 {
			sum += weight * c / 12.92
		} else {
			sum += weight * math.Pow((c+0.055)/1.055, 2.4)
		}
	}
	return sum
}
