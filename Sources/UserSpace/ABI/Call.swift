// SPDX-License-Identifier: Apache-2.0
/// A system call of Linux, by its name there in camel case.
///
/// A program asks by number, and `ProgramABI.call` turns that into a name. Calls that take the same
/// arguments and give the same answers have one name here: fstatat is the fstatat64 of 32-bit
/// programs. Where their times differ in size, `ProgramABI.hasTime64` tells.
///
/// The list is complete (Linux 6.12), about in the order in which Linux got them. Which of them this
/// kernel has is in the call table.
public enum Call: UInt16, Sendable {
  /// No call: the number has none.
  case absent
  case restartSyscall, exit, fork, read, write, open, close, creat, link, unlink, execve,
    chdir, mknod, chmod, lchown16, lseek, getpid, mount, setuid16, getuid, ptrace, pause,
    access, nice, sync, kill, rename, mkdir, rmdir, dup, pipe, times, brk, setgid16, getgid,
    geteuid, getegid, acct, umount2, ioctl, fcntl32, setpgid, umask, chroot, ustat, dup2,
    getppid, getpgrp, setsid, oldSigaction, setreuid16, setregid16, oldSigsuspend,
    oldSigpending, sethostname, setrlimit, getrusage, gettimeofday, settimeofday, getgroups16,
    setgroups16, symlink, readlink, uselib, swapon, reboot, munmap, truncate, ftruncate,
    fchmod, fchown16, getpriority, setpriority, statfs, fstatfs, syslog, setitimer, getitimer,
    newstat, newlstat, newfstat, vhangup, wait4, swapoff, sysinfo, fsync, sigreturn, clone,
    setdomainname, uname, adjtimex, mprotect, oldSigprocmask, initModule, deleteModule,
    quotactl, getpgid, fchdir, bdflush, sysfs, personality, setfsuid16, setfsgid16, llseek,
    getdents, select, flock, msync, readv, writev, getsid, fdatasync, sysctl, mlock, munlock,
    mlockall, munlockall, schedSetparam, schedGetparam, schedSetscheduler, schedGetscheduler,
    schedYield, schedGetPriorityMax, schedGetPriorityMin, schedRrGetInterval, nanosleep,
    mremap, setresuid16, getresuid16, poll, nfsservctl, setresgid16, getresgid16, prctl,
    rtSigreturn, rtSigaction, rtSigprocmask, rtSigpending, rtSigtimedwait, rtSigqueueinfo,
    rtSigsuspend, pread64, pwrite64, chown16, getcwd, capget, capset, sigaltstack, sendfile,
    vfork, getrlimit, mmap, truncate64, ftruncate64, stat, lstat, fstat, lchown, setreuid,
    setregid, getgroups, setgroups, fchown, setresuid, getresuid, setresgid, getresgid, chown,
    setuid, setgid, setfsuid, setfsgid, getdents64, pivotRoot, mincore, madvise, fcntl,
    gettid, readahead, setxattr, lsetxattr, fsetxattr, getxattr, lgetxattr, fgetxattr,
    listxattr, llistxattr, flistxattr, removexattr, lremovexattr, fremovexattr, tkill,
    sendfile64, futex, schedSetaffinity, schedGetaffinity, ioSetup, ioDestroy, ioGetevents,
    ioSubmit, ioCancel, exitGroup, lookupDcookie, epollCreate, epollCtl, epollWait,
    remapFilePages, setTidAddress, timerCreate, timerSettime, timerGettime, timerGetoverrun,
    timerDelete, clockSettime, clockGettime, clockGetres, clockNanosleep, statfs64, fstatfs64,
    tgkill, utimes, fadvise64, pciconfigIobase, pciconfigRead, pciconfigWrite, mqOpen,
    mqUnlink, mqTimedsend, mqTimedreceive, mqNotify, mqGetsetattr, waitid, socket, bind,
    connect, listen, accept, getsockname, getpeername, socketpair, send, sendto, recv,
    recvfrom, shutdown, setsockopt, getsockopt, sendmsg, recvmsg, semop, semget, semctl,
    msgsnd, msgrcv, msgget, msgctl, shmat, shmdt, shmget, shmctl, addKey, requestKey, keyctl,
    semtimedop, vserver, ioprioSet, ioprioGet, inotifyInit, inotifyAddWatch, inotifyRmWatch,
    mbind, getMempolicy, setMempolicy, openat, mkdirat, mknodat, fchownat, futimesat, fstatat,
    unlinkat, renameat, linkat, symlinkat, readlinkat, fchmodat, faccessat, pselect6, ppoll,
    unshare, setRobustList, getRobustList, splice, syncFileRange, tee, vmsplice, movePages,
    getcpu, epollPwait, kexecLoad, utimensat, signalfd, timerfdCreate, eventfd, fallocate,
    timerfdSettime, timerfdGettime, signalfd4, eventfd2, epollCreate1, dup3, pipe2,
    inotifyInit1, preadv, pwritev, rtTgsigqueueinfo, perfEventOpen, recvmmsg, accept4,
    fanotifyInit, fanotifyMark, prlimit64, nameToHandleAt, openByHandleAt, clockAdjtime,
    syncfs, sendmmsg, setns, processVmReadv, processVmWritev, kcmp, finitModule, schedSetattr,
    schedGetattr, renameat2, seccomp, getrandom, memfdCreate, bpf, execveat, userfaultfd,
    membarrier, mlock2, copyFileRange, preadv2, pwritev2, pkeyMprotect, pkeyAlloc, pkeyFree,
    statx, rseq, ioPgetevents, migratePages, kexecFileLoad, clockGettime64, pidfdSendSignal,
    ioUringSetup, ioUringEnter, ioUringRegister, openTree, moveMount, fsopen, fsconfig,
    fsmount, fspick, pidfdOpen, clone3, closeRange, openat2, pidfdGetfd, processMadvise,
    epollPwait2, mountSetattr, quotactlFd, landlockCreateRuleset, landlockAddRule,
    landlockRestrictSelf, processMrelease, futexWaitv, setMempolicyHomeNode, cachestat,
    fchmodat2, mapShadowStack, futexWake, futexWait, futexRequeue, statmount, listmount,
    lsmGetSelfAttr, lsmSetSelfAttr, lsmListModules, mseal, breakpoint, cacheflush, usr26,
    usr32, setTls, getTls
}
