//go:build linux

package load

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// usage is what a process has used: processor time since it began, and the most memory that it held.
type usage struct {
	cpu  time.Duration
	peak int // KiB
}

func (s *Server) usage() (usage, error) {
	cpu, err := ProcessorTime(s.process.Pid)
	if err != nil {
		return usage{}, fmt.Errorf("%s: %w", s.Name, err)
	}
	peak, err := s.memory("VmHWM:")
	return usage{cpu, peak}, err
}

// ProcessorTime is what a process has used since it began, user and system.
func ProcessorTime(pid int) (time.Duration, error) {
	// The clock of another process (clock_getcpuclockid(3)) tells the same as /proc/PID/stat, which
	// counts hundredths of a second.
	var used unix.Timespec
	if err := unix.ClockGettime(int32(^pid<<3|2), &used); err != nil {
		return 0, fmt.Errorf("reading the processor time of process %d: %w", pid, err)
	}
	return time.Duration(used.Nano()), nil
}

// sample reads the resident memory again and again, until what it returns is called, which tells the most.
func (s *Server) sample() func() int {
	done, most := make(chan struct{}), make(chan int)
	go func() {
		ticker := time.NewTicker(50 * time.Millisecond)
		defer ticker.Stop()
		highest := 0
		for {
			if resident, err := s.memory("VmRSS:"); err == nil {
				highest = max(highest, resident)
			}
			select {
			case <-ticker.C:
			case <-done:
				most <- highest
				return
			}
		}
	}()
	return func() int {
		close(done)
		return <-most
	}
}

// memory is a line of /proc/PID/status, in KiB.
func (s *Server) memory(line string) (int, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.process.Pid))
	if err != nil {
		return 0, fmt.Errorf("reading the memory of %s: %w", s.Name, err)
	}
	_, rest, found := strings.Cut(string(status), line)
	if !found {
		return 0, fmt.Errorf("reading the memory of %s: no %s in its status; has it ended?", s.Name, line)
	}
	return strconv.Atoi(strings.Fields(rest)[0])
}
