# SPDX-License-Identifier: Apache-2.0
# The vDSO image, part of the Makefile: tools/build-vdso links it and has vdso-check look at it, if
# any input is newer. The kernel's image holds it (image/boot/vdso_image.S).
vdso: | setup ## the vDSO image alone, checked
	@tools/build-vdso
.PHONY: vdso
