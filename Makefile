# SPDX-License-Identifier: Apache-2.0
# Apus: `make run` boots the kernel, `make test` tests it. `make` prints the list of targets.
#
# All products are in .build/apus: kernel.elf (with symbols), kernel.bin (the boot image), vdso.so, init,
# kernel.map; another board's kernel is in .build/apus/boards. The target's flags are in
# image/toolset.json.

# A make that a recipe starts is a first one, not a part of this one: it prints no folder.
SHELL := /usr/bin/env
.SHELLFLAGS := -u MAKELEVEL bash -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

# Independent recipes run in parallel. A make that a recipe starts does not inherit this.
MAKEFLAGS += --jobs=2
unexport MAKEFLAGS MFLAGS

# A folder of image/boards.
BOARD ?= virt
BOARDS := $(patsubst image/boards/%/machine,%,$(wildcard image/boards/*/machine))
ifneq ($(words $(BOARD)) $(filter $(BOARD),$(BOARDS)),1 $(BOARD))
$(error there is no board '$(BOARD)'; BOARD is one of: $(BOARDS))
endif
export APUS_BOARD := $(BOARD)

OUT := .build/apus
BOARD_OUT := $(OUT)$(if $(filter-out virt,$(BOARD)),/boards/$(BOARD))
SCRATCH := .build/target$(if $(filter-out virt,$(BOARD)),-$(BOARD))
TRIPLE := armv7-none-none-eabi
LINKED := $(SCRATCH)/$(TRIPLE)/release/Kernel
TOOLCHAIN := $(dir $(shell readlink -f "$$(command -v swift)"))
# With APUS_TARGET the package has the modules that are for the target only.
TARGET_BUILD := APUS_TARGET=1 tools/swift-build
# Debug information has paths relative to the checkout and to the toolchain, so that the build ID, a hash
# of the whole ELF file, does not depend on their folders.
TARGET := --triple $(TRIPLE) --toolset image/toolset.json -c release --scratch-path $(SCRATCH) \
    -Xswiftc -file-prefix-map -Xswiftc '$(CURDIR)=.' -Xcc '-ffile-prefix-map=$(CURDIR)=.' \
    -Xswiftc -file-prefix-map -Xswiftc '$(TOOLCHAIN:/bin/=)=swift' -Xcc '-ffile-prefix-map=$(TOOLCHAIN:/bin/=)=swift'
OBJCOPY := $(firstword $(wildcard $(TOOLCHAIN)llvm-objcopy) llvm-objcopy)
NM := $(firstword $(wildcard $(TOOLCHAIN)llvm-nm) llvm-nm)
OBJDUMP := $(firstword $(wildcard $(TOOLCHAIN)llvm-objdump) llvm-objdump)

# The program of `make run`, its arguments, and options of tools/run.
PROGRAM ?= $(OUT)/init
ARGS ?=
RUN ?=
FUZZ ?=
program = '$(subst ','\'',$(PROGRAM))'

.PHONY: help setup build kernel modules test-kernel debug-kernel debug-test-kernel watched-kernel board-tree vdso init tests run shell test \
    port-test check fresh fuzz bench trace debug size docs docs-serve symbolize clean

help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## / { name[++n] = $$1; text[n] = $$2 } \
	    length($$1) > width && NF > 1 { width = length($$1) } \
	    END { for (i = 1; i <= n; i++) printf "  make %-*s  %s\n", width, name[i], text[i] }' \
	    $(MAKEFILE_LIST)

setup: ## install missing tools: QEMU, cpio, gdb; the ARM sysroot in .build
	@tools/setup

build: kernel board-tree init ## the kernel, its vDSO and the first program; BOARD=NAME for another board

run: setup build ## boot PROGRAM (default: the tour) with ARGS, kernel lines shown
	@tools/run --board $(BOARD) --verbose $(RUN) $(program) $(ARGS)

# What `make shell` boots: Debian's busybox, or a root of Debian's packages with bash.
ROOT ?= busybox
ifneq ($(words $(ROOT)) $(filter $(ROOT),busybox debian),1 $(ROOT))
$(error there is no root '$(ROOT)'; ROOT is busybox or debian)
endif

shell: setup build ## boots a shell on the terminal: busybox's, or with ROOT=debian bash; `exit` powers off
ifeq ($(ROOT),debian)
	@tools/setup debian
	@mkdir -p .build/sysroot-debian/usr/local/bin && cp $(OUT)/liteos .build/sysroot-debian/usr/local/bin
	@tools/run --board $(BOARD) --timeout 86400 --root .build/sysroot-debian $(RUN) image/shell/debian
else
	@tools/setup shell
	@rm -rf $(OUT)/shell-root && mkdir -p $(OUT)/shell-root/bin
	@cp .build/sysroot-busybox/usr/bin/busybox $(OUT)/liteos $(OUT)/shell-root/bin && ln -s busybox $(OUT)/shell-root/bin/sh
	@tools/run --board $(BOARD) --timeout 86400 --root $(OUT)/shell-root $(RUN) image/shell/init
endif

test: setup build test-kernel debug-kernel debug-test-kernel tests ## host tests, then boot tests; the last line counts them
	@tools/setup tests
	@tools/test

port-test: setup build ## what a port of BOARD must pass: drivers, the MMU's contract, boot tests
	@tools/test --filter '^(Board|Port)[A-Za-z0-9]+Tests|^BootTests'

check: ## what CI runs: gates, documents, budgets, sanitizers, the tests on a fresh machine
	@.ci/run

fresh: ## `make run` and `make test` on a bare Debian 12 in a folder; needs root
	@tools/fresh-machine

fuzz: setup build debug-kernel ## random calls against the kernel; FUZZ has options of tools/fuzz
	@tools/fuzz $(FUZZ)

bench: setup build test-kernel watched-kernel ## instruction counts compared with Linux': table, JSON, SVG
	@tools/bench

# The default program: five threads on two CPUs.
ifeq ($(origin PROGRAM),file)
trace: PROGRAM := $(OUT)/threads
trace: RUN := --smp 2 $(RUN)
trace: $(OUT)/threads
endif
trace: setup build debug-kernel ## draw what the scheduler does while PROGRAM runs, in .build/apus/trace.svg
	@tools/trace $(RUN) $(program) $(ARGS)

$(OUT)/threads: image/bench/threads.c tools/cc-arm | setup
	@mkdir -p $(OUT)
	@tools/cc-arm -O2 $< -o $@

debug: setup build ## boot PROGRAM stopped, with gdb on the kernel
	@tools/debug --board $(BOARD) $(RUN) $(program) $(ARGS)

size: build ## sections of the kernel and of the vDSO, and the kernel's largest symbols
	@$(OBJDUMP) -h $(BOARD_OUT)/kernel.elf $(OUT)/vdso.so | awk '/format/ { print $$1 } \
	    NF == 5 && $$1 ~ /^[0-9]+$$/ && $$2 !~ /debug|tab$$/ { printf "  %-20s 0x%s at 0x%s\n", $$2, $$3, $$4 }'
	@echo "the largest symbols, in bytes"
	@$(NM) --print-size --size-sort --reverse-sort --radix=d $(BOARD_OUT)/kernel.elf | \
	    awk 'NR <= 24 { print $$2 + 0, $$4 }' | swift demangle --simplified | cut -c1-110 | sed 's/^/  /'

docs: build ## the documents and the modules’ documentation as a static site in .build/docs/site
	@tools/docs

docs-serve: docs ## make the site and serve it on this machine
	@tools/docs serve

symbolize: ## turn a panic on standard input into files and lines
	@tools/symbolize

clean: ## remove all build results and the sysroot
	rm -rf .build

# The modules that do not contain the vDSO image: a first build compiles them while the image is made.
modules: | setup
	@[ -f $(LINKED) ] || $(TARGET_BUILD) "the kernel's modules" $(TARGET) --target UserSpace

# SwiftPM does not link again after a change of the linker script, a flag, the vDSO image or a kit.
kernel: vdso kits modules
	@if [ -f $(LINKED) ] && [ -n "$$(find image/toolset.json image/boot $(OUT)/vdso.so $(BUILT_KITS) -newer $(LINKED))" ]; then \
	    rm -f $(LINKED); touch image/boot/vdso_image.S image/boot/kits.S; fi
	@mkdir -p $(BOARD_OUT) .build/target
	@$(TARGET_BUILD) "the kernel for $(BOARD)" $(TARGET) --product Kernel
	@cmp -s $(LINKED) $(BOARD_OUT)/kernel.elf || { cp $(LINKED) $(BOARD_OUT)/kernel.elf && \
	    cp .build/target/kernel.map $(BOARD_OUT)/kernel.map && \
	    $(OBJCOPY) -O binary $(BOARD_OUT)/kernel.elf $(BOARD_OUT)/kernel.bin; }

# The kernel with C code that tests and measures the LiteOS interface; for virt.
TEST_LINKED := $(SCRATCH)/$(TRIPLE)/release/TestKernel
test-kernel: kernel ## the kernel with C code that tests and measures the LiteOS interface
	@if [ -f $(TEST_LINKED) ] && [ -n "$$(find image/toolset.json image/boot $(OUT)/vdso.so $(BUILT_KITS) -newer $(TEST_LINKED))" ]; then \
	    rm -f $(TEST_LINKED); fi
	@$(TARGET_BUILD) "the test kernel" $(TARGET) --product TestKernel
	@cmp -s $(TEST_LINKED) $(OUT)/test-kernel.elf || { cp $(TEST_LINKED) $(OUT)/test-kernel.elf && \
	    $(OBJCOPY) -O binary $(OUT)/test-kernel.elf $(OUT)/test-kernel.bin; }

# The debug build of the kernel: it checks its locks and records a trace (docs/commands.md).
DEBUG_LINKED := $(SCRATCH)-debug/$(TRIPLE)/release/Kernel
debug-kernel: kernel ## the kernel that checks its locks, counts their use and records a trace
	@if [ -f $(DEBUG_LINKED) ] && [ -n "$$(find image/toolset.json image/boot $(OUT)/vdso.so $(BUILT_KITS) -newer $(DEBUG_LINKED))" ]; then \
	    rm -f $(DEBUG_LINKED); fi
	@$(TARGET_BUILD) "the debug kernel" $(TARGET) --scratch-path $(SCRATCH)-debug -Xswiftc -DDEBUG \
	    --product Kernel
	@cmp -s $(DEBUG_LINKED) $(BOARD_OUT)/debug-kernel.elf || { cp $(DEBUG_LINKED) $(BOARD_OUT)/debug-kernel.elf && \
	    $(OBJCOPY) -O binary $(BOARD_OUT)/debug-kernel.elf $(BOARD_OUT)/debug-kernel.bin; }

# The debug build of the test kernel: it checks the locks of C code; for virt.
DEBUG_TEST_LINKED := $(SCRATCH)-debug/$(TRIPLE)/release/TestKernel
debug-test-kernel: debug-kernel ## the test kernel that checks its locks
	@if [ -f $(DEBUG_TEST_LINKED) ] && [ -n "$$(find image/toolset.json image/boot $(OUT)/vdso.so $(BUILT_KITS) -newer $(DEBUG_TEST_LINKED))" ]; then \
	    rm -f $(DEBUG_TEST_LINKED); fi
	@$(TARGET_BUILD) "the debug test kernel" $(TARGET) --scratch-path $(SCRATCH)-debug -Xswiftc -DDEBUG \
	    --product TestKernel
	@cmp -s $(DEBUG_TEST_LINKED) $(OUT)/debug-test-kernel.elf || { cp $(DEBUG_TEST_LINKED) $(OUT)/debug-test-kernel.elf && \
	    $(OBJCOPY) -O binary $(OUT)/debug-test-kernel.elf $(OUT)/debug-test-kernel.bin; }

# The test kernel that measures how long interrupts are masked (PortARMv7A/WatchedCPU.swift); for virt.
WATCHED_LINKED := $(SCRATCH)-watch/$(TRIPLE)/release/TestKernel
watched-kernel: kernel ## the test kernel that measures how long interrupts are masked
	@if [ -f $(WATCHED_LINKED) ] && [ -n "$$(find image/toolset.json image/boot $(OUT)/vdso.so $(BUILT_KITS) -newer $(WATCHED_LINKED))" ]; then \
	    rm -f $(WATCHED_LINKED); fi
	@$(TARGET_BUILD) "the watched kernel" $(TARGET) --scratch-path $(SCRATCH)-watch -Xswiftc -DWATCH \
	    --product TestKernel
	@cmp -s $(WATCHED_LINKED) $(OUT)/watched-kernel.elf || { cp $(WATCHED_LINKED) $(OUT)/watched-kernel.elf && \
	    $(OBJCOPY) -O binary $(OUT)/watched-kernel.elf $(OUT)/watched-kernel.bin; }

# The device tree of a board, if QEMU does not make one.
board-tree: $(patsubst image/boards/$(BOARD)/$(BOARD).dts,$(BOARD_OUT)/board.dtb,$(wildcard \
    image/boards/$(BOARD)/$(BOARD).dts))
$(BOARD_OUT)/board.dtb: image/boards/$(BOARD)/$(BOARD).dts | setup
	@mkdir -p $(BOARD_OUT)
	@dtc -q -I dts -O dtb -o $@ $<

include image/vdso/vdso.mk
include image/kits/kits.mk

init: $(OUT)/init $(OUT)/liteos
$(OUT)/init: $(wildcard image/init/* image/bench/*.h) tools/cc-arm | setup
	@echo "build: the first program" >&2
	@mkdir -p $(OUT)
	@tools/cc-arm -Os -import-objc-header image/init/init.h \
	    $(filter %.swift %.c,$(wildcard image/init/*)) -o $@

$(OUT)/liteos: $(wildcard image/shell/liteos/* image/init/Lines.swift) tools/cc-arm | setup
	@echo "build: the shell's commands of LiteOS" >&2
	@mkdir -p $(OUT)
	@tools/cc-arm -Os -import-objc-header image/shell/liteos/liteos.h $(filter %.swift,$^) -o $@

# The tests, in parallel with linking kernels; after the vDSO, whose checker is built in the same folder.
tests: vdso kits
	@tools/swift-build "the tests" --build-tests
