#ifndef VDSO_PAGE_H
#define VDSO_PAGE_H
#endif
