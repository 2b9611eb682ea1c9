# Index of commands. Needs Rust and Node; everything else is installed by the setup targets.
#
#   make run      start Linekeeper on the embedded demo endpoints (tray and window; agent alone without a display)
#   make test     every suite: formatting, lints, Rust, UI, browser, real desktop
#   make check    formatting and lints only
#   make bench    figures: memory and start time of the tray program, receive path
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
# What the suites stage: a desktop without a screen, a browser, foreign servers.
TEST_PACKAGES := xvfb dbus dunst xfce4-panel xfwm4 xfconf at-spi2-core adwaita-icon-theme fonts-dejavu-core \
	imagemagick xdotool procps webkit2gtk-driver chromium python3 python3-venv

DISPLAY_FOUND := $(or $(DISPLAY),$(WAYLAND_DISPLAY))

.PHONY: help run test check bench package types icons setup setup-desktop setup-test ui peers tauri-driver

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
	$(CARGO) test --workspace
	cd ui && npm test
	cd tests/e2e/browser && npm test

check: setup-desktop ui
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets -- -D warnings
	cd ui && npm run check && npm run lint

bench: setup-test ui
	$(CARGO) bench -p suites --bench receive
	@$(MAKE) --no-print-directory setup-desktop
	$(CARGO) test --release -p linekeeper-desktop --test desktop -- --ignored --exact --nocapture figures::start_time_and_memory_are_measured

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
