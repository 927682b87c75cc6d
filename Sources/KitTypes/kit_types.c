// SPDX-License-Identifier: Apache-2.0
/* The layouts are all in headers; compiling this file checks their assertions in every build. */
#include "kit_types.h"
