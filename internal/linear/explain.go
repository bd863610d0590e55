package main

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/coverage"
	"slices"
	"strconv"
	"strings"
)

// explain names the blocks of code that ran too often. It runs the work again: the toolchain alone
// knows which counter is of which line.
func (g *growth) explain(fewer, more int) ([]string, error) {
	small, err := g.lines(fewer)
	if err != nil {
		return nil, err
	}
	large, err := g.lines(more)
	if err != nil {
		return nil, err
	}
	var named []string
	for _, line := range slices.Sorted(maps.Keys(large)) {
		// Sorting takes n log n steps, which is allowed.
		if after := large[line]; float64(after) > mostOfOne(more/fewer)*float64(small[line]) && after > noise(more) && !strings.Contains(line, "/zsort") {
			named = append(named, fmt.Sprintf("%s ran %d times, then %d", line, small[line], after))
		}
	}
	return named, nil
}

func (g *growth) lines(n int) (map[string]uint64, error) {
	dir, err := os.MkdirTemp("", "linear-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if _, err := g.count(n); err != nil {
		return nil, err
	}
	if err := coverage.WriteMetaDir(dir); err != nil {
		return nil, err
	}
	if err := coverage.WriteCountersDir(dir); err != nil {
		return nil, err
	}
	profile := filepath.Join(dir, "profile")
	if out, err := exec.Command("go", "tool", "covdata", "textfmt", "-i", dir, "-o", profile).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("name the blocks: %w: %s", err, out)
	}
	text, err := os.ReadFile(profile)
	if err != nil {
		return nil, err
	}
	lines := map[string]uint64{}
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line) // slices/slices.go:114.12,118.3 2 16384
		if len(fields) != 3 {
			continue
		}
		if count, err := strconv.ParseUint(fields[2], 10, 64); err == nil {
			lines[fields[0]] += count
		}
	}
	return lines, nil
}
