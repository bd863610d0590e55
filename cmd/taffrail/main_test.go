package main

import (
	"fmt"
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"go.uber.org/goleak"
)

// The program itself, for scripts: what is called taffrail in them is this test, which runs main.
func TestMain(m *testing.M) {
	testscript.Main(noLeaks{m}, map[string]func(){"taffrail": main, "kubectl-taffrail": main, "kubectl_complete-taffrail": main})
}

type noLeaks struct{ *testing.M }

// Run runs the tests, and fails when one of them leaves a goroutine behind.
func (n noLeaks) Run() int {
	code := n.M.Run()
	if code != 0 {
		return code
	}
	if err := goleak.Find(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// TestScriptsGolden runs the scripts, each in an empty directory with the files that it brings along.
// What the program prints stands in them too.
func TestScriptsGolden(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/scripts",
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
	})
}
