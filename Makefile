# Dovetail. `make` lists what there is; CONFIGURATION=debug builds for the debugger.
CONFIGURATION ?= release
PREFIX ?= /usr/local
DESTDIR ?=
FILTER ?=
LOG ?= /var/log/dpkg.log
SEED ?=
SECONDS ?= 60
THREADS ?= 4
SOAK_SECONDS ?= 600
SANITIZE ?=
SANITIZED = $(if $(SANITIZE),--sanitize=$(SANITIZE) --scratch-path .build/$(SANITIZE)-sanitizer)

PRODUCTS ?= .build/$(CONFIGURATION)
PLUGINS := .build/plugins
DEBUG_PLUGINS := .build/plugins-debug
SOURCES := $(wildcard Sources PluginSDK Plugins Tests Benchmarks Examples) Package.swift

.PHONY: help build debug plugins demo test stress fuzz soak bench bench-peers format lint install install-sdk clean
.DEFAULT_GOAL := help

help: ## List these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' Makefile

build: ## Build dovetail and all plugins (release) into .build/release and .build/plugins
	swift build -c $(CONFIGURATION) --product dovetail
	swift build -c $(CONFIGURATION) --product dovetail-worker
	Plugins/build.sh $(CONFIGURATION) $(PLUGINS)

debug: ## The same for the debugger, into .build/debug and .build/plugins-debug
	swift build --product dovetail
	swift build --product dovetail-worker
	Plugins/build.sh debug $(DEBUG_PLUGINS)

plugins: ## Build the plugins only (installs from Debian the libraries that some need)
	.ci/needs libraries
	Plugins/build.sh $(CONFIGURATION) $(PLUGINS)

demo: build ## Show the whole at work on a real log: make demo LOG=/var/log/dpkg.log
	@swift build -c $(CONFIGURATION) --product dovetail-demo
	@.build/$(CONFIGURATION)/dovetail-demo --dovetail .build/$(CONFIGURATION)/dovetail --plugins $(PLUGINS) --log '$(LOG)'

test: ## Check the format, build everything, run all tests (installs what they need from Debian)
	.ci/needs
	$(MAKE) --no-print-directory lint
	swift build --build-tests
	Plugins/build.sh debug $(DEBUG_PLUGINS)
# Tests of tasks share two threads with all tests that wait for a process: alone, a minute is far more than they need.
	swift test --skip-build --filter TaskTests
	swift test --skip-build --parallel --skip TaskTests --xunit-output .build/tests.xml

stress: ## Hold the bus against a model under load: make stress SEED=7 SECONDS=60 THREADS=4 SANITIZE=thread
	swift build $(SANITIZED) --product stress-bus
	STRESS_SEED=$(SEED) STRESS_SECONDS=$(SECONDS) STRESS_THREADS=$(THREADS) \
	  TSAN_OPTIONS="halt_on_error=1 second_deadlock_stack=1" \
	  "$$(swift build $(SANITIZED) --show-bin-path)"/stress-bus

fuzz: SECONDS = 300
fuzz: ## Set hostile workers and random calls on hosts: make fuzz SEED=7 SECONDS=300
	swift build --product dovetail
	swift build --product dovetail-worker
	swift build --product hostile-worker
	swift build --product stress-isolation
	STRESS_SEED=$(SEED) STRESS_SECONDS=$(SECONDS) "$$(swift build --show-bin-path)"/stress-isolation fuzz

soak: ## Run healthy plugins beside one that misbehaves at random: make soak SOAK_SECONDS=600
	swift build --product dovetail
	swift build --product dovetail-worker
	swift build --product stress-isolation
	STRESS_SECONDS=$(SOAK_SECONDS) "$$(swift build --show-bin-path)"/stress-isolation soak

bench: ## Measure (release): make bench FILTER=publish
	Benchmarks/run.sh $(FILTER)

bench-peers: ## Install from Debian the libraries that figures are held against
	Benchmarks/Peers/install.sh

format: ## Bring all Swift sources into form
	swift format --in-place --recursive --parallel --configuration .swift-format $(SOURCES)

lint: ## Check the form of all Swift sources
	swift format lint --strict --recursive --parallel --configuration .swift-format $(SOURCES)

install: build install-sdk ## Install below PREFIX (/usr/local), staged in DESTDIR
	install -d "$(DESTDIR)$(PREFIX)/bin" "$(DESTDIR)$(PREFIX)/lib/dovetail/plugins" \
	  "$(DESTDIR)$(PREFIX)/libexec/dovetail" \
	  "$(DESTDIR)$(PREFIX)/share/bash-completion/completions" \
	  "$(DESTDIR)$(PREFIX)/share/zsh/site-functions" "$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d"
	install -m 755 .build/$(CONFIGURATION)/dovetail "$(DESTDIR)$(PREFIX)/bin/dovetail"
	install -m 755 .build/$(CONFIGURATION)/dovetail-worker "$(DESTDIR)$(PREFIX)/libexec/dovetail/dovetail-worker"
	install -m 644 $(PLUGINS)/*.so "$(DESTDIR)$(PREFIX)/lib/dovetail/plugins/"
	install -d "$(DESTDIR)$(PREFIX)/lib/systemd/system"
	sed 's|/usr/local/bin|$(PREFIX)/bin|' Sources/dovetail/systemd/dovetail@.service \
	  >"$(DESTDIR)$(PREFIX)/lib/systemd/system/dovetail@.service"
	.build/$(CONFIGURATION)/dovetail completions bash >"$(DESTDIR)$(PREFIX)/share/bash-completion/completions/dovetail"
	.build/$(CONFIGURATION)/dovetail completions zsh >"$(DESTDIR)$(PREFIX)/share/zsh/site-functions/_dovetail"
	.build/$(CONFIGURATION)/dovetail completions fish >"$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/dovetail.fish"

# What authors in C, C++ and Rust need; PRODUCTS is where `swift build` put embed-manifest-tool.
install-sdk:
	install -d "$(DESTDIR)$(PREFIX)/bin" "$(DESTDIR)$(PREFIX)/include/dovetail" \
	  $(patsubst %,"$(DESTDIR)$(PREFIX)/share/dovetail/templates/%",c cpp rust)
	install -m 755 "$(PRODUCTS)/embed-manifest-tool" "$(DESTDIR)$(PREFIX)/bin/"
	install -m 644 PluginSDK/CDovetail/include/dovetail.h "$(DESTDIR)$(PREFIX)/include/"
	install -m 644 PluginSDK/CDovetail/include/dovetail/*.h "$(DESTDIR)$(PREFIX)/include/dovetail/"
	install -m 644 PluginSDK/plugin.map PluginSDK/ABI.md "$(DESTDIR)$(PREFIX)/share/dovetail/"
	install -m 755 PluginSDK/Templates/build.sh "$(DESTDIR)$(PREFIX)/share/dovetail/templates/"
	for name in c cpp rust; do \
	  install -m 644 PluginSDK/Templates/$$name/* "$(DESTDIR)$(PREFIX)/share/dovetail/templates/$$name/" || exit; \
	done

clean: ## Remove everything that was built
	rm -rf .build
