// SPDX-License-Identifier: Apache-2.0
/* Makes memory calls with valid and invalid arguments and prints the results: one line for each call, -errno for a
 * refusal, A+x for addresses around A. vm_calls.txt is the output on Linux 6.1. Not tested: the changes of a
 * refused mprotect before a hole, of which Linux makes more.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <fcntl.h>
#include <sys/stat.h>
#define PG 4096
#define OK(r) ((unsigned long)(r) < -4095ul)
#define A 0x30000000u
static long sc(long n, long a, long b, long c, long d, long e, long f) { errno = 0; long r = syscall(n, a, b, c, d, e, f); return r == -1 ? -errno : r; }
static void show(const char *n, long r) { 
  if (r < 0 && r > -4096) printf("%-44s %ld\n", n, r);
  else if (r >= A && r < A + 0x10000000) printf("%-44s A+%lx\n", n, r - (long)A);
  else if (OK(r) && (unsigned long)r > 0x10000) printf("%-44s somewhere\n", n);
  else printf("%-44s %ld\n", n, r); fflush(stdout);}
#define S(x) show(#x, x)
#define MREMAP(o,ol,nl,fl,na) sc(SYS_mremap,o,ol,nl,fl,na,0)
#define MMAP(a,l,p,f) sc(SYS_mmap2,a,l,p,f,-1,0)
#define MUNMAP(a,l) sc(SYS_munmap,a,l,0,0,0,0)
#define MPROT(a,l,p) sc(SYS_mprotect,a,l,p,0,0,0)
#define MADV(a,l,v) sc(SYS_madvise,a,l,v,0,0,0)
#define MSYNC(a,l,f) sc(SYS_msync,a,l,f,0,0,0)
#define MLOCK(a,l) sc(SYS_mlock,a,l,0,0,0,0)
#define MUNLOCK(a,l) sc(SYS_munlock,a,l,0,0,0,0)
#define MLOCK2(a,l,f) sc(SYS_mlock2,a,l,f,0,0,0)
#define MLOCKALL(f) sc(SYS_mlockall,f,0,0,0,0,0)
static unsigned char vec[64];
#define MINCORE(a,l,v) sc(SYS_mincore,a,l,v,0,0,0)
#define V ((long)vec)
#define AN (MAP_PRIVATE|MAP_ANONYMOUS)
#define SH (MAP_SHARED|MAP_ANONYMOUS)
#define RW 3
static volatile char *p(unsigned x) { return (volatile char*)x; }
static void fresh(int pages) { MUNMAP(A, 0x1000000); MMAP(A, pages*PG, RW, AN|MAP_FIXED); for (int i = 0; i < pages; i++) *p(A+i*PG) = i+1; }
static void core(const char*n, unsigned a, int pages) { memset(vec,9,64); long r = MINCORE(a,pages*PG,V); printf("%s %ld:", n, r); for (int i=0;i<pages;i++) printf(" %d", vec[i]&1); printf("\n"); }
static void maps(const char *t) { printf("maps %s\n", t); FILE *f = fopen("/proc/self/maps","r"); if(!f){puts("none");return;} char l[300]; while (fgets(l,300,f)) { unsigned s,e; char pr[8]; if (sscanf(l,"%x-%x %4s",&s,&e,pr)==3 && s>=A && s<A+0x10000000) printf("  %x-%x %s\n", s-A,e-A,pr);} fclose(f);}
int main(void) {
  mkdir("/proc", 0755); /* Linux's init has no /proc yet. */
  sc(SYS_mount,(long)"proc",(long)"/proc",(long)"proc",0,0,0);
  puts("== mremap");
  fresh(4); S(MREMAP(A,4*PG,2*PG,0,0)); maps("shrunk");
  fresh(4); S(MREMAP(A,4*PG,8*PG,0,0)); maps("grown"); printf("%d %d %d\n", *p(A), *p(A+3*PG), *p(A+7*PG));
  fresh(4); MMAP(A+4*PG,PG,1,AN|MAP_FIXED); S(MREMAP(A,4*PG,8*PG,0,0));
  { long r = MREMAP(A,4*PG,8*PG,1,0); S(r); if (OK(r)) { printf("%d %d %d\n", *p(r), *p(r+3*PG), *p(r+7*PG)); MUNMAP(r,8*PG);} maps("moved"); }
  fresh(4); S(MREMAP(A,4*PG,4*PG,0,0)); S(MREMAP(A,4*PG,4*PG,1,0)); S(MREMAP(A+1,4*PG,4*PG,1,0)); S(MREMAP(A,4*PG,0,1,0)); S(MREMAP(A,0,4*PG,1,0)); S(MREMAP(A,0,4*PG,0,0));
  S(MREMAP(A,4*PG,4*PG,8,0)); S(MREMAP(A,4*PG,4*PG,2,A+0x100000)); S(MREMAP(A,4*PG,4*PG,3,A+0x100000)); printf("%d\n", *p(A+0x100000+3*PG)); maps("fixed");
  fresh(4); S(MREMAP(A,4*PG,4*PG,3,A+PG)); S(MREMAP(A,4*PG,4*PG,3,A+0x100001)); S(MREMAP(A,4*PG,4*PG,3,0x1000)); S(MREMAP(A,4*PG,4*PG,3,0xbffff000)); S(MREMAP(A,4*PG,4*PG,3,0xfffff000u)); S(MREMAP(A,4*PG,2*PG,3,A+0x100000)); maps("fixed shrink");
  fresh(4); S(MREMAP(A,2*PG,6*PG,3,A+0x100000)); maps("fixed grow part"); 
  fresh(4); S(MREMAP(A,8*PG,10*PG,1,0)); S(MREMAP(A,8*PG,2*PG,1,0)); S(MREMAP(A+0x200000,PG,2*PG,1,0)); S(MREMAP(A+0x200000,PG,PG,0,0)); S(MREMAP(A+0x200000,2*PG,PG,0,0)); S(MREMAP(A+0x200000,PG,PG,3,A+0x300000));
  fresh(4); MPROT(A+2*PG,PG,1); S(MREMAP(A,4*PG,6*PG,1,0)); S(MREMAP(A,4*PG,4*PG,0,0)); S(MREMAP(A,4*PG,3*PG,0,0)); maps("shrunk 2"); S(MREMAP(A,3*PG,3*PG,3,A+0x100000));
  fresh(4); S(MREMAP(A+PG,PG,3*PG,0,0)); { long r=MREMAP(A+PG,PG,3*PG,1,0); S(r); maps("middle moved"); MUNMAP(r,3*PG); }
  fresh(4); S(MREMAP(A,4*PG,0xfffff001u,1,0)); S(MREMAP(A,4*PG,0x90000000u,1,0)); S(MREMAP(A,4*PG,0x7fffffffu,0,0)); S(MREMAP(A,0xfffff001u,PG,1,0)); S(MREMAP(A,4*PG,8*PG,3,0xbffff000u)); maps("same");
  fresh(4); S(MREMAP(A,4*PG,8*PG,5,0)); { long r=MREMAP(A,4*PG,4*PG,5,0); S(r); if(OK(r)){ maps("dontunmap"); printf("%d %d\n",*p(A),*p(r)); MUNMAP(r,4*PG);} } S(MREMAP(A,4*PG,4*PG,4,0));
  fresh(4); MMAP(A+0x100000,PG,RW,SH|MAP_FIXED); *p(A+0x100000)=7; { long r=MREMAP(A+0x100000,0,PG,1,0); S(r); if (OK(r)) { printf("%d ", *p(r)); *p(r)=9; printf("%d\n", *p(A+0x100000)); MUNMAP(r,PG);} S(MREMAP(A+0x100000,0,PG,0,0)); S(MREMAP(A+0x100000,0,PG,3,A+0x200000)); S(MREMAP(A+0x100000,0,PG,2,A+0x200000)); }
  { fresh(4); MMAP(A+0x100000,2*PG,RW,SH|MAP_FIXED); *p(A+0x100000)=7; long r=MREMAP(A+0x100000,2*PG,4*PG,1,0); S(r); if(OK(r))printf("%d\n",*p(r)); MUNMAP(r,4*PG);}
  puts("== mincore");
  fresh(4); MMAP(A+4*PG,4*PG,RW,AN|MAP_FIXED); *p(A+5*PG)=1; core("anon",A,8); (void)*p(A+6*PG); core("after read",A,8);
  S(MINCORE(A+1,PG,V)); S(MINCORE(A,0,V)); S(MINCORE(A,9*PG,V)); S(MINCORE(A+0x200000,PG,V)); S(MINCORE(A,PG,0)); S(MINCORE(A,1,V)); S(MINCORE(0xfffff000u,PG,V)); S(MINCORE(A,0xffffffffu,V)); S(MINCORE(A,0xd0000000u,V)); S(MINCORE(0xfffff000u,0,V)); S(MINCORE(A+0x200000,0,0));
  puts("== msync");
  fresh(4); S(MSYNC(A,4*PG,0)); S(MSYNC(A,4*PG,4)); S(MSYNC(A,4*PG,1)); S(MSYNC(A,4*PG,2)); S(MSYNC(A,4*PG,5)); S(MSYNC(A,4*PG,8)); S(MSYNC(A+1,PG,4)); S(MSYNC(A,5*PG,4)); S(MSYNC(A+0x200000,PG,4)); S(MSYNC(A,0,4)); S(MSYNC(A,0,5)); S(MSYNC(A,0xffffffffu,4)); S(MSYNC(A,0xe0000000u,4)); S(MSYNC(A+0x200000,0,4)); S(MSYNC(A,4*PG,6)); S(MSYNC(A,4*PG,3)); S(MSYNC(A,4*PG,7));
  puts("== mlock");
  S(MLOCK(A,4*PG)); S(MLOCK(A,5*PG)); S(MLOCK(A+1,PG)); S(MLOCK(A,0)); S(MLOCK(A+0x200000,PG)); S(MLOCK(A,0xffffffffu)); S(MUNLOCK(A,4*PG)); S(MUNLOCK(A,5*PG)); S(MUNLOCK(A+1,PG)); S(MUNLOCK(A,0)); S(MUNLOCK(A+0x200000,PG)); S(MUNLOCK(A,0xffffffffu)); S(MUNLOCK(A,0xe0000000u)); S(MLOCK2(A,PG,0)); S(MLOCK2(A,PG,1)); S(MLOCK2(A,PG,2)); S(MLOCKALL(0)); S(MLOCKALL(1)); S(MLOCKALL(2)); S(MLOCKALL(3)); S(MLOCKALL(4)); S(MLOCKALL(5)); S(MLOCKALL(8)); S(MLOCKALL(7)); S(sc(SYS_munlockall,0,0,0,0,0,0));
  MMAP(A+0x100000,4*PG,RW,AN|MAP_FIXED); core("before mlock",A+0x100000,4); MLOCK(A+0x100000,4*PG); core("after mlock",A+0x100000,4); MUNLOCK(A+0x100000,4*PG); MMAP(A+0x200000,PG,0,AN|MAP_FIXED); S(MLOCK(A+0x200000,PG)); 
  puts("== madvise");
  for (int v = -1; v < 30; v++) { fresh(4); char n[64]; snprintf(n,64,"madvise(A,4,%d)",v); show(n, MADV(A,4*PG,v)); snprintf(n,64,"madvise(A,5,%d)",v); show(n, MADV(A,5*PG,v)); snprintf(n,64,"madvise(A,0,%d)",v); show(n, MADV(A,0,v)); snprintf(n,64,"madvise(A+1,4,%d)",v); show(n, MADV(A+1,4*PG,v)); }
  for (int i = 0; i < 4; i++) { static const int v[]={100,101,102,103}; fresh(4); char n[64]; snprintf(n,64,"madvise(A,4,%d)",v[i]); show(n, MADV(A,4*PG,v[i])); snprintf(n,64,"madvise(A+1,0,%d)",v[i]); show(n, MADV(A+1,0,v[i])); }
  fresh(4); MADV(A,4*PG,4); printf("dontneed %d\n", *p(A)); fresh(4); MADV(A,4*PG,8); int x=*p(A); printf("free %d\n", x==0||x==1); S(MADV(A,0xffffffffu,4)); S(MADV(A,0xe0000000u,4)); S(MADV(A+0x200000,PG,4)); S(MADV(A+0x200000,PG,8)); S(MADV(A+0x200000,PG,3));
  MMAP(A+0x100000,2*PG,RW,SH|MAP_FIXED); *p(A+0x100000)=5; S(MADV(A+0x100000,2*PG,4)); printf("shared dontneed %d\n", *p(A+0x100000)); S(MADV(A+0x100000,2*PG,8)); S(MADV(A+0x100000,2*PG,9)); 
  MMAP(A+0x100000,2*PG,1,AN|MAP_FIXED); S(MADV(A+0x100000,2*PG,22)); S(MADV(A+0x100000,2*PG,23)); core("populate", A+0x100000,2); S(MADV(A+0x100000,3*PG,22)); MMAP(A+0x100000,2*PG,0,AN|MAP_FIXED); S(MADV(A+0x100000,2*PG,22));
  puts("== mmap");
  S(MMAP(0,0,RW,AN)); S(MMAP(0,PG,RW,MAP_ANONYMOUS)); S(MMAP(0,PG,RW,MAP_ANONYMOUS|3)); S(MMAP(0,PG,RW,MAP_ANONYMOUS|4)); S(MMAP(A+1,PG,RW,AN|MAP_FIXED)); S(MMAP(0x1000,PG,RW,AN|MAP_FIXED)); S(MMAP(0,PG,RW,AN|MAP_FIXED)); S(MMAP(0xbffff000u,2*PG,RW,AN|MAP_FIXED)); S(MMAP(0xfffff000u,2*PG,RW,AN|MAP_FIXED)); S(MMAP(0,0xffffffffu,RW,AN)); S(MMAP(0,0xc0000000u,RW,AN)); S(MMAP(0,PG,8,AN)); S(MMAP(0,PG,0xff,AN)); S(MMAP(A,PG,RW,AN|0x100000)); S(MMAP(A+0x400001,PG,RW,AN|0x100000)); S(MMAP(0,PG,RW,AN|0x100)); S(MMAP(0,PG,RW,AN|0x40000)); S(MMAP(0,PG,RW,AN|0x20000000)); S(sc(SYS_mmap2,0,PG,RW,2,-1,0)); S(sc(SYS_mmap2,0,PG,RW,2,99,0)); S(MMAP(0,500<<20,0,AN|MAP_NORESERVE)); S(sc(SYS_mmap2,A+0x500000,PG,RW,AN|MAP_FIXED,-1,0xfffff)); S(sc(SYS_mmap2,A+0x500000,PG,RW,AN|MAP_FIXED,-1,0xffffffff)); S(sc(SYS_mmap2,A+0x500000,PG,RW,SH|MAP_FIXED,-1,0xffffffff)); S(sc(SYS_mmap2,A+0x500000,2*PG,RW,AN|MAP_FIXED,-1,0xffffffff)); S(MMAP(A+0x600000,PG,RW,AN|MAP_FIXED|0x8000)); core("populate",A+0x600000,1);
  puts("== munmap, mprotect");
  fresh(4); S(MUNMAP(A,0)); S(MUNMAP(A+1,PG)); S(MUNMAP(A,0xffffffffu)); S(MUNMAP(A+0x200000,PG)); S(MUNMAP(0xfffff000u,PG)); S(MUNMAP(0,PG)); S(MUNMAP(A+PG,1)); maps("hole");
  S(MPROT(A,0,1)); S(MPROT(A+1,PG,1)); S(MPROT(A,4*PG,1)); S(MPROT(A,0xffffffffu,1)); S(MPROT(A,PG,8)); S(MPROT(A,PG,16)); S(MPROT(A,PG,0x01000000)); S(MPROT(A,PG,0x02000000)); S(MPROT(A,PG,0x03000000)); S(MPROT(A+0x200000,PG,1)); S(MPROT(A+0x200000,0,1)); S(MPROT(A+1,0,1)); S(MPROT(0xfffff000u,PG,1)); S(MPROT(0xfffff000u,2*PG,1));
  puts("== brk");
  long b = sc(SYS_brk,0,0,0,0,0,0); printf("%d\n", sc(SYS_brk,b+100,0,0,0,0,0)==b+100); printf("%d\n", sc(SYS_brk,b+3*PG,0,0,0,0,0)==b+3*PG); *p(b+2*PG)=1; printf("%d\n", sc(SYS_brk,b+PG,0,0,0,0,0)==b+PG); printf("%d\n", sc(SYS_brk,b+3*PG,0,0,0,0,0)==b+3*PG); printf("zero again %d\n", *p(b+2*PG)); printf("%d\n", sc(SYS_brk,0x1000,0,0,0,0,0)==b+3*PG); printf("%d\n", sc(SYS_brk,0xf0000000,0,0,0,0,0)==b+3*PG);
  long top=(b+3*PG+4095)&~4095; MUNMAP(top-2*PG,PG); printf("hole shrink %d\n", sc(SYS_brk,b,0,0,0,0,0)==b); 
  S(MMAP((b+4095&~4095)+8*PG,PG,RW,AN|MAP_FIXED)>0); printf("into a mapping %d\n", sc(SYS_brk,b+10*PG,0,0,0,0,0)==b); printf("up to it %d\n", sc(SYS_brk,b+6*PG,0,0,0,0,0)==b+6*PG);
  puts("== shared");
  MMAP(A+0x100000,2*PG,RW,SH|MAP_FIXED); *p(A+0x100000)=3; S(MPROT(A+0x100000,2*PG,1)); maps("shared"); 
  puts("done"); return 0;
}
