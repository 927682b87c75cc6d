// SPDX-License-Identifier: Apache-2.0
import RTOSCore

// The call table: which function serves which system call, and what it needs before it runs.
//
// A new call is one row here, with its name taken from the list at the end, and one function in an
// extension of `SystemCall`. Its name and its numbers exist already: `Call` and each `ProgramABI`
// have all calls of Linux. Where a function serves two calls that differ in the size of their
// times, it asks `isTime64`.
//
// The compiler makes constant tables of `row(of:)`, one of needs and one of functions. A look-up is
// one load from each. For this to work, the switch names every case and has no default, and a row's
// closure captures nothing. A function that only its row calls is `@inline(__always)`: the closure
// then is that function, without a call between the two.

extension SystemCall {
  /// What `call` needs. A function of its own, because a use beside `function` would make the
  /// compiler emit branches in place of the tables.
  @inline(never)
  static func needs(of call: Call) -> CallNeeds { row(of: call).needs }

  /// The row of `call`.
  @inline(__always)
  static func row(of call: Call) -> Row {
    switch call {
    // Without the kernel lock. A port's entry code may answer getppid and clock_gettime64 itself.
    case .getpid: Row(needs: .nothing) { $0.processIdentifier() }
    case .gettid: Row(needs: .nothing) { $0.threadIdentifier() }
    case .getppid: Row(needs: .nothing) { $0.parentIdentifier() }
    case .schedYield: Row(needs: .nothing) { $0.yield() }
    case .clockGettime: Row(needs: .nothing) { call throws(Errno) in try call.clockTime32() }
    case .clockGettime64:
      Row(needs: .nothing) { call in
        call.clockTime64()
        return call.word(0)
      }
    // Files.
    case .read: Row { call throws(Errno) in try call.read() }
    case .write: Row { call throws(Errno) in try call.write() }
    case .open:
      Row { call throws(Errno) in
        try call.open(
          at: FileNode.currentDirectory, path: call.address(0), flags: call.argument(1),
          mode: call.argument(2))
      }
    case .openat:
      Row { call throws(Errno) in
        try call.open(
          at: call.argument(0), path: call.address(1), flags: call.argument(2),
          mode: call.argument(3))
      }
    case .close: Row { call throws(Errno) in try call.close() }
    case .chdir: Row { call throws(Errno) in try call.changeDirectory() }
    case .fchdir: Row { call throws(Errno) in try call.changeDirectoryToFile() }
    case .chroot: Row { call throws(Errno) in try call.changeRoot() }
    case .getcwd: Row { call throws(Errno) in try call.currentDirectoryName() }
    case .lseek: Row { call throws(Errno) in try call.seek() }
    case .llseek: Row { call throws(Errno) in try call.longSeek() }
    case .access:
      Row { call throws(Errno) in
        try call.access(
          at: FileNode.currentDirectory, path: call.address(0), mode: call.argument(1))
      }
    case .faccessat:
      Row { call throws(Errno) in
        try call.access(at: call.argument(0), path: call.address(1), mode: call.argument(2))
      }
    case .pipe: Row { call throws(Errno) in try call.pipe(flags: 0) }
    case .pipe2: Row { call throws(Errno) in try call.pipe(flags: call.argument(1)) }
    case .pidfdOpen: Row { call throws(Errno) in try call.openProcess() }
    case .openat2: Row { call throws(Errno) in try call.openByRules() }
    case .pidfdGetfd: Row { call throws(Errno) in try call.takeFile() }
    case .pidfdSendSignal: Row { call throws(Errno) in try call.signalHandle() }
    case .eventfd: Row { call throws(Errno) in try call.eventCounter(flags: 0) }
    case .eventfd2: Row { call throws(Errno) in try call.eventCounter(flags: call.argument(1)) }
    case .timerfdCreate: Row { call throws(Errno) in try call.openTimer() }
    case .timerfdSettime: Row { call throws(Errno) in try call.setTimerFile() }
    case .timerfdGettime: Row { call throws(Errno) in try call.getTimerFile() }
    case .signalfd: Row { call throws(Errno) in try call.signalFile(flags: 0) }
    case .signalfd4: Row { call throws(Errno) in try call.signalFile(flags: call.argument(3)) }
    case .flock: Row { call throws(Errno) in try call.lockFile() }
    case .inotifyInit: Row { call throws(Errno) in try call.openNotifier(flags: 0) }
    case .inotifyInit1:
      Row { call throws(Errno) in try call.openNotifier(flags: call.argument(0)) }
    case .inotifyAddWatch: Row { call throws(Errno) in try call.addWatch() }
    case .inotifyRmWatch: Row { call throws(Errno) in try call.removeWatch() }
    case .mqOpen: Row { call throws(Errno) in try call.openQueue() }
    case .mqUnlink: Row { call throws(Errno) in try call.unlinkQueue() }
    case .mqTimedsend: Row { call throws(Errno) in try call.sendToQueue() }
    case .mqTimedreceive: Row { call throws(Errno) in try call.receiveFromQueue() }
    case .mqNotify: Row { call throws(Errno) in try call.notifyOfQueue() }
    case .mqGetsetattr: Row { call throws(Errno) in try call.queueAttributes() }
    case .epollCreate: Row { call throws(Errno) in try call.createPoll() }
    case .epollCreate1: Row { call throws(Errno) in try call.createPoll(flags: call.argument(0)) }
    case .epollCtl: Row { call throws(Errno) in try call.controlPoll() }
    case .epollWait: Row { call throws(Errno) in try call.waitPoll(hasMask: false) }
    case .epollPwait: Row { call throws(Errno) in try call.waitPoll(hasMask: true) }
    case .epollPwait2: Row { call throws(Errno) in try call.waitPollWithTime() }
    case .closeRange: Row { call throws(Errno) in try call.closeRange() }
    case .dup: Row { call throws(Errno) in try call.duplicate() }
    case .dup2: Row { call throws(Errno) in try call.duplicateTo(isThird: false) }
    case .dup3: Row { call throws(Errno) in try call.duplicateTo(isThird: true) }
    case .ioctl: Row { call throws(Errno) in try call.ioctl() }
    case .fcntl, .fcntl32: Row { call throws(Errno) in try call.fileControl() }
    case .readlink:
      Row { call throws(Errno) in
        try call.readLink(
          at: FileNode.currentDirectory, call.address(0), call.address(1), call.argument(2))
      }
    case .readlinkat:
      Row { call throws(Errno) in
        try call.readLink(
          at: call.argument(0), call.address(1), call.address(2), call.argument(3))
      }
    case .getdents: Row { call throws(Errno) in try call.directoryEntries(isOld: true) }
    case .getdents64: Row { call throws(Errno) in try call.directoryEntries(isOld: false) }
    case .readv: Row { call throws(Errno) in try call.readVector() }
    case .writev: Row { call throws(Errno) in try call.writeVector() }
    case .pread64: Row { call throws(Errno) in try call.readAt() }
    case .stat:
      Row { call throws(Errno) in
        try call.statPath(
          at: FileNode.currentDirectory, call.address(0), call.address(1), followsLast: true)
      }
    case .lstat:
      Row { call throws(Errno) in
        try call.statPath(
          at: FileNode.currentDirectory, call.address(0), call.address(1), followsLast: false)
      }
    case .fstat: Row { call throws(Errno) in try call.statDescriptor() }
    case .fstatat: Row { call throws(Errno) in try call.statAt() }
    case .statx: Row { call throws(Errno) in try call.extendedStat() }
    case .umask: Row { $0.setFileMask() }
    case .creat:
      Row { call throws(Errno) in
        try call.open(
          at: FileNode.currentDirectory, path: call.address(0), flags: 0o1101,
          mode: call.argument(1))
      }
    case .pwrite64: Row { call throws(Errno) in try call.writeAt() }
    case .preadv:
      Row { call throws(Errno) in
        try call.moveVectorAt(isWriting: false, hasFlags: false)
      }
    case .pwritev:
      Row { call throws(Errno) in
        try call.moveVectorAt(isWriting: true, hasFlags: false)
      }
    case .preadv2:
      Row { call throws(Errno) in
        try call.moveVectorAt(isWriting: false, hasFlags: true)
      }
    case .pwritev2:
      Row { call throws(Errno) in
        try call.moveVectorAt(isWriting: true, hasFlags: true)
      }
    // Changes of files.
    case .mkdir:
      Row { call throws(Errno) in
        try call.makeDirectory(at: FileNode.currentDirectory, call.address(0), call.argument(1))
      }
    case .mkdirat:
      Row { call throws(Errno) in
        try call.makeDirectory(at: call.argument(0), call.address(1), call.argument(2))
      }
    case .mknod:
      Row { call throws(Errno) in
        try call.makeNode(
          at: FileNode.currentDirectory, call.address(0), call.argument(1), device: call.argument(2)
        )
      }
    case .mknodat:
      Row { call throws(Errno) in
        try call.makeNode(
          at: call.argument(0), call.address(1), call.argument(2), device: call.argument(3))
      }
    case .symlink:
      Row { call throws(Errno) in
        try call.makeSymbolicLink(call.address(0), at: FileNode.currentDirectory, call.address(1))
      }
    case .symlinkat:
      Row { call throws(Errno) in
        try call.makeSymbolicLink(call.address(0), at: call.argument(1), call.address(2))
      }
    case .link:
      Row { call throws(Errno) in
        try call.makeLink(
          at: FileNode.currentDirectory, call.address(0), at: FileNode.currentDirectory,
          call.address(1), flags: 0)
      }
    case .linkat:
      Row { call throws(Errno) in
        try call.makeLink(
          at: call.argument(0), call.address(1), at: call.argument(2), call.address(3),
          flags: call.argument(4))
      }
    case .unlink:
      Row { call throws(Errno) in
        try call.removeFile(at: FileNode.currentDirectory, call.address(0))
      }
    case .rmdir:
      Row { call throws(Errno) in
        try call.removeDirectory(at: FileNode.currentDirectory, call.address(0))
      }
    case .unlinkat: Row { call throws(Errno) in try call.removeAt() }
    case .rename:
      Row { call throws(Errno) in
        try call.rename(
          at: FileNode.currentDirectory, call.address(0), at: FileNode.currentDirectory,
          call.address(1), flags: 0)
      }
    case .renameat:
      Row { call throws(Errno) in
        try call.rename(
          at: call.argument(0), call.address(1), at: call.argument(2), call.address(3), flags: 0)
      }
    case .renameat2:
      Row { call throws(Errno) in
        try call.rename(
          at: call.argument(0), call.address(1), at: call.argument(2), call.address(3),
          flags: call.argument(4))
      }
    case .chmod:
      Row { call throws(Errno) in
        try call.changeMode(at: FileNode.currentDirectory, call.address(0), call.argument(1))
      }
    case .fchmod: Row { call throws(Errno) in try call.changeModeOfFile() }
    case .fchmodat:
      Row { call throws(Errno) in
        try call.changeMode(at: call.argument(0), call.address(1), call.argument(2))
      }
    case .chown:
      Row { call throws(Errno) in
        try call.changeOwner(
          at: FileNode.currentDirectory, call.address(0), call.argument(1), call.argument(2),
          flags: 0)
      }
    case .lchown:
      Row { call throws(Errno) in
        try call.changeOwner(
          at: FileNode.currentDirectory, call.address(0), call.argument(1), call.argument(2),
          flags: 0x100)
      }
    case .fchown:
      Row { call throws(Errno) in
        try call.changeOwnerOfFile(call.argument(1), call.argument(2))
      }
    case .chown16:
      Row { call throws(Errno) in
        try call.changeOwner(
          at: FileNode.currentDirectory, call.address(0), wide(call.argument(1)),
          wide(call.argument(2)), flags: 0)
      }
    case .lchown16:
      Row { call throws(Errno) in
        try call.changeOwner(
          at: FileNode.currentDirectory, call.address(0), wide(call.argument(1)),
          wide(call.argument(2)), flags: 0x100)
      }
    case .fchown16:
      Row { call throws(Errno) in
        try call.changeOwnerOfFile(wide(call.argument(1)), wide(call.argument(2)))
      }
    case .fchownat:
      Row { call throws(Errno) in
        try call.changeOwner(
          at: call.argument(0), call.address(1), call.argument(2), call.argument(3),
          flags: call.argument(4))
      }
    case .utimes:
      Row { call throws(Errno) in
        try call.setTimesInMicroseconds(
          at: FileNode.currentDirectory, call.address(0), call.address(1))
      }
    case .futimesat:
      Row { call throws(Errno) in
        try call.setTimesInMicroseconds(at: call.argument(0), call.address(1), call.address(2))
      }
    case .utimensat: Row { call throws(Errno) in try call.setTimes() }
    case .truncate:
      Row { call throws(Errno) in
        try call.truncate(to: P.ABI.Long(truncatingIfNeeded: call.word(1)).signed)
      }
    case .ftruncate:
      Row { call throws(Errno) in
        try call.truncateFile(to: P.ABI.Long(truncatingIfNeeded: call.word(1)).signed)
      }
    case .truncate64:
      Row { call throws(Errno) in
        try call.truncate(to: Int64(bitPattern: P.ABI.argument64(call.frame.pointee, after: 1)))
      }
    case .ftruncate64:
      Row { call throws(Errno) in
        try call.truncateFile(to: Int64(bitPattern: P.ABI.argument64(call.frame.pointee, after: 1)))
      }
    case .fallocate: Row { call throws(Errno) in try call.allocateSpace() }
    case .sendfile: Row { call throws(Errno) in try call.sendFile(hasLongOffset: false) }
    case .sendfile64: Row { call throws(Errno) in try call.sendFile(hasLongOffset: true) }
    case .splice: Row { call throws(Errno) in try call.splice() }
    case .tee: Row { call throws(Errno) in try call.tee() }
    case .vmsplice: Row { call throws(Errno) in try call.memorySplice() }
    case .copyFileRange: Row { call throws(Errno) in try call.copyRange() }
    case .memfdCreate: Row { call throws(Errno) in try call.makeMemoryFile() }
    case .socketpair: Row { call throws(Errno) in try call.makeSocketPair() }
    case .socket: Row { call throws(Errno) in try call.makeSocket() }
    case .send: Row { call throws(Errno) in try call.send(hasName: false) }
    case .sendto: Row { call throws(Errno) in try call.send(hasName: true) }
    case .sendmsg: Row { call throws(Errno) in try call.sendMessage() }
    case .recv: Row { call throws(Errno) in try call.receive(hasName: false) }
    case .recvfrom: Row { call throws(Errno) in try call.receive(hasName: true) }
    case .recvmsg: Row { call throws(Errno) in try call.receiveMessage() }
    case .shutdown: Row { call throws(Errno) in try call.shutDownSocket() }
    case .getsockname: Row { call throws(Errno) in try call.socketName(ofPeer: false) }
    case .getpeername: Row { call throws(Errno) in try call.socketName(ofPeer: true) }
    case .getsockopt: Row { call throws(Errno) in try call.socketOption() }
    case .setsockopt: Row { call throws(Errno) in try call.setSocketOption() }
    case .bind: Row { call throws(Errno) in try call.refuseConnection(.bind) }
    case .connect: Row { call throws(Errno) in try call.refuseConnection(.connect) }
    case .listen, .accept: Row { call throws(Errno) in try call.refuseConnection(.listen) }
    case .accept4: Row { call throws(Errno) in try call.refuseConnection(.accept4) }
    case .fsync, .fdatasync, .syncFileRange, .syncfs:
      Row { call throws(Errno) in try call.synchronizeFile() }
    case .sync: Row { _ in 0 }
    case .fadvise64: Row { call throws(Errno) in try call.adviseFile() }
    case .statfs: Row { call throws(Errno) in try call.volumeStatus(isWide: false) }
    case .fstatfs: Row { call throws(Errno) in try call.volumeStatusOfFile(isWide: false) }
    case .statfs64: Row { call throws(Errno) in try call.volumeStatus(isWide: true) }
    case .fstatfs64: Row { call throws(Errno) in try call.volumeStatusOfFile(isWide: true) }
    case .mount: Row { call throws(Errno) in try call.mount() }
    case .umount2: Row { call throws(Errno) in try call.unmountVolume() }
    // Waiting for files.
    case .poll: Row { call throws(Errno) in try call.poll() }
    case .ppoll: Row { call throws(Errno) in try call.pollWithMask() }
    case .select: Row { call throws(Errno) in try call.select(isOld: true) }
    case .pselect6: Row { call throws(Errno) in try call.select(isOld: false) }
    // Memory.
    case .brk: Row(needs: .ownProcess) { call throws(Errno) in try call.setBreak() }
    case .mmap: Row(needs: .ownProcess) { call throws(Errno) in try call.map() }
    case .munmap: Row(needs: .ownProcess) { call throws(Errno) in try call.unmap() }
    case .mremap: Row { call throws(Errno) in try call.remap() }
    case .mprotect: Row(needs: .ownProcess) { call throws(Errno) in try call.protect() }
    case .msync: Row { call throws(Errno) in try call.synchronize() }
    case .mincore: Row { call throws(Errno) in try call.residency() }
    case .madvise: Row(needs: .ownProcess) { call throws(Errno) in try call.advise() }
    case .mlock: Row { call throws(Errno) in try call.lock(flags: 0) }
    case .mlock2: Row { call throws(Errno) in try call.lock(flags: call.argument(2)) }
    case .munlock: Row { call throws(Errno) in try call.unlock() }
    case .mlockall: Row { call throws(Errno) in try call.lockAll() }
    case .munlockall, .cacheflush: Row { _ in 0 }
    // Clocks and timers.
    case .times: Row { call throws(Errno) in try call.times() }
    case .gettimeofday: Row { call throws(Errno) in try call.timeOfDay() }
    case .settimeofday: Row { call throws(Errno) in try call.setTimeOfDay() }
    case .setitimer: Row { call throws(Errno) in try call.setIntervalTimer() }
    case .getitimer: Row { call throws(Errno) in try call.getIntervalTimer() }
    case .adjtimex: Row { call throws(Errno) in try call.adjustTime() }
    case .nanosleep: Row { call throws(Errno) in try call.sleep() }
    case .timerCreate: Row { call throws(Errno) in try call.createTimer() }
    case .timerSettime: Row { call throws(Errno) in try call.setTimer() }
    case .timerGettime: Row { call throws(Errno) in try call.getTimer() }
    case .timerGetoverrun: Row { call throws(Errno) in try call.timerOverrun() }
    case .timerDelete: Row { call throws(Errno) in try call.deleteTimer() }
    case .clockSettime: Row { call throws(Errno) in try call.setClock() }
    case .clockGetres: Row { call throws(Errno) in try call.clockResolution() }
    case .clockNanosleep: Row { call throws(Errno) in try call.clockSleep() }
    case .clockAdjtime: Row { call throws(Errno) in try call.adjustClock() }
    // Processes and threads.
    case .fork: Row { call throws(Errno) in try call.fork() }
    case .vfork: Row { call throws(Errno) in try call.vfork() }
    case .clone3: Row { call throws(Errno) in try call.cloneByRecord() }
    case .clone: Row { call throws(Errno) in try call.clone() }
    case .execve: Row { call throws(Errno) in try call.execute() }
    case .execveat: Row { call throws(Errno) in try call.executeAt() }
    case .exit: Row { $0.exitThread() }
    case .exitGroup: Row { $0.exit() }
    case .wait4: Row { call throws(Errno) in try call.wait() }
    case .waitid: Row { call throws(Errno) in try call.waitID() }
    case .getuid, .getgid, .geteuid, .getegid, .setfsuid, .setfsgid, .setfsuid16, .setfsgid16:
      Row { _ in 0 }
    case .setuid, .setgid: Row { call throws(Errno) in try call.setIdentities(1) }
    case .setreuid, .setregid: Row { call throws(Errno) in try call.setIdentities(2) }
    case .setresuid, .setresgid: Row { call throws(Errno) in try call.setIdentities(3) }
    case .setuid16, .setgid16:
      Row { call throws(Errno) in try call.setIdentities(1, areShort: true) }
    case .setreuid16, .setregid16:
      Row { call throws(Errno) in try call.setIdentities(2, areShort: true) }
    case .setresuid16, .setresgid16:
      Row { call throws(Errno) in try call.setIdentities(3, areShort: true) }
    case .getresuid, .getresgid: Row { call throws(Errno) in try call.storeIdentities(size: 4) }
    case .getresuid16, .getresgid16:
      Row { call throws(Errno) in try call.storeIdentities(size: 2) }
    case .getgroups, .getgroups16: Row { call throws(Errno) in try call.supplementaryGroups() }
    case .setgroups: Row { call throws(Errno) in try call.setSupplementaryGroups(size: 4) }
    case .setgroups16: Row { call throws(Errno) in try call.setSupplementaryGroups(size: 2) }
    case .capget: Row { call throws(Errno) in try call.capabilities() }
    case .capset: Row { call throws(Errno) in try call.setCapabilities() }
    case .reboot: Row { call throws(Errno) in try call.reboot() }
    case .setpgid: Row { call throws(Errno) in try call.groups(.move) }
    case .getpgid: Row { call throws(Errno) in try call.groups(.group) }
    case .getpgrp: Row { Word($0.ownGroup.rawValue) }
    case .setsid: Row { call throws(Errno) in try call.groups(.begin) }
    case .getsid: Row { call throws(Errno) in try call.groups(.session) }
    case .setrlimit: Row { call throws(Errno) in try call.setResourceLimit() }
    case .getrlimit: Row { call throws(Errno) in try call.resourceLimit() }
    case .prlimit64: Row { call throws(Errno) in try call.resourceLimit64() }
    case .getrusage: Row { call throws(Errno) in try call.resourceUse() }
    case .sysinfo: Row { call throws(Errno) in try call.systemInformation() }
    case .sethostname: Row { call throws(Errno) in try call.setName(isDomain: false) }
    case .setdomainname: Row { call throws(Errno) in try call.setName(isDomain: true) }
    case .uname: Row { call throws(Errno) in try call.systemName() }
    case .getrandom: Row { call throws(Errno) in try call.random() }
    case .prctl: Row(needs: .nothing) { call throws(Errno) in try call.processControl() }
    case .membarrier: Row(needs: .nothing) { call throws(Errno) in try call.memoryBarrier() }
    case .getcpu: Row { call throws(Errno) in try call.getCPU() }
    case .setTidAddress: Row(needs: .nothing) { $0.setClearAddress() }
    case .setTls: Row { $0.setThreadPointer() }
    case .setRobustList: Row(needs: .nothing) { call throws(Errno) in try call.setRobustList() }
    case .getRobustList: Row { call throws(Errno) in try call.getRobustList() }
    case .futex: Row(needs: .ownProcess) { call throws(Errno) in try call.futex() }
    case .futexWaitv: Row { call throws(Errno) in try call.waitForFutexes() }
    // Scheduling.
    case .schedSetparam:
      Row { call throws(Errno) in try call.setScheduler(policy: nil, parameter: call.address(1)) }
    case .schedGetparam: Row { call throws(Errno) in try call.schedulerParameter() }
    case .schedSetattr: Row { call throws(Errno) in try call.setScheduleAttributes() }
    case .schedGetattr: Row { call throws(Errno) in try call.scheduleAttributes() }
    case .nice: Row { $0.changeNice() }
    case .setpriority: Row { call throws(Errno) in try call.setPriority() }
    case .getpriority: Row { call throws(Errno) in try call.priority() }
    case .schedSetscheduler:
      Row { call throws(Errno) in
        try call.setScheduler(policy: call.argument(1), parameter: call.address(2))
      }
    case .schedGetscheduler: Row { call throws(Errno) in try call.scheduler() }
    case .schedGetPriorityMax: Row { call throws(Errno) in try call.priorityLimit(99) }
    case .schedGetPriorityMin: Row { call throws(Errno) in try call.priorityLimit(1) }
    case .schedRrGetInterval:
      Row { call throws(Errno) in try call.sliceLength() }
    case .schedSetaffinity: Row { call throws(Errno) in try call.setAffinity() }
    case .schedGetaffinity: Row { call throws(Errno) in try call.affinity() }
    // Signals.
    case .restartSyscall: Row { (_) throws(Errno) in throw .interrupted }
    case .pause: Row { call throws(Errno) in try call.pause() }
    case .kill: Row { call throws(Errno) in try call.kill() }
    case .tkill: Row { call throws(Errno) in try call.killThread(hasProcess: false) }
    case .tgkill: Row { call throws(Errno) in try call.killThread(hasProcess: true) }
    case .rtSigqueueinfo: Row { call throws(Errno) in try call.queueSignal(isForThread: false) }
    case .rtTgsigqueueinfo: Row { call throws(Errno) in try call.queueSignal(isForThread: true) }
    case .sigreturn: Row { $0.signalReturn(hasInfo: false) }
    case .rtSigreturn: Row { $0.signalReturn(hasInfo: true) }
    case .rtSigaction: Row(needs: .ownProcess) { call throws(Errno) in try call.signalAction() }
    case .rtSigprocmask: Row(needs: .nothing) { call throws(Errno) in try call.signalMask() }
    case .rtSigpending: Row(needs: .ownProcess) { call throws(Errno) in try call.signalsPending() }
    case .rtSigtimedwait:
      Row { call throws(Errno) in try call.signalTimedWait() }
    case .rtSigsuspend: Row { call throws(Errno) in try call.signalSuspend() }
    case .sigaltstack: Row(needs: .nothing) { call throws(Errno) in try call.signalStack() }
    // What Linux has and this kernel does not, and numbers without a call.
    case .absent, .ptrace, .acct, .ustat, .oldSigaction, .oldSigsuspend, .oldSigpending, .uselib,
      .swapon, .syslog, .newstat, .newlstat, .newfstat, .vhangup, .swapoff, .oldSigprocmask,
      .initModule, .deleteModule, .quotactl, .bdflush, .sysfs, .personality, .sysctl, .nfsservctl,
      .pivotRoot, .readahead, .setxattr, .lsetxattr, .fsetxattr, .getxattr, .lgetxattr, .fgetxattr,
      .listxattr, .llistxattr, .flistxattr, .removexattr, .lremovexattr, .fremovexattr, .ioSetup,
      .ioDestroy, .ioGetevents, .ioSubmit, .ioCancel, .lookupDcookie, .remapFilePages,
      .pciconfigIobase, .pciconfigRead, .pciconfigWrite, .semop, .semget, .semctl, .msgsnd, .msgrcv,
      .msgget, .msgctl, .shmat, .shmdt, .shmget, .shmctl, .addKey, .requestKey, .keyctl,
      .semtimedop, .vserver, .ioprioSet, .ioprioGet, .mbind, .getMempolicy, .setMempolicy, .unshare,
      .movePages, .kexecLoad, .perfEventOpen, .recvmmsg, .fanotifyInit, .fanotifyMark,
      .nameToHandleAt, .openByHandleAt, .sendmmsg, .setns, .processVmReadv, .processVmWritev, .kcmp,
      .finitModule, .seccomp, .bpf, .userfaultfd, .pkeyMprotect, .pkeyAlloc, .pkeyFree, .rseq,
      .ioPgetevents, .migratePages, .kexecFileLoad, .ioUringSetup, .ioUringEnter, .ioUringRegister,
      .openTree, .moveMount, .fsopen, .fsconfig, .fsmount, .fspick, .processMadvise, .mountSetattr,
      .quotactlFd, .landlockCreateRuleset, .landlockAddRule, .landlockRestrictSelf,
      .processMrelease, .setMempolicyHomeNode, .cachestat, .fchmodat2, .mapShadowStack, .futexWake,
      .futexWait, .futexRequeue, .statmount, .listmount, .lsmGetSelfAttr, .lsmSetSelfAttr,
      .lsmListModules, .mseal, .breakpoint, .usr26, .usr32, .getTls:
      Row(needs: .nothing) { (_) throws(Errno) in throw .noSystemCall }
    }
  }
}
