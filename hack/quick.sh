#!/usr/bin/env bash
# The inner loop: format, vet, and the unit tests of what changed since main, uncommitted work included: quick.sh [FLAGS OF GO TEST...]
#
# What changed are the packages of changed files, and all whose programs or tests use them. A file that is in no package, such
# as one of docs/, may be read by any test: then all run, and Go's cache leaves out those that do not read it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

base=$(git merge-base HEAD origin/main 2>/dev/null || git merge-base HEAD main)
changed=$({ git diff --name-only "$base"; git ls-files --others --exclude-standard; } | sort -u)
[[ -n $changed ]] || { echo "make quick: nothing changed since $(git rev-parse --short "$base")"; exit 0; }

mapfile -t sources < <(while read -r file; do [[ $file != *.go || ! -e $file ]] || echo "$file"; done <<<"$changed")
if ((${#sources[@]})); then
  # shellcheck disable=SC2086 # a command and its arguments
  unformatted=$($FORMATTER --diff "${sources[@]}") ||
    { echo "$unformatted"; echo "make quick: run \`make fmt\`" >&2; exit 1; }
fi

# The package that each file is in: the nearest folder above it with Go files.
packages=$(while read -r file; do
  folder=$(dirname "$file")
  until [[ $folder == . ]] || compgen -G "$folder/*.go" >/dev/null; do folder=$(dirname "$folder"); done
  echo "$folder"
done <<<"$changed" | sort -u)
# Of a test's program, what it is made of: "X.test: X [X.test] Y Z".
mapfile -t affected < <(go list -test -f '{{if eq .Name "main"}}{{.ImportPath}}{{range .Deps}} {{.}}{{end}}{{end}}' ./... |
  awk -v module="$(go list -m)" -v packages="$packages" '
    BEGIN { n = split(packages, folders, "\n"); for (i = 1; i <= n; i++) if (folders[i] == ".") all = 1; else changed[module "/" folders[i]] }
    $1 !~ /\.test$/ { next }
    { for (i = 2; i <= NF; i++) if (all || $i in changed) { sub(/\.test$/, "", $1); print $1; next } }')
go vet -tags 'deploy e2e overload' ./...
if ((${#affected[@]})); then
  go test "$@" "${affected[@]}"
fi
