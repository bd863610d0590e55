package check

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"taffrail.dev/taffrail/internal/manifest"
)

// passOver takes what a file holds that is no object. Beside objects it is told by its line: it may be
// one that has lost its head.
func (e *evaluated) passOver(input *manifest.Input) {
	if len(input.Objects) == 0 {
		e.passedOver = append(e.passedOver, input.Skipped...)
		return
	}
	for _, s := range input.Skipped {
		e.Note(fmt.Sprintf("%s: is no Kubernetes object, passed over", s.Place))
	}
}

// notesOn is the line about files in directories that are no manifests.
func notesOn(all []manifest.Skipped) []string {
	files := map[manifest.Stranger]map[string]bool{}
	charts, directories := map[string]bool{}, map[string]bool{}
	count := 0
	for _, s := range all {
		if files[s.Stranger] == nil {
			files[s.Stranger] = map[string]bool{}
		}
		if files[s.Stranger][s.File] {
			continue
		}
		files[s.Stranger][s.File] = true
		count++
		switch {
		case s.Stranger == manifest.Kustomization:
			directories[filepath.Dir(s.File)] = true
		case s.Stranger != manifest.Other && s.Chart != "":
			charts[s.Chart] = true
		}
	}
	if count == 0 {
		return nil
	}
	var parts []string
	add := func(text, flag string, where map[string]bool) {
		if text != "" && len(where) > 0 {
			text += ", see " + flag + " " + fewOf(where)
		}
		if text != "" {
			parts = append(parts, text)
		}
	}
	helms := []string{many(len(files[manifest.HelmTemplate]), string(manifest.HelmTemplate)), ofCharts(len(files[manifest.ChartFile]))}
	add(strings.Join(slices.DeleteFunc(helms, func(s string) bool { return s == "" }), " and "), "--helm", charts)
	add(many(len(files[manifest.Kustomization]), string(manifest.Kustomization)), "-k", directories)
	if others := files[manifest.Other]; len(others) > 0 {
		parts = append(parts, "others: "+fewOf(others))
	}
	return []string{fmt.Sprintf("%s passed over: no Kubernetes manifests (%s)", many(count, "file"), strings.Join(parts, "; "))}
}

func many(n int, noun string) string {
	switch n {
	case 0:
		return ""
	case 1:
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func ofCharts(n int) string {
	switch n {
	case 0:
		return ""
	case 1:
		return "1 file of a Helm chart"
	}
	return fmt.Sprintf("%d files of Helm charts", n)
}

// fewOf names the first few.
func fewOf(names map[string]bool) string {
	const most = 3
	all := slices.Sorted(maps.Keys(names))
	if more := len(all) - most; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(all[:most], ", "), more)
	}
	return strings.Join(all, ", ")
}
