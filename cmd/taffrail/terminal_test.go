package main

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"taffrail.dev/taffrail/internal/audit"
)

func TestColor(t *testing.T) {
	for _, c := range []struct {
		terminal bool
		env      map[string]string
		want     bool
	}{
		{terminal: true, want: true},
		{terminal: false, want: false},
		{terminal: true, env: map[string]string{"NO_COLOR": "1"}, want: false},
		{terminal: true, env: map[string]string{"NO_COLOR": ""}, want: true},
		{terminal: true, env: map[string]string{"TERM": "dumb"}, want: false},
		{terminal: true, env: map[string]string{"CLICOLOR": "0"}, want: false},
		{terminal: false, env: map[string]string{"CLICOLOR_FORCE": "1"}, want: true},
		{terminal: false, env: map[string]string{"CLICOLOR_FORCE": "0"}, want: false},
		{terminal: false, env: map[string]string{"CLICOLOR_FORCE": "1", "NO_COLOR": "1"}, want: false},
	} {
		assert.Equal(t, c.want, wantsColor(c.terminal, func(name string) string { return c.env[name] }), "%v", c)
	}
}

func TestColorByFlag(t *testing.T) {
	t.Setenv("NO_COLOR", "1")
	look := lookOf(&bytes.Buffer{}, "always")
	assert.True(t, look.Color)
	t.Setenv("NO_COLOR", "")
	t.Setenv("CLICOLOR_FORCE", "1")
	look = lookOf(&bytes.Buffer{}, "never")
	assert.False(t, look.Color)
	assert.Zero(t, look.Width, "a file has no width")
}

func TestProgressComesLateAndGoes(t *testing.T) {
	var out bytes.Buffer
	now := time.Now()
	p := &progress{out: &out, begun: now, now: func() time.Time { return now }}
	now = now.Add(900 * time.Millisecond)
	p.files(1, 10)
	assert.Empty(t, out.String(), "what is soon done needs none")
	now = now.Add(200 * time.Millisecond)
	p.files(2, 10)
	now = now.Add(50 * time.Millisecond)
	p.files(3, 10)
	now = now.Add(60 * time.Millisecond)
	p.files(4, 10)
	p.erase()
	assert.Equal(t, "\r\x1b[K2 of 10 files\r\x1b[K4 of 10 files\r\x1b[K", out.String())
}

func TestProgressOverAClusterIsABar(t *testing.T) {
	for _, c := range []struct {
		now  audit.Progress
		want string
	}{
		{audit.Progress{}, "[------------------------] 0 of 0 kinds, 0 of 0 objects"},
		{audit.Progress{AllKinds: 4}, "[------------------------] 0 of 4 kinds, 0 of 0 objects"},
		{audit.Progress{Kinds: 3, AllKinds: 4, Objects: 1000, AllObjects: 4000}, "[############------------] 3 of 4 kinds, 1000 of 4000 objects"},
		{audit.Progress{Kinds: 4, AllKinds: 4, Objects: 5000, AllObjects: 5000}, "[########################] 4 of 4 kinds, 5000 of 5000 objects"},
	} {
		var out bytes.Buffer
		p := &progress{out: &out, now: time.Now}
		p.objects(c.now)
		assert.Equal(t, "\r\x1b[K"+c.want, out.String())
	}
}

func TestThereIsNoProgressWithoutATerminal(t *testing.T) {
	var out bytes.Buffer
	p := newProgress(&out)
	p.begun = p.begun.Add(-time.Minute)
	p.files(1, 2)
	p.erase()
	assert.Empty(t, out.String())
}
