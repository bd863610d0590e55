package doctor

import (
	"regexp"
	"strings"
)

// sample is one line of a replica's metrics.
type sample struct {
	labels map[string]string
	value  string
}

var label = regexp.MustCompile(`(\w+)="([^"]*)"`)

// samples are those of one metric. Ours have labels whose values need no escape.
func samples(metrics []byte, name string) (all []sample) {
	for line := range strings.Lines(string(metrics)) {
		rest, found := strings.CutPrefix(strings.TrimSpace(line), name+"{")
		if !found {
			continue
		}
		inner, value, found := strings.Cut(rest, "} ")
		if !found {
			continue
		}
		s := sample{map[string]string{}, value}
		for _, pair := range label.FindAllStringSubmatch(inner, -1) {
			s.labels[pair[1]] = pair[2]
		}
		all = append(all, s)
	}
	return all
}
