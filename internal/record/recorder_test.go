package record_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/go-logr/logr/funcr"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"taffrail.dev/taffrail/internal/record"
)

// recorded records reviews, as one process would, and answers the lines of each webhook.
func recorded(t *testing.T, o record.Options, take func(r *record.Recorder)) map[string][]string {
	t.Helper()
	if o.MaxBytes == 0 {
		o.MaxBytes = record.MinBytes
	}
	if o.Rate == 0 {
		o.Rate = 1 << 30
	}
	r, err := record.Open(o)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	take(r)
	cancel()
	require.NoError(t, r.Run(ctx))
	return linesIn(t, o.Dir)
}

func linesIn(t *testing.T, dir string) map[string][]string {
	t.Helper()
	lines := map[string][]string{}
	for _, path := range filesIn(t, dir) {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		lines[record.WebhookOf(path)] = append(lines[record.WebhookOf(path)], strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")...)
	}
	return lines
}

func filesIn(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	require.NoError(t, err)
	return files
}

func secretOf(i int) []byte {
	return []byte(about(fmt.Sprintf(`{"kind":"Secret","metadata":{"name":"s%d"},"stringData":{"a":"hunter2"}}`, i)))
}

func TestReviewsAreRecordedOfEachWebhook(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "record")
	lines := recorded(t, record.Options{Dir: dir, Log: logr.Discard()}, func(r *record.Recorder) {
		r.Take("mutate", secretOf(1))
		r.Take("validate", secretOf(2))
		r.Take("validate", secretOf(3))
		r.Take("validate", []byte(`{"no`))
	})
	assert.Equal(t, map[string][]string{
		"mutate":   {strings.Replace(string(secretOf(1)), "hunter2", "REDACTED_1", 1)},
		"validate": {strings.Replace(string(secretOf(2)), "hunter2", "REDACTED_1", 1), strings.Replace(string(secretOf(3)), "hunter2", "REDACTED_1", 1)},
	}, lines)

	info, err := os.Stat(dir)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o700), info.Mode().Perm())
	for _, path := range filesIn(t, dir) {
		info, err := os.Stat(path)
		require.NoError(t, err)
		assert.Equal(t, os.FileMode(0o600), info.Mode().Perm(), path)
	}
}

// The body is the handler's, who fills it anew.
func TestAReviewIsCopied(t *testing.T) {
	dir := t.TempDir()
	lines := recorded(t, record.Options{Dir: dir, Log: logr.Discard()}, func(r *record.Recorder) {
		body := secretOf(1)
		r.Take("validate", body)
		copy(body, strings.Repeat("x", len(body)))
	})
	assert.Len(t, lines["validate"], 1)
}

// The newest stay, and all files together never take more than they may.
func TestTheOldestMakesRoom(t *testing.T) {
	dir := t.TempDir()
	const each, reviews = 100 << 10, 400 // 40 MiB in 16
	object := `{"kind":"Pod","metadata":{"name":"p%d"},"a":"` + strings.Repeat("x", each) + `"}`
	r, err := record.Open(record.Options{Dir: dir, MaxBytes: record.MinBytes, Rate: 1 << 30, Log: logr.Discard()})
	require.NoError(t, err)
	for i := range reviews {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		r.Take([]string{"mutate", "validate"}[i%2], []byte(about(fmt.Sprintf(object, i))))
		require.NoError(t, r.Run(ctx)) // until the queue is empty
		if i%20 == 0 {
			assert.LessOrEqual(t, sizeOf(t, dir), int64(record.MinBytes))
		}
	}
	assert.LessOrEqual(t, sizeOf(t, dir), int64(record.MinBytes))
	assert.Greater(t, sizeOf(t, dir), int64(record.MinBytes/2))
	lines := linesIn(t, dir)
	for webhook, last := range map[string]int{"mutate": reviews - 2, "validate": reviews - 1} {
		newest := lines[webhook][len(lines[webhook])-1]
		assert.Contains(t, newest, fmt.Sprintf(`"p%d"`, last))
	}

	// The next process takes over what is there, and leaves alone what is not ours.
	require.NoError(t, os.WriteFile(filepath.Join(dir, "validate-notes.jsonl"), []byte("mine"), 0o600))
	again, err := record.Open(record.Options{Dir: dir, MaxBytes: record.MinBytes, Rate: 1 << 30, Log: logr.Discard()})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for i := range reviews {
		again.Take("validate", []byte(about(fmt.Sprintf(object, reviews+i))))
		require.NoError(t, again.Run(ctx))
	}
	assert.LessOrEqual(t, sizeOf(t, dir), int64(record.MinBytes)+4)
	assert.FileExists(t, filepath.Join(dir, "validate-notes.jsonl"))
}

func sizeOf(t *testing.T, dir string) (size int64) {
	t.Helper()
	for _, path := range filesIn(t, dir) {
		info, err := os.Stat(path)
		require.NoError(t, err)
		size += info.Size()
	}
	return size
}

// What is too much is left out and told, in one line: who takes reviews never waits, with nobody
// reading the queue at all.
func TestTooMuchIsLeftOut(t *testing.T) {
	var log strings.Builder
	to := funcr.New(func(_, args string) { log.WriteString(args + "\n") }, funcr.Options{})
	dir := t.TempDir()
	lines := recorded(t, record.Options{Dir: dir, Log: to}, func(r *record.Recorder) {
		start := time.Now()
		for i := range 10_000 {
			r.Take("validate", secretOf(i))
		}
		assert.Less(t, time.Since(start), 5*time.Second)
		r.Take("validate", []byte(about(`"`+strings.Repeat("x", 2<<20)+`"`)))
	})
	assert.Len(t, lines["validate"], 256)
	assert.Equal(t, 1, strings.Count(log.String(), "\n"), log.String())
	assert.Contains(t, log.String(), `"tooManyAtOnce"=9744 "tooLarge"=1`)
}

func TestLargeReviewsDoNotTakeAllMemory(t *testing.T) {
	dir := t.TempDir()
	lines := recorded(t, record.Options{Dir: dir, Log: logr.Discard()}, func(r *record.Recorder) {
		for range 100 {
			r.Take("validate", []byte(about(`"`+strings.Repeat("x", 512<<10)+`"`)))
		}
	})
	assert.Len(t, lines["validate"], 7, "4 MiB")
}

func TestTheRateIsThatOfEachWebhook(t *testing.T) {
	var log strings.Builder
	to := funcr.New(func(_, args string) { log.WriteString(args + "\n") }, funcr.Options{})
	dir := t.TempDir()
	began := time.Now()
	lines := recorded(t, record.Options{Dir: dir, Rate: 3, Log: to}, func(r *record.Recorder) {
		for i := range 50 {
			r.Take("mutate", secretOf(i))
			r.Take("validate", secretOf(i))
		}
	})
	seconds := int(time.Since(began).Seconds()) + 2 // that were begun
	for _, webhook := range []string{"mutate", "validate"} {
		assert.GreaterOrEqual(t, len(lines[webhook]), 3)
		assert.LessOrEqual(t, len(lines[webhook]), 3*seconds)
	}
	assert.Contains(t, log.String(), `"overRate"=`)
}

func TestADirectoryThatCannotBeUsed(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, err := record.Open(record.Options{Dir: file, MaxBytes: record.MinBytes, Rate: 1, Log: logr.Discard()})
	require.ErrorContains(t, err, "making the directory of the record")
	_, err = record.Open(record.Options{Dir: "/proc/self/fd/0/x", MaxBytes: record.MinBytes, Rate: 1, Log: logr.Discard()})
	require.Error(t, err)
}

func TestTheWebhookOfAFile(t *testing.T) {
	for path, webhook := range map[string]string{
		"record/mutate-20261128T133631.000000000Z.jsonl": "mutate",
		"validate-monday.jsonl.gz":                       "validate",
		"validate.jsonl":                                 "",
		"-":                                              "",
		"my-validate-1.jsonl":                            "",
	} {
		assert.Equal(t, webhook, record.WebhookOf(path), path)
	}
}
