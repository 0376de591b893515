# Everything that is built, generated, checked and run. "make help" lists it.
SHELL       := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

VERSION    ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
MODULE     := github.com/comfyscheduler/comfyscheduler
GO_MODULES := ./proto/... ./server/... ./cli/... ./webclient/... ./tools/...
# Suites that drive the real programs, of which the race detector would see nothing, and one that only reckons.
GO_SUITES  := ./server/acceptance/... ./server/torture/... ./server/conformance/... ./cli/acceptance/... ./server/internal/learn/trial
# Packages whose own tests wait for processes, disks and sockets: too slow for each save.
GO_SLOW    := comfy|dispatch|files|fleet|launch|process|runner|simulator|store/sqlite
SERVER_LD  := -s -w -X main.version=$(VERSION)
CLI_LD     := -s -w -X $(MODULE)/cli/internal/factory.Version=$(VERSION)
BUF        := webclient/node_modules/.bin/buf
# What the schema was when it was last released: from there it only grows.
BASELINE   := proto/baseline.binpb
IMAGE      := $(BUF) build --path proto/comfyscheduler --exclude-source-info -o
CONFIG     ?= config.json
DURATION   ?= 10m
FUZZTIME   ?= 10s
SEED       ?= 0
KILLS      ?= 0
export CGO_ENABLED ?= 0
# One way to build all, so that checks and tests take what the programs were built from.
export GOFLAGS += -trimpath
export PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD := 1

GOFUMPT     := mvdan.cc/gofumpt@v0.12.0
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOVULNCHECK := golang.org/x/vuln/cmd/govulncheck@v1.9.0
# The schema's field rules; third-party files are fetched, not committed.
PROTOVALIDATE := github.com/bufbuild/protovalidate@v1.2.2

EMBEDDED  := $(shell find server/internal -type f -not -name '*.go' -not -path '*/testdata/*' 2>/dev/null)
GO_FILES  := $(shell find proto server cli tools webclient -name '*.go' -not -path '*/node_modules/*' 2>/dev/null) \
	go.work $(wildcard */go.mod)
WEB_FILES := $(shell find webclient/src webclient/public -type f 2>/dev/null) \
	$(wildcard webclient/*.json webclient/*.ts webclient/*.html)

# What only the lint and the generation need beside Go.
NODE  := webclient/node_modules/.package-lock.json
RULES := proto/third_party/buf/validate/validate.proto

.PHONY: help
help: ## List what can be made
	@awk -F ':.*## ' '/^##@ / { printf "\n%s\n", substr($$0, 5) } /^[a-z][a-z0-9-]*:.*## / { printf "  %-16s %s\n", $$1, $$2 }' \
		$(MAKEFILE_LIST)

##@ Work on it

.PHONY: run
run: build ## Build what is missing and start the service (CONFIG=config.json)
	bin/comfyscheduler serve --config $(CONFIG)

.PHONY: dev
dev: bin/comfyscheduler $(NODE) ## Start the service, and the web client so that each change shows at once; Ctrl-C ends both
	tools/dev.sh $(CONFIG)

.PHONY: seed
seed: build ## Fill a timeline with the bookings of several users: of URL=http://..., or of a service that it starts
	tools/seed.sh $(URL)

.PHONY: test-quick
test-quick: ## Check and test what changed, in less than a minute: for each save
	go vet $(GO_MODULES)
	go run ./tools/lint
	go test -short $$(go list ./server/internal/... ./cli/internal/... ./tools/... | grep -vE '/internal/($(GO_SLOW))(/|$$)')
	[ ! -e $(NODE) ] || (cd webclient && npx vitest run src --changed --passWithNoTests)

##@ Build

.PHONY: build
build: bin/comfyscheduler bin/comfysched ## Build both programs into bin/

bin/comfyscheduler: $(GO_FILES) webclient/dist/index.html $(EMBEDDED)
	go build -ldflags '$(SERVER_LD)' -o $@ ./server/cmd/comfyscheduler

bin/comfysched: $(GO_FILES)
	go build -ldflags '$(CLI_LD)' -o $@ ./cli/cmd/comfysched

webclient/dist/index.html: $(NODE) $(WEB_FILES)
	cd webclient && npm run build
	touch $@

webclient/node_modules/.package-lock.json: webclient/package-lock.json
	cd webclient && npm ci
	touch $@

##@ Generate and check

.PHONY: generate
generate: $(NODE) $(RULES) ## Generate code from the schema
	$(BUF) format -w --path proto/comfyscheduler
	$(BUF) generate
	cp server/internal/config/config.schema.json config.schema.json
	go run ./tools/picture docs/architecture.md

.PHONY: picture
picture: ## Draw the packages in docs/architecture.md from the tables of what they may import
	go run ./tools/picture docs/architecture.md

proto/third_party/buf/validate/validate.proto:
	mkdir -p $(@D)
	dir=$$(go mod download -json $(PROTOVALIDATE) | sed -n 's/.*"Dir": "\(.*\)".*/\1/p'); \
	cp "$$dir/proto/protovalidate/buf/validate/validate.proto" $@
	chmod u+w $@

.PHONY: fmt
fmt: $(NODE) ## Format everything
	go run ./tools/lint -fix >/dev/null || true # what it cannot break is told by make lint
	go run $(GOFUMPT) -w $$(git ls-files '*.go' | grep -v '/gen/')
	$(BUF) format -w --path proto/comfyscheduler
	cd webclient && npx biome check --write .

.PHONY: lint
lint: $(NODE) $(RULES) ## Check style, schema and types
	@unformatted=$$(go run $(GOFUMPT) -l $$(git ls-files '*.go' | grep -v '/gen/')); \
	if [ -n "$$unformatted" ]; then echo "not formatted (make fmt):"; echo "$$unformatted"; exit 1; fi
	go run ./tools/lint
	go vet $(GO_MODULES)
	go run ./tools/crosscheck "windows darwin" ./server/... ./cli/...
	go run $(STATICCHECK) $(GO_MODULES)
	$(BUF) lint
	$(BUF) format -d --exit-code --path proto/comfyscheduler
	@now=$$(mktemp --suffix .binpb); trap 'rm -f "$$now"' EXIT; $(IMAGE) "$$now"; echo "the schema beside $(BASELINE)"; \
	$(BUF) breaking "$$now" --exclude-imports --against $(BASELINE)
	cd webclient && npm run check

.PHONY: schema-baseline
schema-baseline: $(NODE) $(RULES) ## Compare later schemas with this one (it may only have grown)
	@now=$$(mktemp --suffix .binpb); trap 'rm -f "$$now"' EXIT; $(IMAGE) "$$now"; \
	$(BUF) breaking "$$now" --exclude-imports --against $(BASELINE); cp "$$now" $(BASELINE); chmod 644 $(BASELINE)

.PHONY: check-generated
check-generated: generate ## Prove that the committed generated code is fresh
	@changed=$$(git status --porcelain -- proto webclient/src/gen config.schema.json docs/architecture.md); \
	if [ -n "$$changed" ]; then echo "generated code is not fresh: run make generate and commit"; echo "$$changed"; exit 1; fi

##@ Test

.PHONY: test
test: lint check-generated test-go test-web test-e2e ## Run every check and test (installs what it needs)

.PHONY: test-go
test-go: build ## Run the Go tests, the parts with the race detector
	@# SQLite and its C library were translated: watching their memory would take half of the time and find nothing of ours.
	CGO_ENABLED=1 go test -race $(foreach of,sqlite/lib libc memory,-gcflags='modernc.org/$(of)=-race=false') -parallel 4 -timeout 15m \
		$$(go list $(GO_MODULES) | grep -vxF "$$(go list $(GO_SUITES))")
	@# Go's cache does not see that the program that a suite drives is another. Eight at a time: they wait for most of theirs.
	COMFYSCHEDULER_BIN=$(CURDIR)/bin/comfyscheduler go test -count=1 -parallel 8 -timeout 15m $(GO_SUITES)

.PHONY: test-workers
test-workers: build ## Run the acceptance tests once more, with three workers (WORKERS=3)
	COMFYSCHEDULER_BIN=$(CURDIR)/bin/comfyscheduler go test -count=1 -timeout 15m ./server/acceptance -args -workers $(or $(WORKERS),3)

.PHONY: torture
torture: ## Strike service and ComfyUI in every way for a long time, then check every answer (DURATION=10m or KILLS=300, WORKERS=1, SEED=0)
	go test ./server/torture -run TestTorture -v -count=1 -timeout 24h \
		-torture.duration=$(DURATION) -torture.kills=$(KILLS) -torture.seed=$(SEED) -torture.workers=$(or $(WORKERS),1)

.PHONY: soak
soak: ## Let the service work in peace, with fifty watchers, and print what grows (DURATION=60m)
	go test ./server/torture -run TestSoak -v -count=1 -timeout 24h -torture.soak -torture.duration=$(DURATION)

.PHONY: test-web
test-web: $(NODE) ## Run the web client's unit tests
	cd webclient && npm test

.PHONY: test-e2e
test-e2e: build /usr/bin/chromium ## Run the browser tests against the real service
	cd webclient && npm run e2e

/usr/bin/chromium:
	apt-get update -qq
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core

.PHONY: test-comfyui
test-comfyui: webclient/dist/index.html /usr/bin/chromium ## Test against a real ComfyUI (COMFYUI_ROOT, COMFYUI_PYTHON); skipped without one
	go test -count=1 -timeout 30m -v ./server/conformance $(if $(OVERHEAD),-args -overhead $(OVERHEAD))

.PHONY: cover
cover: ## Tell how much of each Go package its own tests reach (as a page: go tool cover -html=bin/cover.out)
	@mkdir -p bin
	@go test -short -coverprofile bin/cover.out $$(go list ./server/internal/... ./cli/internal/... ./tools/... | grep -v /gen/) | \
		awk '$$1 == "FAIL" || /^---/ { print; bad = 1 } \
			$$1 == "ok" && $$5 ~ /%/ { sub("$(MODULE)/", "", $$2); print $$5 "\t" $$2 } END { exit bad }'
	@go tool cover -func bin/cover.out | tail -1

.PHONY: fuzz
fuzz: ## Let each fuzz test look for what breaks it (FUZZTIME=10s each; FUZZ=comfy: those of a package)
	@git grep -o '^func Fuzz[A-Za-z]*' -- '*_test.go' | grep '$(FUZZ)' | sed 's,/[^/]*:func , ,' | while read -r dir name; do \
		echo "== $$name ($$dir)"; \
		go test "./$$dir" -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) | grep -v 'gathering baseline'; \
	done

##@ Measure

.PHONY: bench
bench: build bin/bench ## Measure the service beside the bare limits of this machine (BENCH="-only watchers" and the like)
	bin/bench $(BENCH)

.PHONY: bench-full
bench-full: build bin/bench ## The same, and with 100,000 and 1,000,000 jobs of history
	bin/bench -history 100000,1000000 $(BENCH)

bin/bench: $(GO_FILES)
	go build -o $@ ./server/bench

.PHONY: bench-go
bench-go: webclient/dist/index.html ## Go's benchmarks of the pure parts, six runs each, for benchstat
	go test -run '^$$' -bench . -count 6 ./server/internal/schedule ./server/internal/learn ./server/internal/rpc \
		./server/internal/store/sqlite

.PHONY: bench-web
bench-web: build /usr/bin/chromium ## Measure the web client in Chromium against the real service (JOBS=2000 CHANGES=50 SECONDS=15)
	cd webclient && npm run bench

##@ Ship and clean up

.PHONY: dist
dist: webclient/dist/index.html ## Build release archives for Linux, Windows and macOS into dist/
	rm -rf dist && mkdir -p dist/man
	go run ./cli/cmd/comfysched docs --format man dist/man
	go list -deps -f '{{with .Module}}{{if .Version}}{{.Path}} {{.Dir}}{{end}}{{end}}' ./server/cmd/comfyscheduler ./cli/cmd/comfysched | \
		sort -u | while read -r name dir; do \
			mkdir -p dist/licences/$$name; \
			find $$dir -maxdepth 1 -iname 'licen[sc]e*' -o -maxdepth 1 -iname 'copying*' | xargs cp -t dist/licences/$$name; \
		done
	cd webclient && npm ls --omit=dev --all --parseable | tail -n +2 | while read -r dir; do \
		name=$${dir##*/node_modules/}; \
		mkdir -p ../dist/licences/$$name; \
		find $$dir -maxdepth 1 -iname 'licen[sc]e*' | xargs -r cp -t ../dist/licences/$$name; \
	done
	for target in linux/amd64 linux/arm64 windows/amd64 darwin/amd64 darwin/arm64; do \
		os=$${target%/*} arch=$${target#*/} exe=""; name=comfyscheduler-$(VERSION)-$$os-$$arch; \
		[ $$os = windows ] && exe=.exe || true; \
		mkdir -p dist/$$name; \
		GOOS=$$os GOARCH=$$arch go build -ldflags '$(SERVER_LD)' -o dist/$$name/comfyscheduler$$exe ./server/cmd/comfyscheduler; \
		GOOS=$$os GOARCH=$$arch go build -ldflags '$(CLI_LD)' -o dist/$$name/comfysched$$exe ./cli/cmd/comfysched; \
		cp -r README.md LICENSE CHANGELOG.md config.json config.portable.json config.schema.json workflows dist/man dist/licences dist/$$name/; \
		tar -C dist -czf dist/$$name.tar.gz $$name; rm -r dist/$$name; \
	done
	rm -r dist/man dist/licences
	cd dist && sha256sum *.tar.gz > SHA256SUMS && cat SHA256SUMS

.PHONY: audit
audit: $(NODE) ## Ask for known vulnerabilities of the dependencies (needs vuln.go.dev and npm's advisories)
	go run $(GOVULNCHECK) $(GO_MODULES)
	cd webclient && npm audit --omit=dev

.PHONY: clean
clean: ## Remove what was built
	rm -rf bin dist webclient/dist/assets webclient/dist/index.html proto/third_party
