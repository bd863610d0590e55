#!/usr/bin/env bash
# Fails when `make generate` changes a file, or a go.mod is not tidy. It compares the work tree with itself,
# before and after, and not with a commit: uncommitted work is no failure.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# An index of our own: the user's keeps what they have staged.
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
snapshot() {
  GIT_INDEX_FILE=$scratch/index git add --all
  GIT_INDEX_FILE=$scratch/index git write-tree
}

before=$(snapshot)
make generate
after=$(snapshot)

# The tools and the programs of the tests have modules of their own.
for module in go.mod hack/tools/go.mod hack/tools/*/go.mod e2e/*/go.mod; do
  go -C "$(dirname "$module")" mod tidy -diff || { echo "make verify: run \`go mod tidy\` in $(dirname "$module")" >&2; exit 1; }
done

if ! git --no-pager diff --exit-code "$before" "$after"; then
  echo "make verify: the files above were stale; \`make generate\` has just written them anew, so commit them" >&2
  exit 1
fi
