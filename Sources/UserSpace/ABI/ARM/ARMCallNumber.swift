// SPDX-License-Identifier: Apache-2.0
/// The numbers of Linux' system calls for ARM EABI programs.
///
/// The names are those of arch/arm/tools/syscall.tbl of Linux 6.12 in camel case. The list is
/// complete. The order gives each case its number; `unused` is a number that ARM EABI does not have.
enum ARMCallNumber: UInt32 {
  case restartSyscall, exit, fork, read, write  // 0
  case open, close, unused7, creat, link  // 5
  case unlink, execve, chdir, unused13, mknod  // 10
  case chmod, lchown, unused17, unused18, lseek  // 15
  case getpid, mount, unused22, setuid, getuid  // 20
  case unused25, ptrace, unused27, unused28, pause  // 25
  case unused30, unused31, unused32, access, nice  // 30
  case unused35, sync, kill, rename, mkdir  // 35
  case rmdir, dup, pipe, times, unused44  // 40
  case brk, setgid, getgid, unused48, geteuid  // 45
  case getegid, acct, umount2, unused53, ioctl  // 50
  case fcntl, unused56, setpgid, unused58, unused59  // 55
  case umask, chroot, ustat, dup2, getppid  // 60
  case getpgrp, setsid, sigaction, unused68, unused69  // 65
  case setreuid, setregid, sigsuspend, sigpending, sethostname  // 70
  case setrlimit, unused76, getrusage, gettimeofday, settimeofday  // 75
  case getgroups, setgroups, unused82, symlink, unused84  // 80
  case readlink, uselib, swapon, reboot, unused89  // 85
  case unused90, munmap, truncate, ftruncate, fchmod  // 90
  case fchown, getpriority, setpriority, unused98, statfs  // 95
  case fstatfs, unused101, unused102, syslog, setitimer  // 100
  case getitimer, stat, lstat, fstat, unused109  // 105
  case unused110, vhangup, unused112, unused113, wait4  // 110
  case swapoff, sysinfo, unused117, fsync, sigreturn  // 115
  case clone, setdomainname, uname, unused123, adjtimex  // 120
  case mprotect, sigprocmask, unused127, initModule, deleteModule  // 125
  case unused130, quotactl, getpgid, fchdir, bdflush  // 130
  case sysfs, personality, unused137, setfsuid, setfsgid  // 135
  case llseek, getdents, newselect, flock, msync  // 140
  case readv, writev, getsid, fdatasync, sysctl  // 145
  case mlock, munlock, mlockall, munlockall, schedSetparam  // 150
  // 155
  case schedGetparam, schedSetscheduler, schedGetscheduler, schedYield, schedGetPriorityMax
  case schedGetPriorityMin, schedRrGetInterval, nanosleep, mremap, setresuid  // 160
  case getresuid, unused166, unused167, poll, nfsservctl  // 165
  case setresgid, getresgid, prctl, rtSigreturn, rtSigaction  // 170
  case rtSigprocmask, rtSigpending, rtSigtimedwait, rtSigqueueinfo, rtSigsuspend  // 175
  case pread64, pwrite64, chown, getcwd, capget  // 180
  case capset, sigaltstack, sendfile, unused188, unused189  // 185
  case vfork, ugetrlimit, mmap2, truncate64, ftruncate64  // 190
  case stat64, lstat64, fstat64, lchown32, getuid32  // 195
  case getgid32, geteuid32, getegid32, setreuid32, setregid32  // 200
  case getgroups32, setgroups32, fchown32, setresuid32, getresuid32  // 205
  case setresgid32, getresgid32, chown32, setuid32, setgid32  // 210
  case setfsuid32, setfsgid32, getdents64, pivotRoot, mincore  // 215
  case madvise, fcntl64, unused222, unused223, gettid  // 220
  case readahead, setxattr, lsetxattr, fsetxattr, getxattr  // 225
  case lgetxattr, fgetxattr, listxattr, llistxattr, flistxattr  // 230
  case removexattr, lremovexattr, fremovexattr, tkill, sendfile64  // 235
  case futex, schedSetaffinity, schedGetaffinity, ioSetup, ioDestroy  // 240
  case ioGetevents, ioSubmit, ioCancel, exitGroup, lookupDcookie  // 245
  case epollCreate, epollCtl, epollWait, remapFilePages, unused254  // 250
  case unused255, setTidAddress, timerCreate, timerSettime, timerGettime  // 255
  case timerGetoverrun, timerDelete, clockSettime, clockGettime, clockGetres  // 260
  case clockNanosleep, statfs64, fstatfs64, tgkill, utimes  // 265
  case armFadvise6464, pciconfigIobase, pciconfigRead, pciconfigWrite, mqOpen  // 270
  case mqUnlink, mqTimedsend, mqTimedreceive, mqNotify, mqGetsetattr  // 275
  case waitid, socket, bind, connect, listen  // 280
  case accept, getsockname, getpeername, socketpair, send  // 285
  case sendto, recv, recvfrom, shutdown, setsockopt  // 290
  case getsockopt, sendmsg, recvmsg, semop, semget  // 295
  case semctl, msgsnd, msgrcv, msgget, msgctl  // 300
  case shmat, shmdt, shmget, shmctl, addKey  // 305
  case requestKey, keyctl, semtimedop, vserver, ioprioSet  // 310
  case ioprioGet, inotifyInit, inotifyAddWatch, inotifyRmWatch, mbind  // 315
  case getMempolicy, setMempolicy, openat, mkdirat, mknodat  // 320
  case fchownat, futimesat, fstatat64, unlinkat, renameat  // 325
  case linkat, symlinkat, readlinkat, fchmodat, faccessat  // 330
  case pselect6, ppoll, unshare, setRobustList, getRobustList  // 335
  case splice, armSyncFileRange, tee, vmsplice, movePages  // 340
  case getcpu, epollPwait, kexecLoad, utimensat, signalfd  // 345
  case timerfdCreate, eventfd, fallocate, timerfdSettime, timerfdGettime  // 350
  case signalfd4, eventfd2, epollCreate1, dup3, pipe2  // 355
  case inotifyInit1, preadv, pwritev, rtTgsigqueueinfo, perfEventOpen  // 360
  case recvmmsg, accept4, fanotifyInit, fanotifyMark, prlimit64  // 365
  case nameToHandleAt, openByHandleAt, clockAdjtime, syncfs, sendmmsg  // 370
  case setns, processVmReadv, processVmWritev, kcmp, finitModule  // 375
  case schedSetattr, schedGetattr, renameat2, seccomp, getrandom  // 380
  case memfdCreate, bpf, execveat, userfaultfd, membarrier  // 385
  case mlock2, copyFileRange, preadv2, pwritev2, pkeyMprotect  // 390
  case pkeyAlloc, pkeyFree, statx, rseq, ioPgetevents  // 395
  case migratePages, kexecFileLoad, unused402, clockGettime64, clockSettime64  // 400
  // 405
  case clockAdjtime64, clockGetresTime64, clockNanosleepTime64, timerGettime64, timerSettime64
  case timerfdGettime64, timerfdSettime64, utimensatTime64, pselect6Time64, ppollTime64  // 410
  // 415
  case unused415, ioPgeteventsTime64, recvmmsgTime64, mqTimedsendTime64, mqTimedreceiveTime64
  // 420
  case semtimedopTime64, rtSigtimedwaitTime64, futexTime64, schedRrGetIntervalTime64
  case pidfdSendSignal  // 424
  case ioUringSetup, ioUringEnter, ioUringRegister, openTree, moveMount  // 425
  case fsopen, fsconfig, fsmount, fspick, pidfdOpen  // 430
  case clone3, closeRange, openat2, pidfdGetfd, faccessat2  // 435
  case processMadvise, epollPwait2, mountSetattr, quotactlFd, landlockCreateRuleset  // 440
  case landlockAddRule, landlockRestrictSelf, unused447, processMrelease, futexWaitv  // 445
  case setMempolicyHomeNode, cachestat, fchmodat2, mapShadowStack, futexWake  // 450
  case futexWait, futexRequeue, statmount, listmount, lsmGetSelfAttr  // 455
  case lsmSetSelfAttr, lsmListModules, mseal  // 460
  // ARM's private calls follow here; their numbers are 0xf0001 to 0xf0006.
  case armBreakpoint, armCacheflush, armUsr26, armUsr32, armSetTls, armGetTls

  /// The call that a program asks for with `register` in r7; nil for a number beyond the list.
  @inline(__always)
  init?(register: UInt32) {
    var index = register
    if register >= Self.privateIndex {
      // Wrapping: what is no private number becomes too large.
      let offset = register &- Self.firstPrivate
      guard offset < Self.privateCount else { return nil }
      index = Self.privateIndex + offset
    }
    // SAFETY: an enum without payloads is the index of its case, in 16 bits; a test compares all.
    self = unsafe unsafeBitCast(UInt16(truncatingIfNeeded: index), to: Self.self)
  }

  /// What a program puts into r7 to make the call.
  @inline(__always)
  var register: UInt32 {
    rawValue < Self.privateIndex ? rawValue : rawValue - Self.privateIndex + Self.firstPrivate
  }

  /// The index of ARM's first private call, and how many there are.
  private static var privateIndex: UInt32 { 463 }
  private static var privateCount: UInt32 { 6 }
  /// The number of ARM's first private call (arch/arm/include/uapi/asm/unistd.h).
  private static var firstPrivate: UInt32 { 0xf0001 }
}
