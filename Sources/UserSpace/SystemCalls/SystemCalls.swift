// SPDX-License-Identifier: Apache-2.0
import RTOSCore

// SAFETY: the port gives a frame on this kernel stack, and the running process.
/// The way in: the port's entry code calls `handle` with the program's registers.
public enum SystemCalls<P: Platform> {
  /// Makes the system call that `frame` asks for: number in r7, arguments in r0 to r6, result in
  /// r0, a negative errno on failure. An unknown number is ENOSYS and changes nothing. Interrupts
  /// are on, no lock is held. When it returns and the process has ended, which happens in tests
  /// only, the program must not go on.
  ///
  /// The port's entry code has counted the call, and may have answered getppid and clock_gettime64
  /// (`clockTime64`) itself: see `CallArea`.
  @inline(__always)
  public static func handle(
    _ frame: UnsafeMutablePointer<TrapFrame>, _ process: UnsafeMutablePointer<Process<P>>
  ) {
    switch unsafe frame.pointee.r7 {
    case 20: unsafe frame.pointee.r0 = process.pointee.identifier  // getpid
    case 224: unsafe frame.pointee.r0 = P.thread.pointee.identifier  // gettid
    case 158:  // sched_yield
      P.yield()
      unsafe frame.pointee.r0 = 0
    case 263: unsafe SystemCall<P>(frame: frame, process: process).clockTime32()
    default:
      let call = unsafe SystemCall<P>(frame: frame, process: process)
      unsafe frame.pointee.r0 = call.result()
    }
  }

  /// The one call whose cost programs count, clock_gettime64. Budget: 150 instructions from the
  /// program's svc to its next instruction.
  @inline(__always)
  public static func clockTime64(
    _ frame: UnsafeMutablePointer<TrapFrame>, _ process: UnsafeMutablePointer<Process<P>>
  ) {
    unsafe SystemCall<P>(frame: frame, process: process).clockTime64()
  }
}

// SAFETY: the process and its frame outlive the call, whose one thread is here.
extension SystemCall {
  /// What r0 gets.
  @inline(never)
  func result() -> UInt32 {
    P.enterKernel()
    defer { P.leaveKernel() }
    do {
      switch unsafe frame.pointee.r7 {
      // Around a fork and between threads: not behind all the others, each of which is a comparison.
      case 2, 114, 120, 175, 190, 240, 248: return try dispatchProcess()
      default: return try dispatch()
      }
    } catch {
      if error.isRestart { noteRestart(error) }
      return UInt32(bitPattern: -error.rawValue)
    }
  }

  /// All other calls by number (arch/arm/tools/syscall.tbl). Each is its own function, so that
  /// this one needs next to no stack.
  private func dispatch() throws(Errno) -> UInt32 {
    switch unsafe frame.pointee.r7 {
    // Files.
    case 3: return try read()
    case 4: return try write()
    case 5: return try open(at: FileNode.currentDirectory, path: r0, flags: r1)
    case 6: return try close()
    case 12: return try changeDirectory()
    case 19: return try seek()
    case 33: return try access(at: FileNode.currentDirectory, path: r0, mode: r1)
    case 41: return try files.duplicate(r0, from: 0, closesOnExec: false, below: descriptorLimit)
    case 54: return try ioctl()
    case 63: return try duplicateTo(isThird: false)
    case 85: return try readLink(at: FileNode.currentDirectory, r0, r1, r2)
    case 133: return try changeDirectoryToFile()
    case 140: return try longSeek()
    case 141: return try directoryEntries(isOld: true)
    case 142: return try select(.timeval)
    case 145: return try readVector()
    case 146: return try writeVector()
    case 168: return try poll()
    case 180: return try readAt()
    case 183: return try currentDirectoryName()
    case 195: return try statPath(at: FileNode.currentDirectory, r0, r1, followsLast: true)
    case 196: return try statPath(at: FileNode.currentDirectory, r0, r1, followsLast: false)
    case 197: return try statDescriptor()
    case 217: return try directoryEntries(isOld: false)
    case 221: return try fileControl()
    case 322: return try open(at: r0, path: r1, flags: r2)
    case 327: return try statAt()
    case 332: return try readLink(at: r0, r1, r2, r3)
    case 335: return try select(.narrow)
    case 336: return try poll(isWide: false)
    case 334, 439: return try access(at: r0, path: r1, mode: r2)
    case 358: return try duplicateTo(isThird: true)
    case 397: return try extendedStat()
    case 413: return try select(.wide)
    case 414: return try poll(isWide: true)
    default: return try dispatchMemoryAndTime()
    }
  }

  private func dispatchMemoryAndTime() throws(Errno) -> UInt32 {
    switch unsafe frame.pointee.r7 {
    // Memory.
    case 45: return try setBreak()
    case 91: return try unmap()
    case 125: return try protect()
    case 144: return try synchronize()
    case 150: return try lock(flags: 0)
    case 151: return try unlock()
    case 152: return try lockAll()
    case 153: return 0  // munlockall
    case 163: return try remap()
    case 192: return try map()
    case 219: return try residency()
    case 220: return try advise()
    case 390: return try lock(flags: r2)
    // Time.
    case 43: return try times()
    case 78: return try timeOfDay()
    case 79: return try setTimeOfDay()
    case 104: return try setIntervalTimer()
    case 105: return try getIntervalTimer()
    case 124: return try adjustTime()
    case 162: return try sleep()
    case 257: return try createTimer()
    case 258: return try setTimer(isWide: false)
    case 259: return try getTimer(isWide: false)
    case 260: return try timerOverrun()
    case 261: return try deleteTimer()
    case 262: return try setClock(isWide: false)
    case 264: return try clockResolution(isWide: false)
    case 265: return try clockSleep(isWide: false)
    case 372: return try adjustClock(isWide: false)
    case 404: return try setClock(isWide: true)
    case 405: return try adjustClock(isWide: true)
    case 406: return try clockResolution(isWide: true)
    case 407: return try clockSleep(isWide: true)
    case 408: return try getTimer(isWide: true)
    case 409: return try setTimer(isWide: true)
    default: return try dispatchProcess()
    }
  }

  private func dispatchProcess() throws(Errno) -> UInt32 {
    switch unsafe frame.pointee.r7 {
    case 0: throw .interrupted  // restart_syscall: calls go on inside the kernel
    case 1: return exitThread()
    case 2: return try clone(flags: 17, stack: 0, parentWord: 0, threadPointer: 0, childWord: 0)
    case 11: return try execute()
    case 29: return try pause()
    case 37: return try kill()
    case 57: return try groups(.move)
    case 60: return setFileMask()
    case 65: return try groups(.group(of: 0))
    case 66: return try groups(.begin)
    case 75: return try setResourceLimit()
    case 77: return try resourceUse()
    case 114: return try wait()
    case 116: return try systemInformation()
    case 119: return signalReturn(hasInfo: false)
    case 120: return try clone()
    case 122: return try systemName()
    case 132: return try groups(.group(of: r0))
    case 147: return try groups(.session(of: r0))
    case 154: return try setScheduler(policy: nil, parameter: r1)
    case 155: return try schedulerParameter()
    case 156: return try setScheduler(policy: r1, parameter: r2)
    case 157: return try scheduler()
    case 159: return try priorityLimit(99)
    case 160: return try priorityLimit(1)
    case 161: return try sliceLength(isWide: false)
    case 172: return try processControl()
    case 173: return signalReturn(hasInfo: true)
    case 174: return try signalAction()
    case 175: return try signalMask()
    case 176: return try signalsPending()
    case 177: return try signalTimedWait(isWide: false)
    case 178: return try queueSignal(toThread: false)
    case 179: return try signalSuspend()
    case 186: return try signalStack()
    case 24, 47, 49, 50, 199, 200, 201, 202: return 0  // get[e]uid, get[e]gid, also with 16 bits
    case 190:
      return try clone(
        flags: Self.vforkFlags, stack: 0, parentWord: 0, threadPointer: 0, childWord: 0)
    case 191: return try resourceLimit()
    case 238: return try killThread(group: nil, r0, r1)
    case 240: return try futex(isWide: false)
    case 241: return try setAffinity()
    case 242: return try affinity()
    case 248: return exit()
    case 256: return setThreadWord()
    case 268: return try killThread(group: r0, r1, r2)
    case 280: return try waitID()
    case 338: return try setRobustList()
    case 339: return try getRobustList()
    case 345: return try processorNumber()
    case 363: return try queueSignal(toThread: true)
    case 369: return try resourceLimit64()
    case 384: return try random()
    case 421: return try signalTimedWait(isWide: true)
    case 422: return try futex(isWide: true)
    case 423: return try sliceLength(isWide: true)
    case 0xf0002: return 0  // cacheflush: caches are coherent where the program may write
    case 0xf0005: return setThreadPointer()
    default: throw .noSystemCall
    }
  }
}

extension FileNode {
  /// AT_FDCWD: a path begins in the working directory.
  static var currentDirectory: UInt32 { UInt32(bitPattern: -100) }
}
