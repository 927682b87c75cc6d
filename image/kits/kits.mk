# SPDX-License-Identifier: Apache-2.0
# The kits, part of the Makefile: each folder of image/kits with a manifest is one. If an input is newer,
# tools/build-kit links it and checks it. The kernel's image contains those that image/boot names.
KITS := $(patsubst image/kits/%/manifest,%,$(wildcard image/kits/*/manifest))
BUILT_KITS = $(wildcard $(OUT)/kits/*.kit)

# The kit of NAME. A variable NAME_… on the command line is a constant of its manifest.
kit: | setup ## the kit NAME alone, checked, and its host test; CONSTANT=… overrides a constant
	@[ -n "$(NAME)" ] || { echo "make kit NAME=…: the kits are $(KITS)" >&2; exit 2; }
	@tools/build-kit --test $(NAME)

kits: vdso | setup
	@tools/build-kit $(KITS)

# Ten minutes of the machine's time, which passes as instructions are executed.
kit-kills: setup build ## kills members of the queue at random for ten virtual minutes, beside a hostile one
	@mkdir -p $(OUT)/kit-root/lib/kits && cp $(OUT)/kits/vqueue.kit $(OUT)/kit-root/lib/kits
	@tools/cc-arm --kit vqueue Tests/BootTests/Programs/kit_queue.c -o $(OUT)/kit-kills
	@tools/run --icount --timeout 3600 --root $(OUT)/kit-root $(OUT)/kit-kills 600

kit-template: ## image/kits/NAME with a kit that works, to change
	@[ -n "$(NAME)" ] || { echo "make kit-template NAME=…" >&2; exit 2; }
	@tools/kit-template $(NAME)

.PHONY: kit kits kit-kills kit-template
