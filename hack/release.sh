#!/usr/bin/env bash
# Makes a release in dist without publishing it: release.sh [FLAGS OF GORELEASER...]
#
# Nobody signs it: a signature is of a workflow, and needs its identity.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# GoReleaser asks git where the repository is published, for links alone, and knows no commit where it finds nothing.
if [[ -z $(git remote) ]]; then
  export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=remote.origin.url GIT_CONFIG_VALUE_0=https://taffrail.dev/taffrail/taffrail
fi
export GOFLAGS=-buildvcs=false
go tool -modfile=hack/tools/goreleaser/go.mod goreleaser release --snapshot --clean --skip=sign "$@"
cp bin/release/*.tgz dist/ # beside the checksums that name it
