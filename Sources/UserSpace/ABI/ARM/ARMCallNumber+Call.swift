// SPDX-License-Identifier: Apache-2.0
extension ARMCallNumber {
  /// The call of this number.
  ///
  /// The compiler makes a constant table of it, so a look-up is one load. For this to work, the
  /// switch names every case and has no default.
  @inline(__always)
  var call: Call {
    switch self {
    case .getpid: .getpid
    case .gettid: .gettid
    case .getppid: .getppid
    case .schedYield: .schedYield
    case .clockGettime: .clockGettime
    case .clockGettime64: .clockGettime64
    case .read: .read
    case .write: .write
    case .open: .open
    case .openat: .openat
    case .close: .close
    case .chdir: .chdir
    case .fchdir: .fchdir
    case .getcwd: .getcwd
    case .lseek: .lseek
    case .llseek: .llseek
    case .access: .access
    case .faccessat, .faccessat2: .faccessat
    case .pipe: .pipe
    case .pipe2: .pipe2
    case .dup: .dup
    case .dup2: .dup2
    case .dup3: .dup3
    case .ioctl: .ioctl
    case .fcntl64: .fcntl
    case .readlink: .readlink
    case .readlinkat: .readlinkat
    case .getdents: .getdents
    case .getdents64: .getdents64
    case .readv: .readv
    case .writev: .writev
    case .pread64: .pread64
    case .stat64: .stat
    case .lstat64: .lstat
    case .fstat64: .fstat
    case .fstatat64: .fstatat
    case .statx: .statx
    case .umask: .umask
    case .creat: .creat
    case .pwrite64: .pwrite64
    case .preadv: .preadv
    case .pwritev: .pwritev
    case .preadv2: .preadv2
    case .pwritev2: .pwritev2
    case .mkdir: .mkdir
    case .mkdirat: .mkdirat
    case .mknod: .mknod
    case .mknodat: .mknodat
    case .symlink: .symlink
    case .symlinkat: .symlinkat
    case .link: .link
    case .linkat: .linkat
    case .unlink: .unlink
    case .rmdir: .rmdir
    case .unlinkat: .unlinkat
    case .rename: .rename
    case .renameat: .renameat
    case .renameat2: .renameat2
    case .chmod: .chmod
    case .fchmod: .fchmod
    case .fchmodat: .fchmodat
    case .chown32: .chown
    case .lchown32: .lchown
    case .fchown32: .fchown
    case .chown: .chown16
    case .lchown: .lchown16
    case .fchown: .fchown16
    case .fchownat: .fchownat
    case .utimes: .utimes
    case .futimesat: .futimesat
    case .utimensat, .utimensatTime64: .utimensat
    case .truncate: .truncate
    case .ftruncate: .ftruncate
    case .truncate64: .truncate64
    case .ftruncate64: .ftruncate64
    case .fallocate: .fallocate
    case .sendfile: .sendfile
    case .sendfile64: .sendfile64
    case .copyFileRange: .copyFileRange
    case .memfdCreate: .memfdCreate
    case .fsync, .fdatasync, .armSyncFileRange, .syncfs: .fsync
    case .sync: .sync
    case .armFadvise6464: .fadvise64
    case .statfs: .statfs
    case .fstatfs: .fstatfs
    case .statfs64: .statfs64
    case .fstatfs64: .fstatfs64
    case .poll: .poll
    case .ppoll, .ppollTime64: .ppoll
    case .newselect: .select
    case .pselect6, .pselect6Time64: .pselect6
    case .brk: .brk
    case .mmap2: .mmap
    case .munmap: .munmap
    case .mremap: .mremap
    case .mprotect: .mprotect
    case .msync: .msync
    case .mincore: .mincore
    case .madvise: .madvise
    case .mlock: .mlock
    case .mlock2: .mlock2
    case .munlock: .munlock
    case .mlockall: .mlockall
    case .munlockall: .munlockall
    case .armCacheflush: .cacheflush
    case .times: .times
    case .gettimeofday: .gettimeofday
    case .settimeofday: .settimeofday
    case .setitimer: .setitimer
    case .getitimer: .getitimer
    case .adjtimex: .adjtimex
    case .nanosleep: .nanosleep
    case .timerCreate: .timerCreate
    case .timerSettime, .timerSettime64: .timerSettime
    case .timerGettime, .timerGettime64: .timerGettime
    case .timerGetoverrun: .timerGetoverrun
    case .timerDelete: .timerDelete
    case .clockSettime, .clockSettime64: .clockSettime
    case .clockGetres, .clockGetresTime64: .clockGetres
    case .clockNanosleep, .clockNanosleepTime64: .clockNanosleep
    case .clockAdjtime, .clockAdjtime64: .clockAdjtime
    case .fork: .fork
    case .vfork: .vfork
    case .clone: .clone
    case .execve: .execve
    case .exit: .exit
    case .exitGroup: .exitGroup
    case .wait4: .wait4
    case .waitid: .waitid
    case .getuid, .getuid32: .getuid
    case .getgid, .getgid32: .getgid
    case .geteuid, .geteuid32: .geteuid
    case .getegid, .getegid32: .getegid
    case .setpgid: .setpgid
    case .getpgid: .getpgid
    case .getpgrp: .getpgrp
    case .setsid: .setsid
    case .getsid: .getsid
    case .setrlimit: .setrlimit
    case .ugetrlimit: .getrlimit
    case .prlimit64: .prlimit64
    case .getrusage: .getrusage
    case .sysinfo: .sysinfo
    case .uname: .uname
    case .getrandom: .getrandom
    case .prctl: .prctl
    case .getcpu: .getcpu
    case .setTidAddress: .setTidAddress
    case .armSetTls: .setTls
    case .setRobustList: .setRobustList
    case .getRobustList: .getRobustList
    case .futex, .futexTime64: .futex
    case .schedSetparam: .schedSetparam
    case .schedGetparam: .schedGetparam
    case .schedSetscheduler: .schedSetscheduler
    case .schedGetscheduler: .schedGetscheduler
    case .schedGetPriorityMax: .schedGetPriorityMax
    case .schedGetPriorityMin: .schedGetPriorityMin
    case .schedRrGetInterval, .schedRrGetIntervalTime64: .schedRrGetInterval
    case .schedSetaffinity: .schedSetaffinity
    case .schedGetaffinity: .schedGetaffinity
    case .restartSyscall: .restartSyscall
    case .pause: .pause
    case .kill: .kill
    case .tkill: .tkill
    case .tgkill: .tgkill
    case .rtSigqueueinfo: .rtSigqueueinfo
    case .rtTgsigqueueinfo: .rtTgsigqueueinfo
    case .sigreturn: .sigreturn
    case .rtSigreturn: .rtSigreturn
    case .rtSigaction: .rtSigaction
    case .rtSigprocmask: .rtSigprocmask
    case .rtSigpending: .rtSigpending
    case .rtSigtimedwait, .rtSigtimedwaitTime64: .rtSigtimedwait
    case .rtSigsuspend: .rtSigsuspend
    case .sigaltstack: .sigaltstack
    // What Linux has and this kernel does not, and numbers without a call.
    case .unused7, .unused13, .unused17, .unused18, .mount, .unused22, .setuid, .unused25,
      .ptrace, .unused27, .unused28, .unused30, .unused31, .unused32, .nice, .unused35, .unused44,
      .setgid, .unused48, .acct, .umount2, .unused53, .fcntl, .unused56, .unused58,
      .unused59, .chroot, .ustat, .sigaction, .unused68, .unused69, .setreuid, .setregid,
      .sigsuspend, .sigpending, .sethostname, .unused76, .getgroups, .setgroups, .unused82,
      .unused84, .uselib, .swapon, .reboot, .unused89, .unused90, .getpriority, .setpriority,
      .unused98, .unused101, .unused102, .syslog, .stat, .lstat, .fstat, .unused109, .unused110,
      .vhangup, .unused112, .unused113, .swapoff, .unused117, .setdomainname, .unused123,
      .sigprocmask, .unused127, .initModule, .deleteModule, .unused130, .quotactl, .bdflush,
      .sysfs, .personality, .unused137, .setfsuid, .setfsgid, .flock, .sysctl, .setresuid,
      .getresuid, .unused166, .unused167, .nfsservctl, .setresgid, .getresgid, .capget, .capset,
      .unused188, .unused189, .setreuid32, .setregid32, .getgroups32, .setgroups32,
      .setresuid32, .getresuid32, .setresgid32, .getresgid32, .setuid32, .setgid32, .setfsuid32,
      .setfsgid32, .pivotRoot, .unused222, .unused223, .readahead, .setxattr, .lsetxattr,
      .fsetxattr, .getxattr, .lgetxattr, .fgetxattr, .listxattr, .llistxattr, .flistxattr,
      .removexattr, .lremovexattr, .fremovexattr, .ioSetup, .ioDestroy, .ioGetevents, .ioSubmit,
      .ioCancel, .lookupDcookie, .epollCreate, .epollCtl, .epollWait, .remapFilePages,
      .unused254, .unused255, .pciconfigIobase, .pciconfigRead, .pciconfigWrite, .mqOpen,
      .mqUnlink, .mqTimedsend, .mqTimedreceive, .mqNotify, .mqGetsetattr, .socket, .bind,
      .connect, .listen, .accept, .getsockname, .getpeername, .socketpair, .send, .sendto,
      .recv, .recvfrom, .shutdown, .setsockopt, .getsockopt, .sendmsg, .recvmsg, .semop,
      .semget, .semctl, .msgsnd, .msgrcv, .msgget, .msgctl, .shmat, .shmdt, .shmget, .shmctl,
      .addKey, .requestKey, .keyctl, .semtimedop, .vserver, .ioprioSet, .ioprioGet,
      .inotifyInit, .inotifyAddWatch, .inotifyRmWatch, .mbind, .getMempolicy, .setMempolicy,
      .unshare, .splice, .tee, .vmsplice, .movePages, .epollPwait, .kexecLoad, .signalfd,
      .timerfdCreate, .eventfd, .timerfdSettime, .timerfdGettime, .signalfd4, .eventfd2,
      .epollCreate1, .inotifyInit1, .perfEventOpen, .recvmmsg, .accept4, .fanotifyInit,
      .fanotifyMark, .nameToHandleAt, .openByHandleAt, .sendmmsg, .setns, .processVmReadv,
      .processVmWritev, .kcmp, .finitModule, .schedSetattr, .schedGetattr, .seccomp, .bpf,
      .execveat, .userfaultfd, .membarrier, .pkeyMprotect, .pkeyAlloc, .pkeyFree, .rseq,
      .ioPgetevents, .migratePages, .kexecFileLoad, .unused402, .timerfdGettime64,
      .timerfdSettime64, .unused415, .ioPgeteventsTime64, .recvmmsgTime64, .mqTimedsendTime64,
      .mqTimedreceiveTime64, .semtimedopTime64, .pidfdSendSignal, .ioUringSetup, .ioUringEnter,
      .ioUringRegister, .openTree, .moveMount, .fsopen, .fsconfig, .fsmount, .fspick,
      .pidfdOpen, .clone3, .closeRange, .openat2, .pidfdGetfd, .processMadvise, .epollPwait2,
      .mountSetattr, .quotactlFd, .landlockCreateRuleset, .landlockAddRule,
      .landlockRestrictSelf, .unused447, .processMrelease, .futexWaitv, .setMempolicyHomeNode,
      .cachestat, .fchmodat2, .mapShadowStack, .futexWake, .futexWait, .futexRequeue,
      .statmount, .listmount, .lsmGetSelfAttr, .lsmSetSelfAttr, .lsmListModules, .mseal,
      .armBreakpoint, .armUsr26, .armUsr32, .armGetTls:
      .absent
    }
  }
}
