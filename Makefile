# Index of commands. Needs Rust and Node; everything else is installed by the setup targets.
#
#   make run      start Linekeeper on the embedded demo endpoints (tray and window; agent alone without a display)
#   make test     every suite: formatting, lints, Rust, UI, browser, real desktop
#   make check    formatting and lints only
#   make bench    every figure beside its goal, in one table; takes a quarter of an hour
#   make soak     the long tests: thousands of kills and power cuts, ten minutes of random faults; takes more than an hour
#   make api      the gateway against its own OpenAPI document, and the document against a validator; from PyPI, a minute
#   make fuzz     answers and hints of hostile servers, a minute each; needs a nightly compiler of rustup
#   make package  Debian package of the tray program and the command-line program
#   make types    rewrite ui/src/generated from the crate `model`
#   make icons    redraw the rendered icons from their sources
#   make setup    install what run and test need

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

CARGO ?= cargo
TOOLS := $(CURDIR)/target/tools
export PATH := $(TOOLS)/bin:$(PATH)
PEERS := $(CURDIR)/target/peers

# What the tray program needs to build and to run.
DESKTOP_PACKAGES := build-essential pkg-config libwebkit2gtk-4.1-dev libgtk-3-dev libdbus-1-dev libx11-dev
# What the suites stage: a desktop without a screen, a browser, a keyring, foreign servers.
TEST_PACKAGES := jq curl xvfb dbus dunst xfce4-panel xfwm4 xfconf at-spi2-core adwaita-icon-theme fonts-dejavu-core \
	imagemagick xdotool procps iproute2 bsdutils gnome-keyring webkit2gtk-driver chromium \
	python3 python3-venv

# A checkout that is built once has no use for what makes the next build quicker: gigabytes.
ifdef CI
export CARGO_INCREMENTAL := 0
endif

DISPLAY_FOUND := $(or $(DISPLAY),$(WAYLAND_DISPLAY))

.PHONY: help run test check bench soak api fuzz package types icons setup setup-desktop setup-test ui peers tauri-driver

help:
	@sed -n 's/^#   //p' Makefile

run: ui
ifeq ($(DISPLAY_FOUND),)
	@$(call install_packages,build-essential)
	$(CARGO) build -p cli
	target/debug/linekeeper run --demo
else
	@$(MAKE) --no-print-directory setup-desktop
	$(CARGO) build -p linekeeper-desktop -p cli
	target/debug/linekeeper-desktop --demo
endif

test: setup check
	$(CARGO) test --workspace --no-fail-fast
	cd ui && npm test
	cd tests/e2e/browser && npm test

check: setup-desktop ui
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets -- -D warnings
	cd ui && npm run check && npm run lint

bench: setup-test ui
	@$(MAKE) --no-print-directory setup-desktop
	@$(measure)

# Networks and processes that are measured or broken for minutes want no neighbours, so one after the other.
soak: setup-test
	$(CARGO) test -p cli --test cli -- --ignored --nocapture --test-threads 1 kills networks
	$(CARGO) test -p suites --test integration -- --ignored --nocapture
	$(CARGO) test -p outbox -- --ignored --nocapture --test-threads 1
	LINEKEEPER_PAIRS=2000 $(CARGO) test -p cli --test scenarios -- --nocapture pairs
	$(CARGO) test -p suites --test soak -- --ignored --exact --nocapture ten_minutes_of_random_faults_leave_no_leak_and_nobody_stuck

fuzz:
	@[ -x "$(TOOLS)/bin/cargo-fuzz" ] || $(CARGO) install cargo-fuzz --version 0.13.2 --locked --root "$(TOOLS)"
	for target in answers hints; do $(CARGO) +nightly fuzz run --fuzz-dir tests/fuzz $$target -- -max_total_time=60; done

api:
	@$(call install_packages,python3 python3-venv)
	$(CARGO) build -p cli
	tests/api/check.sh target/debug/linekeeper "$(PEERS)"

package: setup-desktop ui
	@[ -x "$(TOOLS)/bin/cargo-deb" ] || $(CARGO) install cargo-deb --version 3.8.0 --locked --root "$(TOOLS)"
	$(CARGO) build --release -p cli -p linekeeper-desktop
	$(CARGO) deb --no-build -p linekeeper-desktop

types:
	LINEKEEPER_WRITE_TYPES=1 $(CARGO) test -p model

icons:
	LINEKEEPER_WRITE_ICONS=1 $(CARGO) test -p presenter

setup: setup-desktop setup-test

setup-desktop:
	@$(call install_packages,$(DESKTOP_PACKAGES))

setup-test: peers tauri-driver
	@cd tests/e2e/browser && $(call npm_install)

peers:
	@$(call install_packages,$(TEST_PACKAGES))
	@tests/peers/setup.sh "$(PEERS)"

tauri-driver:
	@[ -x "$(TOOLS)/bin/tauri-driver" ] || $(CARGO) install tauri-driver --version 2.1.0 --locked --root "$(TOOLS)"

ui: ui/dist/index.html

# Built again when a source is newer.
ui/dist/index.html: ui/package-lock.json $(shell find ui/src ui/locales ui/index.html ui/vite.config.ts -type f 2>/dev/null)
	@cd ui && $(call npm_install)
	cd ui && npm run build

# Every measurement prints lines `figure | what | goal | value | ok`. The one that takes ten minutes, almost all of them
# waiting, runs beside the others. It has a process group of its own, so that it ends when this does.
define measure
mkdir -p target/figures; \
$(CARGO) bench -p suites --bench lines --bench receive --no-run; \
set -m; $(CARGO) bench -p suites --bench lines >target/figures/lines 2>&1 & lines=$$!; set +m; \
trap 'kill -- -$$lines 2>/dev/null || true' EXIT; \
{ \
  $(CARGO) bench -p suites --bench receive; \
  $(CARGO) bench -p outbox --bench durable; \
  $(CARGO) test -p link --lib -- --ignored --nocapture herd; \
  $(CARGO) test --release -p cli --test cli -- --ignored --nocapture --test-threads 1 figures acceptance backlog; \
  $(CARGO) test --release -p cli --test scenarios -- --ignored --nocapture --test-threads 1 figures; \
  $(CARGO) test --release -p linekeeper-desktop --test desktop -- --ignored --exact --nocapture figures::start_time_and_memory_are_measured; \
} 2>&1 | tee target/figures/others; \
echo 'Waiting for the end of the ten minutes.'; \
wait $$lines || { cat target/figures/lines; exit 1; }; \
cat target/figures/others target/figures/lines | awk $(figure_table)
endef

# Fails when a goal is missed.
define figure_table
-F ' *[|] *' ' \
  BEGIN { row = "%-58s %12s %12s   %s\n"; printf "\n" row, "figure", "goal", "value", "" } \
  sub(/^.*figure [|] /, "") { printf row, $$1, $$2, $$3, $$4; rows++; if ($$4 != "ok") missed++ } \
  END { printf "%d figures, %d missed\n", rows, missed; exit missed > 0 || rows == 0 }'
endef

# Installs Debian packages that are missing; says nothing when all are there.
define install_packages
missing=$$(for p in $(1); do dpkg-query -W -f='$${Status}' "$$p" 2>/dev/null | grep -q 'ok installed' || echo "$$p"; done); \
if [ -n "$$missing" ]; then \
  command -v apt-get >/dev/null || { echo "Install these (names as in Debian), then try again:" $$missing >&2; exit 1; }; \
  echo "Installing:" $$missing; \
  sudo=$$([ "$$(id -u)" = 0 ] || echo sudo); \
  $$sudo apt-get update -qq; \
  $$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null; \
fi
endef

# npm ci, skipped while the lock file is the one that was installed.
define npm_install
{ cmp -s package-lock.json node_modules/.installed-lock || { npm ci --no-audit --no-fund && cp package-lock.json node_modules/.installed-lock; }; }
endef
