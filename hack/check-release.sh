#!/usr/bin/env bash
# Fails when dist does not hold what a release promises. It runs what this machine can run of it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd dist

fail() {
  echo "dist: $1" >&2
  exit 1
}
tool() { go -C "$root" tool -modfile="hack/tools/$1/go.mod" "${@:2}"; }

sha256sum --check --strict --quiet checksums.txt
version=$(sed -nE 's/.*  taffrail_(.*)_linux_amd64[.]tar[.]gz$/\1/p' checksums.txt)

# Every archive: the program, what it may be passed on with, what a shell completes.
for platform in linux_amd64.tar.gz linux_arm64.tar.gz darwin_amd64.tar.gz darwin_arm64.tar.gz windows_amd64.zip; do
  archive=taffrail_${version}_$platform
  case $archive in
  *.zip) files=$(unzip -Z1 "$archive") program=taffrail.exe ;;
  *) files=$(tar --list --file "$archive") program=taffrail ;;
  esac
  want="CHANGELOG.md LICENSE README.md completions/taffrail.bash completions/taffrail.fish"
  want+=" completions/taffrail.powershell completions/taffrail.zsh $program"
  [[ $(grep -v '^licenses/' <<<"$files" | LC_ALL=C sort | xargs) == "$want" ]] || fail "$archive holds $(xargs <<<"$files"): must hold $want"
done

# Each SBOM, and the licences, have every module that the program says it is made of.
tar --extract --gzip --directory "$scratch" --file "taffrail_${version}_linux_amd64.tar.gz"
[[ -s $scratch/licenses/go/LICENSE ]] || fail "the licence of Go is missing"
for sbom in *.cdx.json; do
  platform=${sbom#"taffrail_${version}_"}
  program=$(echo "taffrail_${platform%.cdx.json}"_*/taffrail*)
  go version -m "$program" | awk '$1 == "dep" {print $2, $3}' >"$scratch/modules"
  [[ -s $scratch/modules ]] || fail "$program does not say what it is made of"
  while read -r module at; do
    grep -qF "pkg:golang/$module@$at?" "$sbom" || fail "$sbom lacks $module $at"
    [[ -d $scratch/licenses/$module ]] || fail "no licence of $module is in the archives"
  done <"$scratch/modules"
  (($(wc -c <"$program") < 64000000)) || fail "$program must stay under 64 MB"
done

# The chart is one that Helm renders.
tool helm helm template taffrail "$PWD/taffrail-$version.tgz" --namespace taffrail-system --set image.tag=v0 >"$scratch/chart.yaml"
grep -q "^kind: Deployment$" "$scratch/chart.yaml" || fail "the chart makes no Deployment"

# krew takes the manifest and the archive, and what it installs runs.
if [[ $(go env GOOS GOARCH | xargs) == "linux amd64" ]]; then
  tool krew validate-krew-manifest -skip-install -manifest "$PWD/krew/taffrail.yaml"
  export KREW_ROOT=$scratch/krew
  tool krew krew install --manifest "$PWD/krew/taffrail.yaml" --archive "$PWD/taffrail_${version}_linux_amd64.tar.gz" 2>"$scratch/log" || {
    cat "$scratch/log" >&2
    fail "krew does not install it"
  }
  "$KREW_ROOT/bin/kubectl-taffrail" version | grep -qF "taffrail v$version" || fail "the program has another version than $version"
  "$KREW_ROOT/bin/kubectl-taffrail" explain >/dev/null
fi
echo "dist: all there, version $version"
