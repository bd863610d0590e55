#!/usr/bin/env bash
# Runs fuzz targets: fuzz.sh INPUTS PACKAGE/TARGET..., such as fuzz.sh 2000x mutators/FuzzMutate.
#
# `go test -fuzz` counts the ways through every package that is linked, a million counters, and sends them as JSON for each seed:
# 40 ms, where the seed takes one. Here our own packages are counted, in whose ways we are interested; one program is linked for
# each package; and as many targets as there are processors run at a time, with one worker each.
#
# With FUZZSEED the inputs come from that seed, so that a run finds what the run before it would have found.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
inputs=$1
shift

[ -z "${FUZZSEED:-}" ] || export GODEBUG=fuzzseed=$FUZZSEED

programs=$(mktemp -d)
trap 'rm -rf "$programs"' EXIT
cache=$(go env GOCACHE)/fuzz module=$(go list -m)
mapfile -t packages < <(printf './%s\n' "${@%/*}" | sort -u)
go test -c -gcflags "$module/...=-d=libfuzzer" -ldflags '-s -w' -o "$programs/" "${packages[@]}"

# One target, whose output comes as a whole.
run() {
  local package=${1%/*} target=${1##*/} output
  output=$(cd "$package" && "$programs/${package##*/}.test" -test.run '^$' -test.fuzz "^$target\$" -test.fuzztime "$inputs" \
    -test.fuzzminimizetime 100x -test.parallel 1 -test.fuzzcachedir "$cache/$module/$package" 2>&1) && echo "ok $1: $(tail -n 2 <<<"$output" | head -n 1)" && return
  printf 'FAIL %s\n%s\n' "$1" "$output"
  return 1
}
export -f run
export cache module programs inputs
printf '%s\0' "$@" | xargs -0 -n 1 -P "$(getconf _NPROCESSORS_ONLN)" bash -c 'run "$1"' bash
