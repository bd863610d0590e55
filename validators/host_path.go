package validators

import (
	"iter"
	"path"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/workload"
)

// hostPathVolume is a directory or a file of the node that a Pod may mount.
type hostPathVolume struct {
	// Text is what was written, and at is what it means.
	Text, at string
	name     string
	pod      *workload.Pod
	index    int
}

// hostPaths are the Pod's volumes of this type, be they mounted or not: an
// ephemeral container may mount one later.
func hostPaths(pod *workload.Pod) iter.Seq[hostPathVolume] {
	return func(yield func(hostPathVolume) bool) {
		for i := range pod.Spec.Volumes {
			volume := &pod.Spec.Volumes[i]
			if source := volume.HostPath; source != nil && !yield(hostPathVolume{
				Text: source.Path, at: cleanHostPath(source.Path), name: volume.Name, pod: pod, index: i,
			}) {
				return
			}
		}
	}
}

// must finds fault with the path.
func (v hostPathVolume) must(detail string) Finding {
	volume := v.pod.SpecPath().Child("volumes").Item(v.index, v.name)
	return invalid(volume.Child("hostPath", "path"), v.Text, detail).spans(mountable(v.at))
}

// mountable is a path of the node with all that lies in it: what lies in a directory
// that could be mounted before is no more than that.
func mountable(at string) part {
	return holds("hostPath", at).in(func(item string) iter.Seq[string] {
		return func(yield func(string) bool) {
			for item != "/" && item != "." {
				if item = path.Dir(item); !yield(item) {
					return
				}
			}
		}
	})
}

// throughProcess tells whether the path leads anywhere, by way of /proc.
func (v hostPathVolume) throughProcess() bool {
	return v.at == "/" && strings.Contains(v.Text, "proc")
}

// ambiguous tells whether Linux and Windows read the path differently: /x\..\data
// is a directory of the root on one, and /data on the other.
func (v hostPathVolume) ambiguous() bool { return readTwoWays(v.Text) }

func readTwoWays(text string) bool {
	return strings.HasPrefix(text, "/") && strings.Contains(text, `\`)
}

// cleanHostPath is a path as the node reads it. A Windows path loses its drive and its backslashes.
func cleanHostPath(p string) string {
	if strings.Contains(p, `\`) {
		p = strings.ReplaceAll(p, `\`, "/")
	}
	if hasDrive(p) {
		p = p[2:]
	}
	if !strings.HasPrefix(p, "/") {
		p = "/" + p
	}
	p = path.Clean(p)
	if below, ok := strings.CutPrefix(p, "/proc/"); ok && leavesProc(below) {
		return "/"
	}
	return p
}

// hasDrive tells whether a path is one of Windows that begins with a drive. A
// letter it must be: /:data is a directory of Linux, and not /data.
func hasDrive(p string) bool {
	return len(p) >= 2 && p[1] == ':' && (p[0]|0x20 >= 'a' && p[0]|0x20 <= 'z')
}

// leavesProc tells whether a path below /proc goes through a link of a process:
// /proc/1/root/etc is /etc, and /proc/self/cwd may be anything.
func leavesProc(p string) bool {
	for name := range strings.SplitSeq(p, "/") {
		switch name {
		case "root", "cwd", "exe", "fd", "map_files":
			return true
		}
	}
	return false
}

// nodePaths are clean paths of the node.
type nodePaths []string

func parseNodePaths(texts []string, at *field.Path) (paths nodePaths, mistakes field.ErrorList) {
	if len(texts) == 0 {
		mistakes = append(mistakes, field.Required(at, "must name a path"))
	}
	for i, text := range texts {
		p, mistake := parseNodePath(text, at.Index(i))
		if mistake != nil {
			mistakes = append(mistakes, mistake)
		}
		paths = append(paths, p)
		// One of the two is a link to the other.
		if rest, ok := strings.CutPrefix(p, "/var/run/"); ok {
			paths = append(paths, "/run/"+rest)
		} else if strings.HasPrefix(p, "/run/") {
			paths = append(paths, "/var"+p)
		}
	}
	return paths, mistakes
}

func parseNodePath(text string, at *field.Path) (string, *field.Error) {
	windows := strings.HasPrefix(text, `\`) || hasDrive(text)
	if !windows && !strings.HasPrefix(text, "/") || slices.Contains(strings.FieldsFunc(text, isSlash), "..") {
		return text, field.Invalid(at, text, "must be an absolute path without ..")
	}
	return cleanHostPath(text), nil
}

func isSlash(r rune) bool { return r == '/' || r == '\\' }

// meet tells whether a path is one of them, or lies below or above one: who mounts a directory has
// all that is in it. Case does not matter, as it does not on Windows.
func (ps nodePaths) meet(p string) bool {
	for _, forbidden := range ps {
		if within(p, forbidden, strings.EqualFold) || within(forbidden, p, strings.EqualFold) {
			return true
		}
	}
	return false
}

// within tells whether a path is a directory or lies below it. Whole components
// are compared: /var/running is not in /var/run.
func within(p, dir string, equal func(a, b string) bool) bool {
	if dir == "/" {
		return true
	}
	return len(p) >= len(dir) && equal(p[:len(dir)], dir) && (len(p) == len(dir) || p[len(dir)] == '/')
}

func identical(a, b string) bool { return a == b }
