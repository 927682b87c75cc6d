// SPDX-License-Identifier: Apache-2.0
/* The layout is all in the header; compiling this file checks its assertions in every build. */
#include "vdso_page.h"
