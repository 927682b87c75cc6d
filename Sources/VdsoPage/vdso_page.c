#include "vdso_page.h"
