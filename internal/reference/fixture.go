package reference

import (
	"cmp"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
)

// fixture is an object that a check or a default is tested with.
type fixture struct {
	name   string
	text   string   // without what is expected
	want   []string // the findings, or the patch
	params string   // YAML; empty where there are none
	old    string   // the file of the object as it was before an update
	// plain: evaluated at its creation, as it stands.
	plain bool
}

var directive = regexp.MustCompile(`^# ([a-z-]+): (.*)`)

func readFixture(files fs.FS, file string) (fixture, error) {
	content, err := fs.ReadFile(files, file)
	if err != nil {
		return fixture{}, err
	}
	f := fixture{name: path.Base(file), plain: true}
	for line := range strings.Lines(string(content)) {
		if found := directive.FindStringSubmatch(line); found != nil {
			switch found[1] {
			case "want":
				f.want = append(f.want, found[2])
				continue
			case "params":
				f.params = found[2]
			case "old":
				f.old, f.plain = path.Join(path.Dir(file), found[2]), false
				continue
			default:
				f.plain = false
			}
		}
		f.text += line
	}
	return f, nil
}

func readFixtures(files fs.FS, pattern string) (all []fixture) {
	names, _ := fs.Glob(files, pattern) // the pattern is ours
	for _, name := range names {
		if f, err := readFixture(files, name); err == nil {
			all = append(all, f)
		}
	}
	return all
}

// simplest is the fixture that is the best example: with nothing to explain, and short.
func simplest(fixtures []fixture) (best fixture, found bool) {
	if len(fixtures) == 0 {
		return fixture{}, false
	}
	return slices.MinFunc(fixtures, func(a, b fixture) int {
		return cmp.Or(-compareBool(a.plain, b.plain), compareBool(a.params != "", b.params != ""),
			cmp.Compare(a.lines(), b.lines()), cmp.Compare(a.name, b.name))
	}), true
}

// nearest is the fixture that differs least from another: what was refused, set right.
func nearest(to fixture, fixtures []fixture) (best fixture, found bool) {
	if len(fixtures) == 0 {
		return fixture{}, false
	}
	return slices.MinFunc(fixtures, func(a, b fixture) int {
		return cmp.Or(-compareBool(a.plain, b.plain), cmp.Compare(a.differs(to), b.differs(to)), cmp.Compare(a.name, b.name))
	}), true
}

func (f fixture) lines() int { return strings.Count(f.text, "\n") + len(f.want) }

// differs counts the lines that are in one of two fixtures alone.
func (f fixture) differs(from fixture) (n int) {
	count := map[string]int{}
	for line := range strings.Lines(f.text) {
		count[line]++
	}
	for line := range strings.Lines(from.text) {
		count[line]--
	}
	for _, left := range count {
		n += max(left, -left)
	}
	return n
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	default:
		return 1
	}
}
