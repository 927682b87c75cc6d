// SPDX-License-Identifier: Apache-2.0
extension ARMCallNumber {
  /// The name of this number's call. Complete, so a new call of the kernel changes nothing here.
  ///
  /// The compiler makes a constant table of it, so a look-up is one load. For this to work, the
  /// switch names every case and has no default.
  @inline(__always)
  var call: Call {
    switch self {
    case .restartSyscall: .restartSyscall
    case .exit: .exit
    case .fork: .fork
    case .read: .read
    case .write: .write
    case .open: .open
    case .close: .close
    case .creat: .creat
    case .link: .link
    case .unlink: .unlink
    case .execve: .execve
    case .chdir: .chdir
    case .mknod: .mknod
    case .chmod: .chmod
    case .lchown: .lchown16
    case .lseek: .lseek
    case .getpid: .getpid
    case .mount: .mount
    case .setuid: .setuid16
    case .getuid, .getuid32: .getuid
    case .ptrace: .ptrace
    case .pause: .pause
    case .access: .access
    case .nice: .nice
    case .sync: .sync
    case .kill: .kill
    case .rename: .rename
    case .mkdir: .mkdir
    case .rmdir: .rmdir
    case .dup: .dup
    case .pipe: .pipe
    case .times: .times
    case .brk: .brk
    case .setgid: .setgid16
    case .getgid, .getgid32: .getgid
    case .geteuid, .geteuid32: .geteuid
    case .getegid, .getegid32: .getegid
    case .acct: .acct
    case .umount2: .umount2
    case .ioctl: .ioctl
    case .fcntl: .fcntl32
    case .setpgid: .setpgid
    case .umask: .umask
    case .chroot: .chroot
    case .ustat: .ustat
    case .dup2: .dup2
    case .getppid: .getppid
    case .getpgrp: .getpgrp
    case .setsid: .setsid
    case .sigaction: .oldSigaction
    case .setreuid: .setreuid16
    case .setregid: .setregid16
    case .sigsuspend: .oldSigsuspend
    case .sigpending: .oldSigpending
    case .sethostname: .sethostname
    case .setrlimit: .setrlimit
    case .getrusage: .getrusage
    case .gettimeofday: .gettimeofday
    case .settimeofday: .settimeofday
    case .getgroups: .getgroups16
    case .setgroups: .setgroups16
    case .symlink: .symlink
    case .readlink: .readlink
    case .uselib: .uselib
    case .swapon: .swapon
    case .reboot: .reboot
    case .munmap: .munmap
    case .truncate: .truncate
    case .ftruncate: .ftruncate
    case .fchmod: .fchmod
    case .fchown: .fchown16
    case .getpriority: .getpriority
    case .setpriority: .setpriority
    case .statfs: .statfs
    case .fstatfs: .fstatfs
    case .syslog: .syslog
    case .setitimer: .setitimer
    case .getitimer: .getitimer
    case .stat: .newstat
    case .lstat: .newlstat
    case .fstat: .newfstat
    case .vhangup: .vhangup
    case .wait4: .wait4
    case .swapoff: .swapoff
    case .sysinfo: .sysinfo
    case .fsync: .fsync
    case .sigreturn: .sigreturn
    case .clone: .clone
    case .setdomainname: .setdomainname
    case .uname: .uname
    case .adjtimex: .adjtimex
    case .mprotect: .mprotect
    case .sigprocmask: .oldSigprocmask
    case .initModule: .initModule
    case .deleteModule: .deleteModule
    case .quotactl: .quotactl
    case .getpgid: .getpgid
    case .fchdir: .fchdir
    case .bdflush: .bdflush
    case .sysfs: .sysfs
    case .personality: .personality
    case .setfsuid: .setfsuid16
    case .setfsgid: .setfsgid16
    case .llseek: .llseek
    case .getdents: .getdents
    case .newselect: .select
    case .flock: .flock
    case .msync: .msync
    case .readv: .readv
    case .writev: .writev
    case .getsid: .getsid
    case .fdatasync: .fdatasync
    case .sysctl: .sysctl
    case .mlock: .mlock
    case .munlock: .munlock
    case .mlockall: .mlockall
    case .munlockall: .munlockall
    case .schedSetparam: .schedSetparam
    case .schedGetparam: .schedGetparam
    case .schedSetscheduler: .schedSetscheduler
    case .schedGetscheduler: .schedGetscheduler
    case .schedYield: .schedYield
    case .schedGetPriorityMax: .schedGetPriorityMax
    case .schedGetPriorityMin: .schedGetPriorityMin
    case .schedRrGetInterval, .schedRrGetIntervalTime64: .schedRrGetInterval
    case .nanosleep: .nanosleep
    case .mremap: .mremap
    case .setresuid: .setresuid16
    case .getresuid: .getresuid16
    case .poll: .poll
    case .nfsservctl: .nfsservctl
    case .setresgid: .setresgid16
    case .getresgid: .getresgid16
    case .prctl: .prctl
    case .rtSigreturn: .rtSigreturn
    case .rtSigaction: .rtSigaction
    case .rtSigprocmask: .rtSigprocmask
    case .rtSigpending: .rtSigpending
    case .rtSigtimedwait, .rtSigtimedwaitTime64: .rtSigtimedwait
    case .rtSigqueueinfo: .rtSigqueueinfo
    case .rtSigsuspend: .rtSigsuspend
    case .pread64: .pread64
    case .pwrite64: .pwrite64
    case .chown: .chown16
    case .getcwd: .getcwd
    case .capget: .capget
    case .capset: .capset
    case .sigaltstack: .sigaltstack
    case .sendfile: .sendfile
    case .vfork: .vfork
    case .ugetrlimit: .getrlimit
    case .mmap2: .mmap
    case .truncate64: .truncate64
    case .ftruncate64: .ftruncate64
    case .stat64: .stat
    case .lstat64: .lstat
    case .fstat64: .fstat
    case .lchown32: .lchown
    case .setreuid32: .setreuid
    case .setregid32: .setregid
    case .getgroups32: .getgroups
    case .setgroups32: .setgroups
    case .fchown32: .fchown
    case .setresuid32: .setresuid
    case .getresuid32: .getresuid
    case .setresgid32: .setresgid
    case .getresgid32: .getresgid
    case .chown32: .chown
    case .setuid32: .setuid
    case .setgid32: .setgid
    case .setfsuid32: .setfsuid
    case .setfsgid32: .setfsgid
    case .getdents64: .getdents64
    case .pivotRoot: .pivotRoot
    case .mincore: .mincore
    case .madvise: .madvise
    case .fcntl64: .fcntl
    case .gettid: .gettid
    case .readahead: .readahead
    case .setxattr: .setxattr
    case .lsetxattr: .lsetxattr
    case .fsetxattr: .fsetxattr
    case .getxattr: .getxattr
    case .lgetxattr: .lgetxattr
    case .fgetxattr: .fgetxattr
    case .listxattr: .listxattr
    case .llistxattr: .llistxattr
    case .flistxattr: .flistxattr
    case .removexattr: .removexattr
    case .lremovexattr: .lremovexattr
    case .fremovexattr: .fremovexattr
    case .tkill: .tkill
    case .sendfile64: .sendfile64
    case .futex, .futexTime64: .futex
    case .schedSetaffinity: .schedSetaffinity
    case .schedGetaffinity: .schedGetaffinity
    case .ioSetup: .ioSetup
    case .ioDestroy: .ioDestroy
    case .ioGetevents: .ioGetevents
    case .ioSubmit: .ioSubmit
    case .ioCancel: .ioCancel
    case .exitGroup: .exitGroup
    case .lookupDcookie: .lookupDcookie
    case .epollCreate: .epollCreate
    case .epollCtl: .epollCtl
    case .epollWait: .epollWait
    case .remapFilePages: .remapFilePages
    case .setTidAddress: .setTidAddress
    case .timerCreate: .timerCreate
    case .timerSettime, .timerSettime64: .timerSettime
    case .timerGettime, .timerGettime64: .timerGettime
    case .timerGetoverrun: .timerGetoverrun
    case .timerDelete: .timerDelete
    case .clockSettime, .clockSettime64: .clockSettime
    case .clockGettime: .clockGettime
    case .clockGetres, .clockGetresTime64: .clockGetres
    case .clockNanosleep, .clockNanosleepTime64: .clockNanosleep
    case .statfs64: .statfs64
    case .fstatfs64: .fstatfs64
    case .tgkill: .tgkill
    case .utimes: .utimes
    case .armFadvise6464: .fadvise64
    case .pciconfigIobase: .pciconfigIobase
    case .pciconfigRead: .pciconfigRead
    case .pciconfigWrite: .pciconfigWrite
    case .mqOpen: .mqOpen
    case .mqUnlink: .mqUnlink
    case .mqTimedsend, .mqTimedsendTime64: .mqTimedsend
    case .mqTimedreceive, .mqTimedreceiveTime64: .mqTimedreceive
    case .mqNotify: .mqNotify
    case .mqGetsetattr: .mqGetsetattr
    case .waitid: .waitid
    case .socket: .socket
    case .bind: .bind
    case .connect: .connect
    case .listen: .listen
    case .accept: .accept
    case .getsockname: .getsockname
    case .getpeername: .getpeername
    case .socketpair: .socketpair
    case .send: .send
    case .sendto: .sendto
    case .recv: .recv
    case .recvfrom: .recvfrom
    case .shutdown: .shutdown
    case .setsockopt: .setsockopt
    case .getsockopt: .getsockopt
    case .sendmsg: .sendmsg
    case .recvmsg: .recvmsg
    case .semop: .semop
    case .semget: .semget
    case .semctl: .semctl
    case .msgsnd: .msgsnd
    case .msgrcv: .msgrcv
    case .msgget: .msgget
    case .msgctl: .msgctl
    case .shmat: .shmat
    case .shmdt: .shmdt
    case .shmget: .shmget
    case .shmctl: .shmctl
    case .addKey: .addKey
    case .requestKey: .requestKey
    case .keyctl: .keyctl
    case .semtimedop, .semtimedopTime64: .semtimedop
    case .vserver: .vserver
    case .ioprioSet: .ioprioSet
    case .ioprioGet: .ioprioGet
    case .inotifyInit: .inotifyInit
    case .inotifyAddWatch: .inotifyAddWatch
    case .inotifyRmWatch: .inotifyRmWatch
    case .mbind: .mbind
    case .getMempolicy: .getMempolicy
    case .setMempolicy: .setMempolicy
    case .openat: .openat
    case .mkdirat: .mkdirat
    case .mknodat: .mknodat
    case .fchownat: .fchownat
    case .futimesat: .futimesat
    case .fstatat64: .fstatat
    case .unlinkat: .unlinkat
    case .renameat: .renameat
    case .linkat: .linkat
    case .symlinkat: .symlinkat
    case .readlinkat: .readlinkat
    case .fchmodat: .fchmodat
    case .faccessat, .faccessat2: .faccessat
    case .pselect6, .pselect6Time64: .pselect6
    case .ppoll, .ppollTime64: .ppoll
    case .unshare: .unshare
    case .setRobustList: .setRobustList
    case .getRobustList: .getRobustList
    case .splice: .splice
    case .armSyncFileRange: .syncFileRange
    case .tee: .tee
    case .vmsplice: .vmsplice
    case .movePages: .movePages
    case .getcpu: .getcpu
    case .epollPwait: .epollPwait
    case .kexecLoad: .kexecLoad
    case .utimensat, .utimensatTime64: .utimensat
    case .signalfd: .signalfd
    case .timerfdCreate: .timerfdCreate
    case .eventfd: .eventfd
    case .fallocate: .fallocate
    case .timerfdSettime, .timerfdSettime64: .timerfdSettime
    case .timerfdGettime, .timerfdGettime64: .timerfdGettime
    case .signalfd4: .signalfd4
    case .eventfd2: .eventfd2
    case .epollCreate1: .epollCreate1
    case .dup3: .dup3
    case .pipe2: .pipe2
    case .inotifyInit1: .inotifyInit1
    case .preadv: .preadv
    case .pwritev: .pwritev
    case .rtTgsigqueueinfo: .rtTgsigqueueinfo
    case .perfEventOpen: .perfEventOpen
    case .recvmmsg, .recvmmsgTime64: .recvmmsg
    case .accept4: .accept4
    case .fanotifyInit: .fanotifyInit
    case .fanotifyMark: .fanotifyMark
    case .prlimit64: .prlimit64
    case .nameToHandleAt: .nameToHandleAt
    case .openByHandleAt: .openByHandleAt
    case .clockAdjtime, .clockAdjtime64: .clockAdjtime
    case .syncfs: .syncfs
    case .sendmmsg: .sendmmsg
    case .setns: .setns
    case .processVmReadv: .processVmReadv
    case .processVmWritev: .processVmWritev
    case .kcmp: .kcmp
    case .finitModule: .finitModule
    case .schedSetattr: .schedSetattr
    case .schedGetattr: .schedGetattr
    case .renameat2: .renameat2
    case .seccomp: .seccomp
    case .getrandom: .getrandom
    case .memfdCreate: .memfdCreate
    case .bpf: .bpf
    case .execveat: .execveat
    case .userfaultfd: .userfaultfd
    case .membarrier: .membarrier
    case .mlock2: .mlock2
    case .copyFileRange: .copyFileRange
    case .preadv2: .preadv2
    case .pwritev2: .pwritev2
    case .pkeyMprotect: .pkeyMprotect
    case .pkeyAlloc: .pkeyAlloc
    case .pkeyFree: .pkeyFree
    case .statx: .statx
    case .rseq: .rseq
    case .ioPgetevents, .ioPgeteventsTime64: .ioPgetevents
    case .migratePages: .migratePages
    case .kexecFileLoad: .kexecFileLoad
    case .clockGettime64: .clockGettime64
    case .pidfdSendSignal: .pidfdSendSignal
    case .ioUringSetup: .ioUringSetup
    case .ioUringEnter: .ioUringEnter
    case .ioUringRegister: .ioUringRegister
    case .openTree: .openTree
    case .moveMount: .moveMount
    case .fsopen: .fsopen
    case .fsconfig: .fsconfig
    case .fsmount: .fsmount
    case .fspick: .fspick
    case .pidfdOpen: .pidfdOpen
    case .clone3: .clone3
    case .closeRange: .closeRange
    case .openat2: .openat2
    case .pidfdGetfd: .pidfdGetfd
    case .processMadvise: .processMadvise
    case .epollPwait2: .epollPwait2
    case .mountSetattr: .mountSetattr
    case .quotactlFd: .quotactlFd
    case .landlockCreateRuleset: .landlockCreateRuleset
    case .landlockAddRule: .landlockAddRule
    case .landlockRestrictSelf: .landlockRestrictSelf
    case .processMrelease: .processMrelease
    case .futexWaitv: .futexWaitv
    case .setMempolicyHomeNode: .setMempolicyHomeNode
    case .cachestat: .cachestat
    case .fchmodat2: .fchmodat2
    case .mapShadowStack: .mapShadowStack
    case .futexWake: .futexWake
    case .futexWait: .futexWait
    case .futexRequeue: .futexRequeue
    case .statmount: .statmount
    case .listmount: .listmount
    case .lsmGetSelfAttr: .lsmGetSelfAttr
    case .lsmSetSelfAttr: .lsmSetSelfAttr
    case .lsmListModules: .lsmListModules
    case .mseal: .mseal
    case .armBreakpoint: .breakpoint
    case .armCacheflush: .cacheflush
    case .armUsr26: .usr26
    case .armUsr32: .usr32
    case .armSetTls: .setTls
    case .armGetTls: .getTls
    // Numbers without a call.
    case .unused7, .unused13, .unused17, .unused18, .unused22, .unused25, .unused27, .unused28,
      .unused30, .unused31, .unused32, .unused35, .unused44, .unused48, .unused53,
      .unused56, .unused58, .unused59, .unused68, .unused69, .unused76, .unused82,
      .unused84, .unused89, .unused90, .unused98, .unused101, .unused102, .unused109,
      .unused110, .unused112, .unused113, .unused117, .unused123, .unused127,
      .unused130, .unused137, .unused166, .unused167, .unused188, .unused189,
      .unused222, .unused223, .unused254, .unused255, .unused402, .unused415,
      .unused447:
      .absent
    }
  }
}
