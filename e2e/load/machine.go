//go:build linux

package load

import (
	"debug/buildinfo"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Machine says where and with what something was measured, as a line of Markdown. Without it a figure says nothing.
func Machine(taffrail, typed string) (string, error) {
	var kernel unix.Utsname
	if err := unix.Uname(&kernel); err != nil {
		return "", err
	}
	version, err := exec.Command(taffrail, "version").Output()
	if err != nil {
		return "", fmt.Errorf("asking %s for its version: %w", taffrail, err)
	}
	own, _, _ := strings.Cut(strings.TrimPrefix(string(version), "taffrail "), "\n")
	libraries, err := librariesOf(typed)
	return fmt.Sprintf("Measured on %s: %d cores (%s), Linux %s, %s; Taffrail %s, %s.", time.Now().UTC().Format(time.DateOnly),
		runtime.NumCPU(), processor(), unix.ByteSliceToString(kernel.Release[:]), strings.Replace(runtime.Version(), "go", "Go ", 1), own, libraries), err
}

// librariesOf are the versions of what the typed webhooks are made of.
func librariesOf(program string) (string, error) {
	info, err := buildinfo.ReadFile(program)
	if err != nil {
		return "", err
	}
	var libraries []string
	for _, module := range info.Deps {
		if module.Path == "sigs.k8s.io/controller-runtime" || module.Path == "k8s.io/api" {
			libraries = append(libraries, module.Path+" "+module.Version)
		}
	}
	return strings.Join(libraries, ", "), nil
}

func processor() string {
	text, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(text)) {
		if name, found := strings.CutPrefix(line, "model name\t: "); found {
			return strings.TrimSpace(name)
		}
	}
	return runtime.GOARCH
}
