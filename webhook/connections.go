package webhook

import (
	"log"
	"regexp"
	"strings"

	"github.com/go-logr/logr"
)

// LogTo has what net/http says of connections (a port that is scanned, a handshake that fails) go
// to the log, within the same bounds: controller-runtime's server leaves it to Go's own logger.
func LogTo(to logr.Logger) {
	log.SetFlags(0)
	log.SetOutput(&connections{log: to})
}

type connections struct {
	log   logr.Logger
	lines lines
}

// remote finds the address in a line of net/http.
var remote = regexp.MustCompile(` (?:from|serving) (\S+:\d+): `)

func (c *connections) Write(line []byte) (int, error) {
	var from string
	if found := remote.FindSubmatch(line); found != nil {
		from = string(found[1])
	}
	if c.lines.allow(c.log, from, ofRejected) {
		c.log.Info("net/http", "says", short(strings.TrimSpace(string(line)), maxFault))
	}
	return len(line), nil
}
