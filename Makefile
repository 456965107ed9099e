# make run            install what is missing, build, record this kernel and show `top`
# make test           all tests that need no other kernel (root: real bpftrace on this one)
# make bench          what it costs: probes (root), rates, store, query, start-up; results: docs/performance.md
# make test-kernels   the acceptance in three real Debian kernels under QEMU
# make package        .deb, .rpm, npm package, checksums and bill of materials, into build/
# make test-packages  the packages in clean Debian trees, and their service under systemd in three kernels
# make test-scenarios longer ones: who owns block I/O, twelve incidents and what `diagnose` says of them
.PHONY: help run build test bench test-kernels test-scenarios package test-packages lab check format gen clean

help:
	@sed -n 's/^# //p' Makefile

run: build
	@scripts/run

build:
	@scripts/setup
	@npm run --silent build

test: build
	@scripts/test unit native

bench: build
	@scripts/bench/all

lab:
	@scripts/lab/build all

test-kernels: build lab
	@scripts/test kernels

test-scenarios: build lab
	@scripts/test scenarios

package: build
	@scripts/package/all

test-packages: build lab
	@scripts/package/all deb
	@scripts/test packages service

check: build
	@npm run --silent check

format:
	@npm run --silent format

gen: build
	@npm run --silent gen

clean:
	rm -rf dist build
