# `make run` and `make test` are all a newcomer needs; `make help` lists the rest.

SHELL := /bin/sh
.DEFAULT_GOAL := help

# Passed to srun by `make run`, for example: make run ARGS='--port 8080'
ARGS ?=
# What `make ui-dev` stands in front of.
SERVER ?= http://127.0.0.1:8000

# How long each target of `make fuzz` runs.
FUZZ_SECONDS ?= 60

.PHONY: help run test check build release ui ui-check test-build swift-test fuzz fuzz-briefly e2e soak tsan bench format lint clean ui-dev screenshots build-deps test-deps soak-deps

help: ## Show this list
	@sed -n 's/^\([a-z0-9-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | while IFS="$$(printf '\t')" read -r name text; do \
		printf '  make %-12s %s\n' "$$name" "$$text"; done

run: ## Install what is missing, build, and start srun at http://127.0.0.1:8000
	@./build.sh
	@exec .build/release/srun serve $(ARGS)

test: test-deps swift-test fuzz-briefly e2e ## Install what the tests need, build, and run all of them

check: lint ## What CI runs: formatting, no warnings, all tests
	@SRUN_WARNINGS_AS_ERRORS=1 $(MAKE) --no-print-directory test

build: ui ## Build for debugging: .build/debug/srun
	@scripts/build-info.sh
	@echo 'build: compiling for debugging'
	@swift build

release: ## Build what `make run` starts: .build/release/srun
	@./build.sh

ui: build-deps ## Bundle the page into ui/dist
	@scripts/build-ui.sh

ui-check: build-deps ## Check types, style and units of the page, and bundle it
	@echo 'ui-check: types, style and unit tests of the page'
	@scripts/build-ui.sh --check

ui-dev: build-deps ## Rebuild the page on change, in front of a running server: make ui-dev SERVER=http://127.0.0.1:8000
	@python3 ui/tools/dev.py $(SERVER)

screenshots: test-deps ## Write a picture of every view and state of the page to .build/screenshots
	@SRUN_SCREENSHOTS=all scripts/with-postgres.sh .build/test-venv/bin/python -m pytest Tests/EndToEnd -n 2 --dist loadgroup -k page
	@echo 'screenshots: see .build/screenshots'

test-build: ui-check
	@scripts/build-info.sh
	@echo 'test-build: compiling srun and its tests (about 5 minutes the first time)'
	@swift build --build-tests

swift-test: test-build test-deps ## Run the unit and contract tests
	@echo 'swift-test: running'
	@scripts/with-postgres.sh swift test --skip-build --disable-xctest

fuzz: test-build ## Feed made-up bytes to every parser of what comes from outside, a minute each (FUZZ_SECONDS)
	@scripts/fuzz.sh $(FUZZ_SECONDS)

# The same inputs each time: a test does not fail today for what was there yesterday.
fuzz-briefly: test-build
	@FUZZ_SEED=1 scripts/fuzz.sh 10

e2e: test-build test-deps ## Drive the debug build from outside: command line, API, browser
	@echo 'e2e: tests from outside'
	@scripts/with-postgres.sh scripts/e2e.sh $(if $(PYTEST_ARGS),part $(PYTEST_ARGS))

soak: test-build soak-deps ## Run what takes minutes: long loops of crashes, floods and fuzzing
	@scripts/fuzz.sh $(FUZZ_SECONDS)
	@echo 'soak: long tests from outside'
	@scripts/with-postgres.sh scripts/e2e.sh soak $(PYTEST_ARGS)

tsan: test-deps ## Run the unit tests under the thread sanitizer, in a build of its own (about 15 minutes the first time)
	@scripts/with-postgres.sh scripts/tsan.sh

bench: ## Measure what the performance claims rest on
	@Benchmarks/run.sh

format: ## Format the Swift sources in place
	@swift format --in-place --parallel --recursive Package.swift Sources Tests

lint: ## Check the formatting of the Swift sources, how secrets are compared, and that links and proofs of the documents exist
	@scripts/check-secrets.sh
	@scripts/check-promises.py
	@scripts/check-links.py
	@echo 'lint: formatting of the Swift sources'
	@swift format lint --strict --parallel --recursive Package.swift Sources Tests

build-deps: ## Install what building needs
	@scripts/install-build-deps.sh

soak-deps:
	@scripts/install-test-deps.sh soak

test-deps: ## Install what the tests need
	@scripts/install-test-deps.sh

clean: ## Remove everything that was built or downloaded
	@rm -rf .build .build-fuzz .build-tsan ui/dist ui/vendor Sources/CWebAssets/generated
