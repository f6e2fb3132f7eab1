# Every target that a person may call has a line of help after `##`.

SHELL := /bin/bash
PREFIX ?= /usr/local
DESTDIR ?=
SWIFT ?= swift

# What runs: the daemon, its router, the command line and the parent of instances that are plain processes.
PROGRAMS := runaboutd runabout-router runabout runabout-supervisor
RELEASE := .build/release

.DEFAULT_GOAL := help
.PHONY: help run demo build test lint format bench-idle bench-router bench-codec compare-router fuzz install uninstall clean packages-run packages-test toolchain

help: ## Show this list.
	@awk -F':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: packages-run build ## Install what is missing, build and run the platform here until Ctrl-C; state stays in ./.runabout.
	@scripts/run

demo: ## With `make run` in another terminal: build, push and scale a sample service while you watch.
	@scripts/demo

build: toolchain ## Build the programs in release mode.
	@scripts/build-release $(PROGRAMS)

test: packages-test toolchain ## Install what the tests need, build and run all of them. As root none is skipped.
	@scripts/test

lint: toolchain ## Check the form of the sources; changes nothing.
	$(SWIFT) format lint --strict --parallel --recursive Package.swift Sources Tests Examples

format: toolchain ## Bring the sources into form.
	$(SWIFT) format --in-place --parallel --recursive Package.swift Sources Tests Examples

bench-idle: packages-run build ## Measure what 1,000 idle services cost; takes some minutes.
	@scripts/bench-idle

bench-router: toolchain ## Measure the router beside nginx, HAProxy and Caddy (ARGUMENTS=--help); takes half an hour.
	@scripts/build-release runabout-router router-stand
	@scripts/bench-router $(ARGUMENTS)

compare-router: packages-run toolchain ## Take malformed requests and misbehaving instances through nginx, HAProxy and our router.
	@scripts/build-release runabout-router router-probe
	@scripts/compare-parsers

bench-codec: toolchain ## Measure what reading and writing one head takes.
	@mkdir -p .build/codec
	@scripts/build-codec .build/codec/bench Benchmarks/codec/main.swift -- -O -enforce-exclusivity=unchecked
	@.build/codec/bench

fuzz: toolchain ## Let a fuzzer attack the router's protocols, a minute each (SECONDS=600 for longer).
	@scripts/fuzz $(or $(SECONDS),60)

install: build ## Install programs, units and example configuration below $(DESTDIR)$(PREFIX); enables nothing.
	@DESTDIR="$(DESTDIR)" PREFIX="$(PREFIX)" deploy/install $(PROGRAMS)

uninstall: ## Remove what `make install` installed; state and configuration stay.
	@DESTDIR="$(DESTDIR)" PREFIX="$(PREFIX)" deploy/uninstall $(PROGRAMS)

clean: ## Remove what was built. State in ./.runabout stays.
	rm -rf .build

packages-run:
	@scripts/install-packages run

packages-test:
	@scripts/install-packages test

toolchain:
	@scripts/check-toolchain
