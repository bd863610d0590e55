package mutators

import (
	"bytes"
	"hash/crc32"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	psa "k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"

	"taffrail.dev/taffrail/internal/dice"
	"taffrail.dev/taffrail/internal/workload"
)

// FuzzMutate holds what complete says of any Pod: the patch applies, unknown
// fields survive in place, the second run is empty, no set value is changed,
// and the order of the defaults does not matter.
func FuzzMutate(f *testing.F) {
	parameters := [][]running{withDefaultParameters(f), withMostParameters(f)}
	addPods(f)
	f.Fuzz(func(t *testing.T, input []byte) {
		pod := podOf(input)
		if _, err := review(pod); err != nil {
			return
		}
		defaults := parameters[len(input)%len(parameters)]
		shuffled := slices.Clone(defaults)
		rand.New(rand.NewPCG(uint64(crc32.ChecksumIEEE(input)), 0)).Shuffle(len(shuffled), func(i, j int) {
			shuffled[i], shuffled[j] = shuffled[j], shuffled[i]
		})
		requireSame(t, pod, defaults, shuffled)
	})
}

// FuzzPodSecurityAfter holds that no control of the Pod Security Standards that a Pod passes is
// broken by the defaults: both levels are evaluated by Kubernetes' own code, before and after.
func FuzzPodSecurityAfter(f *testing.F) {
	parameters := [][]running{withDefaultParameters(f), withMostParameters(f)}
	standards, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	require.NoError(f, err)
	addPods(f)
	f.Fuzz(func(t *testing.T, input []byte) {
		pod := podOf(input)
		r, err := review(pod)
		if err != nil {
			return
		}
		versions := []psa.Version{psa.LatestVersion(), psa.MajorMinorVersion(1, len(input)%40)}
		before := evaluate(standards, r.Pod, versions)
		run(r, parameters[len(input)%len(parameters)])
		for i, after := range evaluate(standards, r.Pod, versions) {
			require.True(t, after.Allowed || !before[i].Allowed, "%s: %s: %s", pod, after.ForbiddenReason, after.ForbiddenDetail)
		}
	})
}

func evaluate(standards policy.Evaluator, pod *workload.Pod, versions []psa.Version) (results []policy.CheckResult) {
	for _, version := range versions {
		for _, level := range []psa.Level{psa.LevelBaseline, psa.LevelRestricted} {
			results = append(results, standards.EvaluatePod(psa.LevelVersion{Level: level, Version: version}, pod.Meta, pod.Spec)...)
		}
	}
	return results
}

// addPods adds the fixtures of all defaults, and dice.
func addPods(f *testing.F) {
	f.Helper()
	for _, m := range All() {
		for _, fixture := range fixturesOf(f, m.Name) {
			f.Add(fixture.pod)
			f.Add(withUnknownFields(f, fixture.pod))
		}
	}
	f.Add(bigPod(f))
	for seed := range uint64(64) {
		f.Add(throw(seed))
	}
}

// podOf is the Pod that an input stands for: one that begins with a brace is it,
// any other is the dice that it is made with.
func podOf(input []byte) []byte {
	if bytes.HasPrefix(input, []byte("{")) {
		return input
	}
	return dice.Wild(input).Pod()
}

func throw(seed uint64) []byte {
	data := dice.Bytes(seed, 200)
	data[0] |= 0x80 // no brace
	return data
}

// TestDice shows that what the dice make are Pods, and different ones.
func TestDice(t *testing.T) {
	changed, defaults := 0, withMostParameters(t)
	for seed := range uint64(200) {
		pod := podOf(throw(seed))
		_, err := review(pod)
		require.NoError(t, err, "%s", pod)
		if len(complete(t, pod, defaults...).patch) > 0 {
			changed++
		}
	}
	require.Greater(t, changed, 75)
}

// withMostParameters are the defaults with the parameters of the fixture that
// sets the most, in its Namespace.
func withMostParameters(tb testing.TB) []running {
	tb.Helper()
	var all []running
	for _, m := range All() {
		most := slices.MaxFunc(fixturesOf(tb, m.Name), func(a, b fixture) int { return len(a.params) - len(b.params) })
		all = append(all, most.start(tb, m))
	}
	return all
}

// bigPod is what the ReplicaSet controller made and an API server sent.
func bigPod(tb testing.TB) []byte {
	tb.Helper()
	pod, err := os.ReadFile("testdata/big.pod.json")
	require.NoError(tb, err)
	return bytes.TrimSpace(pod)
}
