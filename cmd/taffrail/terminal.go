package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"taffrail.dev/taffrail/internal/audit"
	"taffrail.dev/taffrail/internal/report"
)

// terminal is the terminal that a stream is, or nil.
func terminal(out io.Writer) *os.File {
	if file, is := raw(out).(*os.File); is && term.IsTerminal(int(file.Fd())) {
		return file
	}
	return nil
}

// terminalWidth is how wide a terminal is that does not say.
const terminalWidth = 80

// lookOf is how text is to look on a stream, for a value of --color.
func lookOf(out io.Writer, color string) (look report.Look) {
	file := terminal(out)
	if file != nil {
		look.Width = terminalWidth
		if width, _, err := term.GetSize(int(file.Fd())); err == nil && width > 0 {
			look.Width = width
		}
	}
	switch color {
	case "always":
		look.Color = true
	case "auto":
		look.Color = wantsColor(file != nil, os.Getenv)
	}
	return look
}

// wantsColor follows https://no-color.org and https://bixense.com/clicolors.
func wantsColor(terminal bool, env func(string) string) bool {
	switch force := env("CLICOLOR_FORCE"); {
	case env("NO_COLOR") != "":
		return false
	case force != "" && force != "0":
		return true
	}
	return terminal && env("TERM") != "dumb" && env("CLICOLOR") != "0"
}

// progress is a line on a terminal that says how far a command is which takes long.
type progress struct {
	out         io.Writer // nil: nobody is there to see it
	now         func() time.Time
	begun, last time.Time
	shown       bool
}

// The line comes after a while, and does not flicker.
const (
	progressAfter = time.Second
	progressEvery = 100 * time.Millisecond
)

// barWidth is what leaves room for the numbers on a terminal of 80 columns.
const barWidth = 24

func newProgress(err io.Writer) *progress {
	p := &progress{now: time.Now, begun: time.Now()}
	if file := terminal(err); file != nil {
		p.out = file
	}
	return p
}

// files is how far a command is that reads files.
func (p *progress) files(done, all int) {
	if done%256 == 0 {
		collectAsUsual()
	}
	p.show(func() string { return fmt.Sprintf("%d of %d files", done, all) })
}

// objects is how far a command is that reads a cluster. How many kinds there are is known at once, how
// many objects each has only when it is begun.
func (p *progress) objects(now audit.Progress) {
	p.show(func() string {
		// Kinds alone stand still while there are thousands of Pods, objects alone forget what is to come.
		done := (barWidth/2*now.Kinds)/max(now.AllKinds, 1) + (barWidth/2*now.Objects)/max(now.AllObjects, 1)
		return fmt.Sprintf("[%s%s] %d of %d kinds, %d of %d objects", strings.Repeat("#", done), strings.Repeat("-", barWidth-done),
			now.Kinds, now.AllKinds, now.Objects, now.AllObjects)
	})
}

func (p *progress) show(line func() string) {
	now := p.now()
	if p.out == nil || now.Sub(p.begun) < progressAfter || now.Sub(p.last) < progressEvery {
		return
	}
	p.last, p.shown = now, true
	fmt.Fprint(p.out, "\r\x1b[K"+line())
}

// erase leaves the terminal as if nothing had been there.
func (p *progress) erase() {
	if p.shown {
		fmt.Fprint(p.out, "\r\x1b[K")
		p.shown = false
	}
}
