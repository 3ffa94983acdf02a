# What one does with the sources of trueup; `make` alone tells.

export PATH := $(PATH):$(HOME)/.cargo/bin
CARGO ?= cargo
# pgpool, patroni-etcd or patroni-zookeeper.
TOPOLOGY ?= pgpool
TRUEUP := target/release/trueup
# What drills choose by chance follows from it.
SEED ?= 1
DRILLS ?= target/drills
# How many storms come over each topology.
RUNS ?= 10
# How many suites of live tests run at once.
JOBS ?= 2
# Who makes the lab's hosts: containers, or vagrant.
PROVIDER ?= containers
# A lab of containers is made of bridges and mounts: root's things. One of Vagrant's is the user's own.
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
LAB_SUDO := $(if $(filter vagrant,$(PROVIDER)),,$(SUDO))

.PHONY: help
help: ## Show this
	@echo "make TARGET, where TARGET is one of"
	@sed -n 's/^\([a-z-]*\):.*## /  \1\t/p' $(MAKEFILE_LIST) | expand -t 14

.PHONY: rust
rust:
	@command -v $(CARGO) >/dev/null || { echo "trueup is built with Rust, which is not on this machine: install it from https://rustup.rs"; exit 1; }

.PHONY: deps
deps: ## Install the Debian packages that building and the lab need
	@dev/install build lab

.PHONY: test-deps
test-deps: deps ## Install those that the tests need besides
	@dev/install test

.PHONY: build
build: rust ## Build the release binary
	@dev/install build
	$(CARGO) build --release --locked

.PHONY: lint
lint: rust test-deps ## Check the format, the lints, what runs on hosts (shellcheck), and the dependencies' licences, sources and advisories
	$(CARGO) fmt --check
	$(CARGO) clippy --all-targets --locked -- -D warnings
	$(CARGO) clippy --test live --test conformance --test fuzz --test vm --locked -- -D warnings
	$(CARGO) test --locked --test programs -- shellcheck
	dev/cargo-deny check bans licenses sources
	@# They come without a change here, so they are told and stop nothing.
	-dev/advisories

.PHONY: unit
unit: rust test-deps ## Run what needs no lab: the unit tests, and those that start programs of their own (no root)
	$(CARGO) test --locked

.PHONY: live
live: rust test-deps ## Run what needs root: a minute of odd inputs, a virtual machine that loses its power, and the lab
	$(CARGO) test --locked --test fuzz -- --seconds 60
	$(CARGO) test --locked --test vm -- --nocapture
	$(CARGO) test --locked --test conformance
	$(CARGO) test --locked --test live -- --jobs $(JOBS)

.PHONY: conformance
conformance: rust test-deps ## Have ansible-core record the conformance cases anew (CASES: words of their names), and hold trueup against them (needs root)
	$(CARGO) test --locked --test conformance -- --record $(CASES)
	$(CARGO) test --locked --test conformance -- $(CASES)

.PHONY: test
test: lint unit live ## Run every test, on debian-13 lab hosts too (needs root)

.PHONY: truth
truth: rust test-deps ## Hold the plans of every topology, bare, as declared and harmed by SEED, against what comes of them (needs root)
	$(CARGO) test --locked --test live -- --truth --seed $(SEED) --jobs $(JOBS)
	$(CARGO) test --locked --lib it_is_so_in_500_sequences -- --ignored

.PHONY: test-all
test-all: test ## Run the live tests on debian-12 and debian-14 hosts as well, and those of Red Hat's ways
	$(CARGO) test --locked --test live -- redhat
	$(CARGO) test --locked --test live -- --jobs $(JOBS) --image debian-12
	$(CARGO) test --locked --test live -- --jobs $(JOBS) --image debian-14

.PHONY: test-vagrant
test-vagrant: rust test-deps ## Try the Vagrantfile with the real VirtualBox, up to the start of a machine, and a lab's life with libvirt (needs root, 1.5 GB)
	$(CARGO) test --locked --test vagrant -- --ignored --nocapture --test-threads 1

.PHONY: test-arm64
test-arm64: rust test-deps dist ## Provision an emulated arm64 machine, pull its plug, and let it be a controller (needs root)
	@dev/install arm64
	$(CARGO) test --locked --test vm -- --ignored --nocapture

.PHONY: demo
demo: build ## Build TOPOLOGY's cluster in the lab (pgpool, patroni-etcd, patroni-zookeeper), write through it, leave it running (needs root, or PROVIDER=vagrant)
	@[ $(PROVIDER) = vagrant ] || dev/install lab
	$(LAB_SUDO) dev/demo $(TRUEUP) $(TOPOLOGY) $(PROVIDER)

.PHONY: drill
drill: build ## Drill a lost primary over pgpool and over Patroni in the lab (needs root)
	@dev/install lab
	$(SUDO) dev/drill $(TRUEUP) $(DRILLS)/short $(SEED) pgpool:primary-off patroni-etcd:primary-off

.PHONY: storm
storm: build ## Let RUNS storms of several faults come over each topology in the lab (needs root)
	@dev/install lab
	$(SUDO) dev/drill $(TRUEUP) $(DRILLS)/storm $(SEED) "pgpool:storm --runs $(RUNS)" "patroni-etcd:storm --runs $(RUNS)" "patroni-zookeeper:storm --runs $(RUNS)"

.PHONY: storm-all
storm-all: build ## Let 100 storms come over each topology, and write docs/storms.md (a night, needs root)
	status=0; $(MAKE) storm RUNS=100 || status=$$?; \
	$(TRUEUP) drill --table $(DRILLS)/storm > $(DRILLS)/storms.md && cp $(DRILLS)/storms.md docs/storms.md && exit $$status

.PHONY: drill-all
drill-all: build ## Drill every scenario in every topology, and write docs/drill-results.md (hours, needs root)
	@dev/install lab
	status=0; $(SUDO) dev/drill $(TRUEUP) $(DRILLS)/all $(SEED) pgpool:all patroni-etcd:all patroni-zookeeper:all || status=$$?; \
	$(TRUEUP) drill --table $(DRILLS)/all > $(DRILLS)/results.md && cp $(DRILLS)/results.md docs/drill-results.md && exit $$status

.PHONY: dist
dist: rust ## Build static binaries for x86_64 and aarch64, as archives and Debian packages, into target/dist
	@dev/install build dist
	dev/dist

.PHONY: dist-test
dist-test: dist ## Try them: the one for aarch64 under qemu, the package on a lab host (needs root)
	@dev/install lab dist-test
	$(SUDO) dev/dist-test

.PHONY: bench
bench: build ## Compare with ansible-core (nothing to change, what a plan costs and is worth) and with shell scripts written by hand (bare hosts) (needs root)
	@dev/install lab bench
	$(SUDO) benches/converged/run $(TRUEUP)
	$(SUDO) benches/plan/run $(TRUEUP)
	$(SUDO) benches/cold/run $(TRUEUP)
	$(SUDO) benches/truth/run $(TRUEUP)

.PHONY: clean-lab
clean-lab: build ## Remove TOPOLOGY's lab, its data, passwords and drill reports; images and fetched packages stay cached (PROVIDER as with demo)
	$(LAB_SUDO) $(TRUEUP) lab destroy -i inventories/lab-$(TOPOLOGY) --provider $(PROVIDER) --state
