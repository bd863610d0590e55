//go:build !race

package validators

const underRace = false
