//go:build e2e

package browser

import (
	"bytes"
	"flag"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

var pictures = flag.String("pictures", "", "the folder that screenshots are written to")

// shots are what the documents show, at three widths.
var shots = []struct {
	name, view    string
	width, height int
	dark          bool
}{
	{"overview-1920", "/", 1920, 1080, false},
	{"namespaces-1024", "/namespaces", 1024, 768, true},
	{"workload-380", "/workloads/invoicing/Deployment.apps/gateway", 380, 900, false},
}

// `make screenshots` has the pictures of the documents made anew.
func TestScreenshots(t *testing.T) {
	served := realistic(t)
	for _, shot := range shots {
		t.Run(shot.name, func(t *testing.T) {
			b := open(t, served, shot.width, shot.height)
			if shot.dark {
				b.dark()
			}
			b.visit(shot.view)
			taken, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
			require.NoError(t, err)
			decoded, err := png.Decode(bytes.NewReader(taken))
			require.NoError(t, err)
			require.Equal(t, shot.width, decoded.Bounds().Dx())
			require.Equal(t, shot.height, decoded.Bounds().Dy())
			if *pictures == "" {
				return
			}
			var small bytes.Buffer
			require.NoError(t, (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&small, decoded))
			require.NoError(t, os.WriteFile(filepath.Join(*pictures, shot.name+".png"), small.Bytes(), 0o644))
		})
	}
}
