# SPDX-License-Identifier: Apache-2.0
# The vDSO image, part of the Makefile: if an input is newer, tools/build-vdso links it and checks it
# with vdso-check. The kernel's image contains it (image/boot/vdso_image.S).
vdso: | setup ## the vDSO image alone, checked
	@tools/build-vdso
.PHONY: vdso
