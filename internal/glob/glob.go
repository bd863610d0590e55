// Package glob matches the paths of files with patterns, as .gitignore does.
package glob

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// Set is some patterns. What one of them matches, the set matches.
type Set []*regexp.Regexp

// Compile reads patterns. One without a slash is about names at any depth, one with a slash about
// paths from the root. A * stands for anything within a name, ** for any number of directories, a ?
// for one character, [a-z] for one of some. What matches a directory matches all below it; with a
// slash at its end a pattern matches nothing else.
func Compile(patterns []string) (Set, error) {
	set := make(Set, len(patterns))
	for i, pattern := range patterns {
		var err error
		if set[i], err = compile(pattern); err != nil {
			return nil, fmt.Errorf("pattern %q: %w", pattern, err)
		}
	}
	return set, nil
}

// Match tells whether a path, relative to the root and with slashes, is matched.
func (s Set) Match(path string) bool {
	for _, pattern := range s {
		if pattern.MatchString(path) {
			return true
		}
	}
	return false
}

func compile(pattern string) (*regexp.Regexp, error) {
	switch {
	case strings.HasPrefix(pattern, "!"):
		return nil, errors.New("must not begin with !: name what to leave out, and nothing else")
	case strings.Trim(pattern, "/") == "":
		return nil, errors.New("must name a file or a directory")
	}
	rest, directory := strings.CutSuffix(strings.TrimPrefix(pattern, "./"), "/")
	var b strings.Builder
	b.WriteString("^")
	if !strings.Contains(rest, "/") {
		b.WriteString("(?:.*/)?")
	}
	rest = strings.TrimPrefix(rest, "/")
	for rest != "" {
		taken, expression, err := next(rest)
		if err != nil {
			return nil, err
		}
		b.WriteString(expression)
		rest = rest[taken:]
	}
	if directory {
		b.WriteString("/.*$")
	} else {
		b.WriteString("(?:/.*)?$")
	}
	return regexp.Compile(b.String())
}

// next is what the beginning of a pattern is as a regular expression, and how much of it that is.
func next(rest string) (taken int, expression string, err error) {
	switch {
	case strings.HasPrefix(rest, "**/"):
		return 3, "(?:.*/)?", nil
	case strings.HasPrefix(rest, "/**/"):
		return 4, "/(?:.*/)?", nil
	case strings.HasPrefix(rest, "**"):
		return 2, ".*", nil
	case rest[0] == '*':
		return 1, "[^/]*", nil
	case rest[0] == '?':
		return 1, "[^/]", nil
	case rest[0] == '[':
		end := strings.IndexByte(rest[1:], ']')
		if end < 1 {
			return 0, "", errors.New("has a [ without its ]")
		}
		class := rest[1 : end+1]
		if not, is := strings.CutPrefix(class, "!"); is {
			class = "^" + not
		}
		return end + 2, "[" + strings.ReplaceAll(class, `\`, `\\`) + "]", nil
	default:
		return 1, regexp.QuoteMeta(rest[:1]), nil
	}
}
