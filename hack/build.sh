#!/usr/bin/env bash
# Builds the static program: build.sh OUTPUT [VERSION] [COMMIT]
#
# Code of others that no review passes through is not inlined: that is a tenth of the program, and keeps
# the image under 42 MB.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

flags=()
for modules in k8s.io/api k8s.io/client-go k8s.io/apiextensions-apiserver k8s.io/kube-openapi sigs.k8s.io/gateway-api \
  sigs.k8s.io/structured-merge-diff github.com/cert-manager github.com/go-openapi github.com/google/gnostic-models \
  github.com/antlr4-go google.golang.org/protobuf go.yaml.in/yaml github.com/fxamacker/cbor github.com/json-iterator \
  golang.org/x/text golang.org/x/net github.com/spf13 github.com/google/cel-go/parser github.com/google/cel-go/checker \
  github.com/google/cel-go/cel github.com/google/cel-go/common/ast github.com/google/cel-go/common/debug github.com/google/cel-go/common/env \
  github.com/prometheus/common github.com/prometheus/procfs k8s.io/apimachinery/pkg/apis k8s.io/apimachinery/pkg/runtime/serializer \
  taffrail.dev/taffrail/doctor taffrail.dev/taffrail/uninstall taffrail.dev/taffrail/installation; do
  flags+=("-gcflags=$modules/...=-l")
done
CGO_ENABLED=0 go build -trimpath "${flags[@]}" \
  -ldflags "-s -w -X main.version=${2:-dev} -X main.commit=${3:-unknown}" -o "$1" ./cmd/taffrail

size=$(wc -c <"$1")
if ((size >= 42000000)); then
  echo "$1 has $size bytes: must stay under 42 MB; see which module it grew by" >&2
  exit 1
fi
