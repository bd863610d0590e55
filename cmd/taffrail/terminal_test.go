package main

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
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
	p.show(1, 10)
	assert.Empty(t, out.String(), "what is soon done needs none")
	now = now.Add(200 * time.Millisecond)
	p.show(2, 10)
	now = now.Add(50 * time.Millisecond)
	p.show(3, 10)
	now = now.Add(60 * time.Millisecond)
	p.show(4, 10)
	p.erase()
	assert.Equal(t, "\r\x1b[K2 of 10 files\r\x1b[K4 of 10 files\r\x1b[K", out.String())
}

func TestThereIsNoProgressWithoutATerminal(t *testing.T) {
	var out bytes.Buffer
	p := newProgress(&out)
	p.begun = p.begun.Add(-time.Minute)
	p.show(1, 2)
	p.erase()
	assert.Empty(t, out.String())
}
