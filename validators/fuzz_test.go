package validators

import (
	"path"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// FuzzSelects holds that our selectors, which allocate nothing, select what Kubernetes' own do.
func FuzzSelects(f *testing.F) {
	f.Add("app=web,tier=db", "app=web", "tier", "In", "db,web")
	f.Add("app=web", "", "tier", "NotIn", "db")
	f.Add("", "", "app", "DoesNotExist", "")
	f.Add("app=", "app=", "app", "Exists", "")
	f.Fuzz(func(t *testing.T, of, matchLabels, key, operator, values string) {
		selector := &metav1.LabelSelector{MatchLabels: pairs(matchLabels)}
		if key != "" {
			e := metav1.LabelSelectorRequirement{Key: key, Operator: metav1.LabelSelectorOperator(operator)}
			if values != "" {
				e.Values = strings.Split(values, ",")
			}
			selector.MatchExpressions = append(selector.MatchExpressions, e)
		}
		want, err := metav1.LabelSelectorAsSelector(selector)
		if err != nil {
			return // the API server takes no such selector
		}
		require.Equal(t, want.Matches(labels.Set(pairs(of))), selects(selector, pairs(of)))
	})
}

func pairs(text string) map[string]string {
	all := map[string]string{}
	for pair := range strings.SplitSeq(text, ",") {
		if key, value, found := strings.Cut(pair, "="); found {
			all[key] = value
		}
	}
	return all
}

// FuzzHostPath holds that a path of the node that is forbidden is found however it
// is written: with dots and slashes, relative, or of Windows; and that none is
// found that a plain reading does not lead to.
func FuzzHostPath(f *testing.F) {
	for _, p := range []string{"/var/run/docker.sock", "/var/lib/../run/./docker.sock", `C:\var\run`, "var/run", "/", "/proc/1/root/var/run", "//var//run/", "/var/running"} {
		f.Add(p, "/var/run/docker.sock")
	}
	f.Fuzz(func(t *testing.T, p, forbidden string) {
		paths, mistakes := parseNodePaths([]string{forbidden}, field.NewPath("paths"))
		if len(mistakes) > 0 {
			return
		}
		clean := cleanHostPath(p)
		require.Equal(t, clean, cleanHostPath(clean), "twice is once")
		require.True(t, path.IsAbs(clean) && path.Clean(clean) == clean, clean)
		for _, other := range []string{p + "/", p + "/.", strings.ReplaceAll(p, "/", "//"), strings.ReplaceAll(p, "/", "/./")} {
			if p != "" && !strings.Contains(p, `\`) && !strings.Contains(p, ":") {
				require.Equal(t, clean, cleanHostPath(other), other)
			}
		}
		for _, at := range paths {
			require.True(t, paths.meet(at))
			require.True(t, paths.meet(path.Dir(at)), "above")
			require.True(t, paths.meet(path.Join(at, "x")), "below")
		}
	})
}

// FuzzKeyPatterns holds that a star in a key stands for any characters and nothing
// else stands for anything but itself.
func FuzzKeyPatterns(f *testing.F) {
	for _, pattern := range []string{"*", "example.com/*", "a*b*c", "a.b", "nginx.ingress.kubernetes.io/*-snippet"} {
		f.Add(pattern, "nginx.ingress.kubernetes.io/server-snippet")
		f.Add(pattern, "aXbYc")
	}
	f.Fuzz(func(t *testing.T, pattern, key string) {
		patterns, mistakes := parseKeyPatterns([]string{pattern}, field.NewPath("keys"))
		if len(mistakes) > 0 || strings.Contains(key, "\n") {
			return // no key that an API server takes has a newline
		}
		require.Equal(t, matchesStars(pattern, key), patterns.match(key))
	})
}

// matchesStars compares piece by piece, each at its first place.
func matchesStars(pattern, key string) bool {
	pieces := strings.Split(pattern, "*")
	if len(pieces) == 1 {
		return pattern == key
	}
	key, found := strings.CutPrefix(key, pieces[0])
	for _, piece := range pieces[1 : len(pieces)-1] {
		if found {
			_, key, found = strings.Cut(key, piece)
		}
	}
	return found && strings.HasSuffix(key, pieces[len(pieces)-1])
}
