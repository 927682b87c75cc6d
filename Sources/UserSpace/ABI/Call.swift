// SPDX-License-Identifier: Apache-2.0
/// A system call that this kernel has, by its Linux name in camel case.
///
/// A program asks by number, and `ProgramABI.call` turns that into a name. Calls of Linux that take
/// the same arguments and give the same answers have one name here: fstatat is the fstatat64 of
/// 32-bit programs. Where their times differ in size, `ProgramABI.hasLongTimes` tells.
public enum Call: UInt8, Sendable {
  /// No call: the number has none, or Linux's is not here. The answer is ENOSYS.
  case absent
  // Without the kernel lock.
  case getpid, gettid, getppid, schedYield, clockGettime, clockGettime64
  // Files.
  case read, write, open, openat, close, chdir, fchdir, getcwd, lseek, llseek, access, faccessat,
    pipe, pipe2, dup, dup2, dup3, ioctl, fcntl, readlink, readlinkat, getdents, getdents64, readv,
    writev,
    pread64, stat, lstat, fstat, fstatat, statx, umask, creat, pwrite64, preadv, pwritev, preadv2,
    pwritev2
  // Changes of files.
  case mkdir, mkdirat, mknod, mknodat, symlink, symlinkat, link, linkat, unlink, rmdir, unlinkat,
    rename, renameat, renameat2, chmod, fchmod, fchmodat, chown, lchown, fchown, chown16,
    lchown16, fchown16, fchownat, utimes, futimesat, utimensat, truncate, ftruncate, truncate64,
    ftruncate64, fallocate, sendfile, sendfile64, copyFileRange, memfdCreate, fsync, sync,
    fadvise64, statfs, fstatfs, statfs64, fstatfs64
  // Waiting for files.
  case poll, ppoll, select, pselect6
  // Memory.
  case brk, mmap, munmap, mremap, mprotect, msync, mincore, madvise, mlock, mlock2, munlock,
    mlockall, munlockall, cacheflush
  // Clocks and timers.
  case times, gettimeofday, settimeofday, setitimer, getitimer, adjtimex, nanosleep, timerCreate,
    timerSettime, timerGettime, timerGetoverrun, timerDelete, clockSettime, clockGetres,
    clockNanosleep, clockAdjtime
  // Processes and threads.
  case fork, vfork, clone, execve, exit, exitGroup, wait4, waitid, getuid, getgid, geteuid,
    getegid, setpgid, getpgid, getpgrp, setsid, getsid, setrlimit, getrlimit, prlimit64,
    getrusage, sysinfo, uname, getrandom, prctl, getcpu, setTidAddress, setTls, setRobustList,
    getRobustList, futex
  // Scheduling.
  case schedSetparam, schedGetparam, schedSetscheduler, schedGetscheduler, schedGetPriorityMax,
    schedGetPriorityMin, schedRrGetInterval, schedSetaffinity, schedGetaffinity
  // Signals.
  case restartSyscall, pause, kill, tkill, tgkill, rtSigqueueinfo, rtTgsigqueueinfo, sigreturn,
    rtSigreturn, rtSigaction, rtSigprocmask, rtSigpending, rtSigtimedwait, rtSigsuspend,
    sigaltstack
}
