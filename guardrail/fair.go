package guardrail

// First are at most so many findings, in their order: the first ones of every check, not all of the
// first check.
func First(findings []*Finding, most int) []*Finding {
	return fairly(findings, most, (*Finding).byCheck)
}

// FirstLines are at most so many lines, chosen alike.
func FirstLines(lines []Line, most int) []Line {
	return fairly(lines, most, func(l Line) checkOf { return l.byCheck() })
}

// checkOf is a check of a guardrail.
type checkOf struct{ guardrail, validator string }

func (f *Finding) byCheck() checkOf { return checkOf{f.Guardrail, f.Validator} }

// fairly chooses at most so many of a list, in its order, and of each group as many as of the others
// while there are any.
func fairly[T any, K comparable](list []T, most int, of func(T) K) []T {
	if len(list) <= most {
		return list
	}
	sizes := map[K]int{}
	for _, item := range list {
		sizes[of(item)]++
	}
	each := share(sizes, most)
	rest := most // what an equal share leaves goes to whoever comes first
	for _, size := range sizes {
		rest -= min(size, each)
	}
	chosen := make([]T, 0, most)
	taken := map[K]int{}
	for _, item := range list {
		switch group := of(item); {
		case taken[group] < each:
			taken[group]++
		case rest > 0:
			rest--
		default:
			continue
		}
		chosen = append(chosen, item)
	}
	return chosen
}

// share is the most that can be taken of each group.
func share[K comparable](sizes map[K]int, most int) int {
	low, high := 0, most
	for low < high {
		each, sum := (low+high+1)/2, 0
		for _, size := range sizes {
			sum += min(size, each)
		}
		if sum <= most {
			low = each
		} else {
			high = each - 1
		}
	}
	return low
}
