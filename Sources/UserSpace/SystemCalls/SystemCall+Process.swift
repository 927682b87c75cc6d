// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import TickHandler
import VmRegion

// SAFETY: process and frame outlive the call, and only the calling thread uses them meanwhile.
/// Calls about the process itself and about the machine.
extension SystemCall {
  /// set_tls: sets the thread pointer, where a program cannot do so itself.
  @inline(__always)
  func setThreadPointer() -> Word {
    P.setThreadPointer(word(0))
    return 0
  }

  /// getpid: the number of the process.
  @inline(__always)
  func processIdentifier() -> Word { Word(word: process.pointee.identifier.rawValue) }

  /// getppid: the number of the parent, 0 for the first process.
  @inline(__always)
  func parentIdentifier() -> Word { Word(word: P.callArea(of: P.task).pointee.parent.rawValue) }

  /// gettid: the number of the thread.
  @inline(__always)
  func threadIdentifier() -> Word { Word(word: P.thread.pointee.identifier.rawValue) }

  /// sched_yield: lets other tasks of the same urgency run.
  func yield() -> Word {
    P.yield()
    return 0
  }

  /// uname: stores six fields of 65 bytes.
  @inline(__always)
  func systemName() throws(Errno) -> Word {
    let address = address(0)
    _ = try unsafe withTextPage(offset: 0) { (window) throws(Errno) in
      let names = P.names
      for index in 0..<6 {
        switch index {
        case 1: names.node.write(to: &window)
        case 5: names.domain.write(to: &window)
        default: window.text(Self.systemName(index))
        }
        while window.length < UInt64((index + 1) * 65) { window.put(0) }
      }
      return window.count
    } finish: { (start, count) throws(Errno) in
      // SAFETY: the text page holds `count` bytes.
      try unsafe copyOut(start, to: address, count: count)
    }
    return 0
  }

  /// System, release, version, machine.
  private static func systemName(_ index: Int) -> StaticString {
    switch index {
    case 0: SystemName.system
    case 2: SystemName.release
    case 3: SystemName.version
    default: P.ABI.machineName
    }
  }

  /// sethostname and setdomainname: the address of the name, its length.
  @inline(never)
  func setName(isDomain: Bool) throws(Errno) -> Word {
    guard argument(1) <= 64 else { throw .invalid }
    let buffer = UserBuffer<P>(address: address(0), count: Int(argument(1)))
    let name = try Proc<P>.load(buffer)
    guard name.count == buffer.count else { throw .badAddress }
    P.setName(name, isDomain: isDomain)
    return 0
  }

  /// sysinfo: the address for the record.
  @inline(__always)
  func systemInformation() throws(Errno) -> Word {
    P.reclaimTasks()
    let pool = process.pointee.space.pool
    let record = SystemRecord<P.ABI.Long>(
      seconds: P.monotonicNanoseconds() / 1_000_000_000,
      memory: Word(pool.totalCount) << Page.shift,
      free: Word(pool.freeCount) << Page.shift,
      shared: Word(FileTree<P>.pageCount) << Page.shift,
      processes: P.processes.withLock { $0.liveCount }, loads: P.loadAverages)
    try store(record.words, first: SystemRecord<P.ABI.Long>.count, at: address(0))
    return 0
  }

  /// getrandom: the address, the count, flags.
  @inline(__always)
  func random() throws(Errno) -> Word {
    guard argument(2) & ~7 == 0, argument(2) & 6 != 6 else { throw .invalid }
    let buffer = UserBuffer<P>(
      address: address(0), count: Int(min(word(1), Word(Int32.max))))
    return try Devices<P>.read(Devices<P>.urandom, into: buffer)
  }

  /// getcpu: stores the numbers of the CPU and of the node, which is 0.
  @inline(__always)
  func getCPU() throws(Errno) -> Word {
    if address(0) != 0 { try store([P.CPU.number] as InlineArray<1, UInt32>, at: address(0)) }
    if address(1) != 0 { try store([0] as InlineArray<1, UInt32>, at: address(1)) }
    return 0
  }

  /// getrusage: of the process (0), of the thread (1), or of the children that were waited for
  /// (-1).
  @inline(__always)
  func resourceUse() throws(Errno) -> Word {
    let time: SplitTime
    switch argument(0) {
    case 0: time = process.pointee.cpuTime()
    case 1: time = P.processes.withLock { $0.splitTime(of: P.thread) }
    case .max: time = process.pointee.childrenTime
    default: throw .invalid
    }
    let faults = argument(0) == .max ? 0 : process.pointee.space.faultCount
    try storeUse(time, faults: faults, at: address(1))
    return 0
  }

  /// Stores a struct rusage.
  @inline(never)
  func storeUse(_ time: SplitTime, faults: UInt32, at address: UserAddress) throws(Errno) {
    try store(UsageRecord<P.ABI.Long>(time, faults: faults).words, at: address)
  }

  /// umask: sets the file mode mask and returns the old one.
  @inline(__always)
  func setFileMask() -> Word {
    let old = process.pointee.fileMask
    process.pointee.fileMask = argument(0) & 0o777
    return Word(old)
  }
}
