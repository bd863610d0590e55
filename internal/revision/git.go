package revision

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"taffrail.dev/taffrail/internal/manifest"
)

// timeLimit is for one call: what is asked for is in the repository.
const timeLimit = time.Minute

// git runs git in a directory.
type git struct{ program, dir string }

func (g *git) look() (err error) {
	if g.program, err = exec.LookPath("git"); err != nil {
		return errors.New("there is no git on the PATH: install it, or name a file or a directory")
	}
	return nil
}

func (g *git) run(ctx context.Context, stdin io.Reader, args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, timeLimit)
	defer cancel()
	var out, wrong bytes.Buffer
	command := exec.CommandContext(ctx, g.program, args...)
	command.Dir, command.Stdin, command.Stdout, command.Stderr = g.dir, stdin, &out, &wrong
	command.Env = append(os.Environ(), "LC_ALL=C", "GIT_OPTIONAL_LOCKS=0", "GIT_NO_LAZY_FETCH=1")
	err := command.Run()
	switch text := strings.TrimSpace(wrong.String()); {
	case err == nil:
		return out.Bytes(), nil
	case ctx.Err() != nil:
		return nil, fmt.Errorf("git %s has not ended: %w", args[0], ctx.Err())
	case text == "":
		return nil, fmt.Errorf("git %s: %w", args[0], err)
	default:
		first, _, _ := strings.Cut(text, "\n")
		return nil, errors.New("git: " + strings.TrimPrefix(first, "fatal: "))
	}
}

func (g *git) line(ctx context.Context, args ...string) (string, error) {
	out, err := g.run(ctx, nil, args...)
	return strings.TrimSpace(string(out)), err
}

func (g *git) has(ctx context.Context, object string) bool {
	_, err := g.line(ctx, "rev-parse", "--verify", "--quiet", "--end-of-options", object)
	return err == nil
}

// blobs reads the bytes as they were committed, all by one call.
func (g *git) blobs(ctx context.Context, entries []entry) (all []manifest.File, err error) {
	var ids bytes.Buffer
	for _, e := range entries {
		ids.WriteString(e.id + "\n")
	}
	out, err := g.run(ctx, &ids, "cat-file", "--batch")
	if err != nil {
		return nil, err
	}
	from := bufio.NewReader(bytes.NewReader(out))
	for _, e := range entries {
		head, err := from.ReadString('\n') // id, type, size
		fields := strings.Fields(head)
		if err != nil || len(fields) != 3 {
			return nil, fmt.Errorf("reading %s: git cat-file answered %q", e.name, strings.TrimSpace(head))
		}
		size, err := strconv.Atoi(fields[2])
		if err != nil {
			return nil, fmt.Errorf("reading %s: git cat-file answered %q", e.name, strings.TrimSpace(head))
		}
		text := make([]byte, size+1) // and a line end
		if _, err := io.ReadFull(from, text); err != nil {
			return nil, fmt.Errorf("reading %s: git cat-file: %w", e.name, err)
		}
		all = append(all, manifest.File{Name: e.name, Text: text[:size]})
	}
	return all, nil
}
