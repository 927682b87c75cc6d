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

kit-template: ## image/kits/NAME with a kit that works, to change
	@[ -n "$(NAME)" ] || { echo "make kit-template NAME=…" >&2; exit 2; }
	@tools/kit-template $(NAME)

.PHONY: kit kits kit-template
