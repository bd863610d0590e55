package resident

import (
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"syscall"
)

// GiveBackStart gives the kernel back what the start has taken and a server does not need: garbage,
// and what GiveBack does. That is two thirds of what a server holds when it is idle.
func GiveBackStart() error {
	debug.FreeOSMemory()
	return GiveBack()
}

// GiveBack gives the kernel back the pages of the program's file, most of which are touched once: by
// the initialization of packages, by the first object of a kind. What is needed is mapped again from
// the page cache as it is touched.
func GiveBack() error {
	program, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return fmt.Errorf("find the program's file: %w", err)
	}
	file, err := os.Open("/proc/self/smaps")
	if err != nil {
		return fmt.Errorf("find the program's pages: %w", err)
	}
	defer file.Close()
	mappings, err := readMappings(file)
	if err != nil {
		return fmt.Errorf("find the program's pages: %w", err)
	}
	for _, m := range mappings {
		if m.file != program || !m.clean() {
			continue
		}
		if _, _, failed := syscall.Syscall(syscall.SYS_MADVISE, m.start, m.end-m.start, syscall.MADV_DONTNEED); failed != 0 {
			err = errors.Join(err, fmt.Errorf("give back the program's pages: %w", failed))
		}
	}
	return err
}
