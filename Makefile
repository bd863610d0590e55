# The list of targets is `make help`. Everything here needs Go, make and git, nothing else, but `make e2e`, which
# needs Chromium, and `make image` and those with kind in their name, which need a container engine.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# Arguments of `make run`.
ARGS ?=
# How many inputs each fuzz target runs with, with an x, or how long: with this number, all together run with 10 million.
# `make test` takes a number: with a time, Go 1.26 may take the end of it for a failure (golang.org/issue/75804).
FUZZTIME ?= 500000x
# Which of them: a regular expression, such as guardrail/ or FuzzMutate.
FUZZ ?= .
# Which benchmarks `make bench` runs in place of all that docs/performance shows, a regular expression, and how often.
BENCH ?=
COUNT ?= 6
# How many tests of `make e2e` run at a time, each with an API server of 300 MB. Half of the time they wait.
E2E_PARALLEL ?= 4
# The name that `make image` gives.
IMAGE ?= taffrail:$(VERSION)

VERSION = $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
COMMIT = $(shell git rev-parse --verify --quiet HEAD 2>/dev/null || echo unknown)

# What `make test` runs, in this order: what fails fastest comes first.
STEPS = lint verify unit deploy fuzz e2e

# One package/target a fuzz target, all that there are.
FUZZ_TARGETS = $(shell grep -rE --include='*_test.go' '^func Fuzz' . | sed -E 's|^[.]/(.*)/[^/]*:func (Fuzz[A-Za-z0-9]*).*|\1/\2|' | sort | grep -E '$(FUZZ)')

# The packages whose tests take -update, each of which rewrites its golden files. The chart has copies of some, so it comes
# after them.
GOLDEN_PACKAGES = $(filter-out ./deploy/charts/ ./e2e/,$(sort $(dir $(shell grep -rlE --include='*_test.go' 'flag[.]Bool.*"update"' .))))

# The race detector needs a C compiler; where Go has found one, the unit tests use it.
RACE = $(if $(filter 1,$(shell go env CGO_ENABLED)),-race)

# Tests that compute for long on one goroutine: the race detector makes them five times as slow, and has nothing to find there.
# `make quick` leaves them out.
# A name that is gone from here only costs time.
ALONE = TestUpdates TestKubernetesFixtures TestChecksLookAtEverySubresourceThatWritesWhatTheyRead TestNothingInAnInputBeginsALine \
  TestJSONIsPrintableAndSaysTheSame TestCheckSaysWhatAClusterSays TestAdmitSaysWhatTheWebhookSays TestMemoryDoesNotGrowWithTheFile TestWithinTheBudgetIsWithinTheMemory \
  TestALineIsShortWhateverTheReviewSays TestNothingInAnObjectIsSaidAsItIs TestNoRealObjectMeetsItsBudget \
  TestNoExpressionCostsMoreThanAnEvaluationMay TestWeAgreeWithAnAPIServer TestPodSecurityEvaluatesPodsAndTemplatesAsKubernetes \
  FuzzOrder FuzzExcept FuzzExemption FuzzTemplate TestWorkIsLinear

# The names of tests as a regular expression for go test, and the packages that have some.
only = ^($(subst $() ,|,$(strip $(1))))$$
packages = $(sort $(dir $(shell grep -rlE --include='*_test.go' '^func ($(subst $() ,|,$(strip $(1))))\b' .)))

CONTROLLER_GEN = go tool -modfile=hack/tools/go.mod controller-gen
# The linter's dependencies do not agree with the generator's, so it has a module of its own.
GOLANGCI_LINT = go tool -modfile=hack/tools/lint/go.mod golangci-lint

.PHONY: help
help:
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

.PHONY: run
run: ## Serve the default guardrail on https://127.0.0.1:9443, and nowhere else (ARGS="..." adds flags)
	@echo 'on 127.0.0.1 alone: reviews on 9443, metrics on 8080, health on 8081; for others ARGS="--bind-address :9443"'
	CGO_ENABLED=0 go run ./cmd/taffrail serve --bind-address 127.0.0.1:9443 --metrics-bind-address 127.0.0.1:8080 \
	  --health-probe-bind-address 127.0.0.1:8081 $(ARGS)

.PHONY: test
test: export FUZZTIME = 2000x
test: export FUZZSEED = 1
test: ## Everything CI runs: lint, verify, unit tests, 2,000 inputs of each fuzz target (FUZZSEED), e2e
	@summary=; SECONDS=0; \
	for step in $(STEPS); do \
	  echo "==> make $$step"; \
	  $(MAKE) $$step || { echo "FAILED: make $$step; the rest of $(STEPS) did not run" >&2; exit 1; }; \
	  summary+="$$(printf '  ok  %-6s %4ss' $$step $$SECONDS)"$$'\n'; SECONDS=0; \
	done; \
	printf 'make test: all passed\n%s' "$$summary"

.PHONY: unit
unit: ## The tests of every package, with the race detector where there is a C compiler
	go test $(RACE) -skip '$(call only,$(ALONE))' ./...
	go test -run '$(call only,$(ALONE))' $(call packages,$(ALONE))

.PHONY: quick
quick: export FORMATTER = $(GOLANGCI_LINT) fmt
quick: ## The inner loop: format, vet, and the unit tests of what changed since main, without the race detector
	hack/quick.sh -skip '$(call only,$(ALONE))'

.PHONY: deploy
deploy: ## The chart, and what `taffrail install` prints against what kustomize and Helm make, choice by choice
	go test -tags deploy -count=1 ./internal/install ./deploy/charts

.PHONY: e2e
e2e: ## The built program on a real API server, with cert-manager, Prometheus and a collector (built once, some minutes), and the page in Chromium
	@assets=$$(e2e/controlplane/build.sh); certmanager=$$(e2e/certmanager/build.sh); prometheus=$$(e2e/prometheus/build.sh); collector=$$(e2e/collector/build.sh); \
	"$$assets/kube-apiserver" --version; \
	set -x; KUBEBUILDER_ASSETS=$$assets CERTMANAGER_ASSETS=$$certmanager PROMETHEUS_ASSETS=$$prometheus COLLECTOR_ASSETS=$$collector \
	  go test -tags e2e -count=1 -v -timeout 20m -parallel $(E2E_PARALLEL) ./e2e/... ./internal/page/browser

.PHONY: screenshots
screenshots: ## The pictures in docs, made anew by Chromium
	go test -tags e2e -count=1 -run TestScreenshots ./internal/page/browser -pictures $(CURDIR)/docs/screenshots

.PHONY: e2e-kind
e2e-kind: ## The same and more on a kind cluster, with Docker or Podman (KIND_NODE_IMAGE, PREVIOUS, KEEP=1)
	hack/e2e-kind.sh

.PHONY: kind
kind: ## The development loop: a kind cluster with the Taffrail of this tree (KIND_NODE_IMAGE)
	hack/dev.sh $(VERSION) $(COMMIT)

.PHONY: kind-down
kind-down: ## Delete the cluster of `make kind`
	hack/kind.sh delete taffrail

.PHONY: fuzz
fuzz: ## Each fuzz target with FUZZTIME inputs (500000x), or those that FUZZ=regexp names
	hack/fuzz.sh $(FUZZTIME) $(FUZZ_TARGETS)

.PHONY: linear
linear: ## Whether the work grows faster than the review, for every list in every kind (minutes; `make unit` tries one in sixty)
	go test ./internal/linear -count=1 -timeout 60m -v -whole

.PHONY: overload
overload: ## What becomes of honest reviews, and of the memory, under more than a replica can take; as a table, and in docs/performance
	go test -tags overload -count=1 -timeout 10m -v ./e2e/overload -args -pages $(CURDIR)/docs/performance

.PHONY: bench
bench: ## Measure all that docs/performance shows (8 minutes); with BENCH=regexp these benchmarks alone, for benchstat (COUNT=6)
	$(if $(BENCH),go test -run '^$$' -bench '$(BENCH)' -benchmem -count $(COUNT) ./...,hack/bench.sh $(VERSION) $(COMMIT))

.PHONY: profile
profile: ## Write hack/taffrail.pgo, the profile of reviews that hack/build.sh compiles by (a minute; see docs/decisions/0020)
	hack/profile.sh

.PHONY: lint
lint: ## The linters, which also hold the arrows between packages; the workflows
	$(GOLANGCI_LINT) run
	$(GOLANGCI_LINT) run --build-tags e2e,kind --disable unused,unparam ./e2e # with nodes fewer tests run, which use less
	go tool -modfile=hack/tools/actionlint/go.mod actionlint

.PHONY: fmt
fmt: ## Format the code as the linter wants it
	$(GOLANGCI_LINT) fmt

.PHONY: generate
generate: ## Write what is generated: deepcopy, CRDs, golden files
	$(CONTROLLER_GEN) object crd paths=./api/... output:crd:artifacts:config=deploy/crds
	mv deploy/crds/taffrail.dev_namespacekits.yaml deploy/components/kits/namespacekits.yaml
	$(if $(GOLDEN_PACKAGES),go test $(GOLDEN_PACKAGES) -count=1 -run Golden -update)
	go test -tags deploy ./deploy/charts -count=1 -run Golden -update

.PHONY: verify
verify: ## Fail when `make generate` would change a file, or `go mod tidy` would
	hack/verify.sh

.PHONY: build
build: ## The static binary bin/taffrail
	hack/build.sh bin/taffrail $(VERSION) $(COMMIT)

.PHONY: image
image: ## The container image (IMAGE=name:tag)
	docker build --build-arg VERSION=$(VERSION) --build-arg COMMIT=$(COMMIT) --tag $(IMAGE) .

.PHONY: release
release: ## What a release has, in dist: archives, checksums, SBOMs, the chart, the krew manifest (nothing is published)
	hack/release.sh
	hack/check-release.sh

.PHONY: licenses
licenses: ## Fail when something is linked whose licence is unknown or not allowed
	hack/licenses.sh

.PHONY: reproducible
reproducible: ## Whether two builds of HEAD from nothing, in two folders, have one digest (linux/amd64)
	hack/reproducible.sh

.PHONY: clean
clean: ## Remove what was built here; the cached control plane stays
	rm -rf bin dist
