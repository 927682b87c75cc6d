// SPDX-License-Identifier: Apache-2.0
/* The layout is all in the header; this file makes its assertions part of every build. */
#include "vdso_page.h"
