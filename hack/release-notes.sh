#!/usr/bin/env bash
# Prints what CHANGELOG.md says of a version: release-notes.sh v0.1.0
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

notes=$(awk -v heading="## $1" '/^## /{on = ($0 == heading || index($0, heading " ") == 1); next} on' CHANGELOG.md)
if [[ -z ${notes//[[:space:]]/} ]]; then
  echo "CHANGELOG.md has no section \"## $1\": name the one of what is not released yet after it" >&2
  exit 1
fi
printf '%s\n' "$notes"
