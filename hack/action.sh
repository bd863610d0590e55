#!/usr/bin/env bash
# What action.yml runs in a GitHub workflow: downloads a release, verifies it, and checks.
#
# VERSION and RELEASES say which release, and where it is; CHECK_PATHS, GUARDRAILS and CHECK_ARGS are inputs of the action.
# The runner sets the rest.
set -euo pipefail

fail() {
  echo "::error title=taffrail::$1"
  exit 2
}

[[ $VERSION =~ ^v[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$ ]] ||
  fail "version \"$VERSION\": must be a release, such as v0.1.0: name one in the input version, or use the action at a tag"
case $RUNNER_OS-$RUNNER_ARCH in
Linux-X64) platform=linux_amd64.tar.gz ;;
Linux-ARM64) platform=linux_arm64.tar.gz ;;
macOS-X64) platform=darwin_amd64.tar.gz ;;
macOS-ARM64) platform=darwin_arm64.tar.gz ;;
Windows-X64) platform=windows_amd64.zip ;;
*) fail "there is no release for $RUNNER_OS on $RUNNER_ARCH: Linux and macOS on X64 and ARM64, and Windows on X64 have one" ;;
esac
archive=taffrail_${VERSION#v}_$platform
bin=$RUNNER_TEMP/taffrail-$VERSION
mkdir -p "$bin"

download() {
  curl --fail --silent --show-error --location --retry 3 --output "$bin/$1" "$RELEASES/$VERSION/$1" ||
    fail "downloading $RELEASES/$VERSION/$1 failed: is $VERSION a release?"
}
download checksums.txt
download "$archive"
sha256=(sha256sum)
type sha256sum >/dev/null 2>&1 || sha256=(shasum -a 256) # macOS
want=$(awk -v name="$archive" '$2 == name { print $1 }' "$bin/checksums.txt")
got=$("${sha256[@]}" "$bin/$archive" | awk '{ print $1 }')
[[ -n $want && $got == "$want" ]] || fail "$archive has the SHA-256 $got, and checksums.txt says \"$want\": it is not run"
case $archive in
*.zip) unzip -q -o "$bin/$archive" taffrail.exe -d "$bin" ;;
*) tar --extract --gzip --file "$bin/$archive" -C "$bin" taffrail ;;
esac
echo "$bin" >>"$GITHUB_PATH"

sarif=$RUNNER_TEMP/taffrail.sarif
args=(check -o github -o "sarif=$sarif")
[[ -z $GUARDRAILS ]] || args+=(--guardrails "$GUARDRAILS")
read -r -a more <<<"$CHECK_ARGS"
args+=(${more[@]+"${more[@]}"}) # bash 3 of macOS takes an empty list for unset
while IFS= read -r path; do
  [[ -z $path ]] || args+=("$path")
done <<<"$CHECK_PATHS"

code=0
"$bin/taffrail" "${args[@]}" || code=$?
[[ ! -e $sarif ]] || echo "sarif=$sarif" >>"$GITHUB_OUTPUT"
exit $code
