//go:build linux

// Command profile has a Taffrail that was built with the tag profile evaluate what a cluster sends, and writes
// down where it spends its time, for the compiler.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"taffrail.dev/taffrail/e2e/load"
	"taffrail.dev/taffrail/e2e/load/enforced"
	"taffrail.dev/taffrail/e2e/load/reviews"
)

func main() {
	program := flag.String("taffrail", "", "the Taffrail to profile, built with -tags profile")
	folder := flag.String("out", "bin/load/profiles", "the folder for a profile of each set of guardrails")
	length := flag.Duration("length", 15*time.Second, "how long each set is profiled")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	// Most clusters have the default; a rule and a stricter set must not be forgotten for it.
	for _, set := range []string{"default", "cel-10", "restricted"} {
		if err := profile(ctx, *program, set, *folder, *length); err != nil {
			fmt.Fprintln(os.Stderr, "profile:", err)
			os.Exit(1)
		}
	}
}

func profile(ctx context.Context, program, set, folder string, length time.Duration) error {
	all, err := reviews.Read("webhook/testdata")
	if err != nil {
		return err
	}
	text, err := enforced.Text(".", set)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	file := filepath.Join(folder, set+".yaml")
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		return err
	}
	taffrail := load.Taffrail(set, program, file)
	taffrail.Env = append(taffrail.Env, "TAFFRAIL_PROFILE_ADDRESS=127.0.0.1:{port3}")
	server, err := taffrail.Start(ctx)
	if err != nil {
		return err
	}
	defer server.Stop()

	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		result, err := load.Run{Workload: reviews.Mixed(all), Connections: 8, For: length + time.Second}.Do(ctx, server)
		if err == nil && result.Answered == 0 {
			err = errors.New("no review was answered")
		}
		return err
	})
	group.Go(func() error {
		url := server.Replace([]string{fmt.Sprintf("http://127.0.0.1:{port3}/?seconds=%.0f", length.Seconds())})[0]
		return fetch(ctx, url, filepath.Join(folder, set+".pprof"))
	})
	return group.Wait()
}

func fetch(ctx context.Context, url, file string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	profile, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s: %s", url, response.Status, profile)
	}
	if err != nil {
		return err
	}
	return os.WriteFile(file, profile, 0o644)
}
