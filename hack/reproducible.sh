#!/usr/bin/env bash
# Builds the release of HEAD for linux/amd64 twice, in two folders and from nothing, and fails when a digest differs. So it
# does when hack/build.sh, which the image is built with, makes another program than the archive has.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# The programs are built with caches of their own, what builds them is not.
release() {
  git clone --quiet --no-tags . "$2"
  sed -e 's/targets: .*/targets: [linux_amd64]/' -e "s|env: \[CGO_ENABLED=0|env: [GOCACHE=$1, CGO_ENABLED=0|" .goreleaser.yaml >"$1.yaml"
  "$2/hack/release.sh" --config "$1.yaml"
}
release "$scratch/cache" "$scratch/tree"
release "$scratch/another-cache" "$scratch/in/another/tree"

digests() { (cd "$1" && find . -type f ! -name config.yaml ! -name artifacts.json ! -name metadata.json -exec sha256sum {} + | sort -k 2); }
diff <(digests "$scratch/tree/dist") <(digests "$scratch/in/another/tree/dist")

program=$(echo "$scratch"/tree/dist/taffrail_linux_amd64_*/taffrail)
version=$("$program" version | sed -n '1s/taffrail //p')
GOOS=linux GOARCH=amd64 GOCACHE=$scratch/cache hack/build.sh "$scratch/taffrail" "$version" "$(git rev-parse HEAD)"
cmp "$scratch/taffrail" "$program"
echo "make reproducible: two builds, one digest"
digests "$scratch/tree/dist"
