// Package revision reads files as they are in a revision of a git repository, by running the git
// that its user has. Nothing is checked out.
package revision

import (
	"context"
	"fmt"
	"path"
	"strings"

	"taffrail.dev/taffrail/internal/files"
	"taffrail.dev/taffrail/internal/manifest"
)

// Path is a file or a directory in a revision, as git writes it: REV:PATH.
type Path struct{ Revision, Path string }

func (p Path) String() string { return p.Revision + ":" + p.Path }

// Parse reads REV:PATH. What is a URL, or a path of Windows, is none.
func Parse(text string) (Path, bool) {
	depth := 0
	for i, c := range text {
		switch c {
		case '{': // in HEAD@{10:30} a colon is a time
			depth++
		case '}':
			depth--
		case ':':
			if depth > 0 {
				continue
			}
			p := Path{text[:i], text[i+1:]}
			is := p.Revision != "" && !strings.HasPrefix(p.Path, "/") && !strings.Contains(p.Path, `\`)
			return p, is
		}
	}
	return Path{}, false
}

// Read reads a file, or the files of a directory that guardrails are read from.
func Read(ctx context.Context, dir string, p Path) ([]manifest.File, error) {
	g := &git{dir: dir}
	if err := g.find(ctx, p); err != nil {
		return nil, err
	}
	name := strings.TrimSuffix(p.Path, "/")
	id, err := g.line(ctx, "rev-parse", "--verify", "--quiet", "--end-of-options", p.Revision+":"+name)
	if err != nil {
		return nil, g.noPath(ctx, p, name)
	}
	kind, err := g.line(ctx, "cat-file", "-t", id)
	if err != nil {
		return nil, err
	}
	if kind != "tree" {
		text, err := g.run(ctx, nil, "cat-file", "blob", id)
		return []manifest.File{{Name: p.String(), Text: text}}, err
	}
	return g.tree(ctx, id, func(file string) string { return p.Revision + ":" + path.Join(name, file) })
}

// find finds out whether there is a git, a repository and the revision in it.
func (g *git) find(ctx context.Context, p Path) error {
	if err := g.look(); err != nil {
		return fmt.Errorf("reading %s: %w", p, err)
	}
	if _, err := g.line(ctx, "rev-parse", "--git-dir"); err != nil {
		return fmt.Errorf("reading %s: %w", p, err)
	}
	if g.has(ctx, p.Revision+"^{commit}") {
		return nil
	}
	text := fmt.Sprintf("reading %s: the repository has no revision %q", p, p.Revision)
	if g.has(ctx, "origin/"+p.Revision+"^{commit}") {
		return fmt.Errorf("%s; did you mean \"origin/%s\"?", text, p)
	}
	if shallow, _ := g.line(ctx, "rev-parse", "--is-shallow-repository"); shallow == "true" {
		return fmt.Errorf("%s: it is a shallow clone, fetch the revision first: git fetch origin %s", text, p.Revision)
	}
	return fmt.Errorf("%s: `git fetch` may bring it", text)
}

func (g *git) noPath(ctx context.Context, p Path, name string) error {
	text := fmt.Sprintf("reading %s: revision %q has no file or directory %q", p, p.Revision, p.Path)
	if g.has(ctx, p.Revision+":./"+name) {
		return fmt.Errorf("%s at the root of the repository; did you mean \"%s:./%s\"?", text, p.Revision, p.Path)
	}
	return fmt.Errorf("%s; paths are from the root of the repository, or with ./ from here", text)
}

// entry is a file of a tree.
type entry struct{ id, name string }

// tree reads the files of a directory that guardrails are read from.
func (g *git) tree(ctx context.Context, id string, nameOf func(string) string) (all []manifest.File, err error) {
	list, err := g.run(ctx, nil, "ls-tree", "-r", "-z", "--full-tree", id)
	if err != nil {
		return nil, err
	}
	var entries []entry
	for line := range strings.SplitSeq(strings.TrimSuffix(string(list), "\x00"), "\x00") {
		head, name, _ := strings.Cut(line, "\t")
		fields := strings.Fields(head) // mode, type, id
		if len(fields) != 3 || fields[1] != "blob" || !files.Reads(name) {
			continue
		}
		if fields[0] == "120000" {
			return nil, fmt.Errorf("reading %s: is a symbolic link, which is not followed in a revision: name what it leads to", nameOf(name))
		}
		entries = append(entries, entry{fields[2], nameOf(name)})
	}
	return g.blobs(ctx, entries)
}
