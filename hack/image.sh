#!/usr/bin/env bash
# Builds the container image around a program that is built already: image.sh PROGRAM NAME:TAG
#
# It takes the last stage of the Dockerfile, which copies the program into nothing, so no registry is asked
# for anything. `docker build .` builds the program too.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
source "$root/hack/engine.sh"

context=$(mktemp -d)
trap 'rm -rf "$context"' EXIT
cp "$1" "$context/taffrail"
chmod 555 "$context/taffrail"
sed -n '/^FROM scratch/,$p' "$root/Dockerfile" | sed 's/ --from=build//' >"$context/Dockerfile"
log=$("$engine" build --tag "$2" "$context" 2>&1) || {
  echo "$log" >&2
  exit 1
}
