/* The layout is all in the header; this file makes its assertions part of every build. */
#include "vdso_page.h"
