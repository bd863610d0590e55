package page

import (
	"errors"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"taffrail.dev/taffrail/internal/page/pagetest"
)

// The file is opened from a disk, by somebody who may be off line.
func TestTheFileNeedsNothingElse(t *testing.T) {
	found, err := pagetest.Report(t.Context())
	require.NoError(t, err)
	var b strings.Builder
	require.NoError(t, WriteHTML(&b, found))
	file := b.String()
	assert.NotRegexp(t, `<script|<link rel="stylesheet"|@import|url\(|\sstyle=|\son[a-z]+=|<form|https?://[^w]`, file)
	assert.Contains(t, file, "default-src &#39;none&#39;; style-src &#39;sha256-")
	ids := map[string]bool{}
	for _, found := range regexp.MustCompile(` id="([^"]+)"`).FindAllStringSubmatch(file, -1) {
		assert.False(t, ids[found[1]], "%s is there twice", found[1])
		ids[found[1]] = true
	}
	for _, found := range href.FindAllStringSubmatch(file, -1) {
		if strings.HasPrefix(found[1], "data:") {
			continue
		}
		to, err := url.Parse(found[1])
		require.NoError(t, err)
		assert.True(t, strings.HasPrefix(found[1], "#") && ids[to.Fragment], "%s leads nowhere", found[1])
	}
	assert.Equal(t, len(found.Results), strings.Count(file, `<article class="finding">`), "all are in it")
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

func TestAFileThatCannotBeWrittenIsAnError(t *testing.T) {
	assert.EqualError(t, WriteHTML(full{}, reportOf()), "no space left on device")
}
