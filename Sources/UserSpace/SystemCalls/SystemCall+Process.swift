import RTOSCore
import TickHandler
import VmRegion

// SAFETY: the process and its frame outlive the call, whose one thread is here.
/// The process about itself and the machine.
extension SystemCall {
  /// ARM's set_tls.
  @inline(never)
  func setThreadPointer() -> UInt32 {
    P.setThreadPointer(r0)
    return 0
  }

  /// uname: six fields of 65 bytes.
  @inline(never)
  func systemName() throws(Errno) -> UInt32 {
    let address = r0
    _ = try unsafe withTextPage(offset: 0) { (window) throws(Errno) in
      for index in 0..<6 {
        window.text(Self.systemName(index))
        while window.length < UInt64((index + 1) * 65) { window.put(0) }
      }
      return window.count
    } finish: { (start, count) throws(Errno) in
      // SAFETY: the text page holds `count` bytes.
      try unsafe copyOut(start, to: address, count: count)
    }
    return 0
  }

  /// System, node, release, version, machine, domain. The first and the third are what programs
  /// take to be the interface that they get, which is Linux's.
  private static func systemName(_ index: Int) -> StaticString {
    switch index {
    case 0: "Linux"
    case 1: "apus"
    case 2: "6.1.0-apus"
    case 3: "#1 Apus"
    case 4: "armv7l"
    default: "(none)"
    }
  }

  /// sysinfo: 64 bytes, sizes in bytes.
  @inline(never)
  func systemInformation() throws(Errno) -> UInt32 {
    P.collectTasks()
    // SAFETY: the process outlives the call.
    let pool = unsafe process.pointee.space.pool
    var words = InlineArray<16, UInt32>(repeating: 0)
    words[0] = UInt32(truncatingIfNeeded: P.monotonicNanoseconds() / 1_000_000_000)
    words[4] = pool.totalCount << Page.shift
    words[5] = pool.freeCount << Page.shift
    words[10] = P.processes.withLock { $0.liveCount }
    words[13] = 1  // bytes in a unit
    try store(words, at: r0)
    return 0
  }

  /// getrandom.
  @inline(never)
  func random() throws(Errno) -> UInt32 {
    guard r2 & ~7 == 0, r2 & 6 != 6 else { throw .invalid }
    return try readRandom(r0, Int(min(r1, UInt32(Int32.max))))
  }

  /// prctl: the name, and what a program may ask about core dumps.
  @inline(never)
  func processControl() throws(Errno) -> UInt32 {
    switch r0 {
    case 15: try setName()
    case 16:
      // SAFETY: a thread's place does not move.
      let name = unsafe P.thread.pointee.name
      var words = InlineArray<4, UInt32>(repeating: 0)
      for index in 0..<16 { words[index / 4] |= UInt32(name[index]) << UInt32(index % 4 * 8) }
      try store(words, at: r1)
    case 3: return 1  // PR_GET_DUMPABLE
    default: throw .invalid
    }
    return 0
  }

  /// Up to 15 bytes or the first zero; the string may end just before a page that is not there.
  private func setName() throws(Errno) {
    var name = InlineArray<16, UInt8>(repeating: 0)
    for index in 0..<15 {
      var byte = UInt8(0)
      // SAFETY: one byte is copied to one byte.
      try unsafe withUnsafeMutablePointer(to: &byte) { (pointer) throws(Errno) in
        try unsafe copyIn(
          UnsafeMutableRawPointer(pointer), from: r1 &+ UInt32(index), count: 1)
      }
      if byte == 0 { break }
      name[index] = byte
    }
    // SAFETY: a thread's place does not move.
    unsafe P.thread.pointee.name = name
    P.noteName(name, of: P.task)
  }

  /// getcpu: CPU and node.
  @inline(never)
  func processorNumber() throws(Errno) -> UInt32 {
    if r0 != 0 { try store([P.CPU.number] as InlineArray<1, UInt32>, at: r0) }
    if r1 != 0 { try store([0] as InlineArray<1, UInt32>, at: r1) }
    return 0
  }

  /// getrusage: of the process, 0, of the thread, 1, or of children that were waited for, -1.
  @inline(never)
  func resourceUse() throws(Errno) -> UInt32 {
    let time: SplitTime
    switch r0 {
    case 0: time = unsafe process.pointee.processorTime()
    case 1:
      let thread = unsafe P.thread
      unsafe thread.pointee.shownTime.advance(
        to: P.runTime.totalNanoseconds ?? 0, P.tickCounts(of: P.task))
      time = unsafe thread.pointee.shownTime
    case .max: time = unsafe process.pointee.childrenTime
    default: throw .invalid
    }
    let faults = unsafe r0 == .max ? 0 : process.pointee.space.faultCount
    try storeUse(time, faults: faults, at: r1)
    return 0
  }

  /// struct rusage: 18 words, of which the time used and the page faults are known.
  @inline(never)
  func storeUse(_ time: SplitTime, faults: UInt32, at address: UInt32) throws(Errno) {
    var words = InlineArray<18, UInt32>(repeating: 0)
    for index in 0..<2 {
      let part = Timespec(totalNanoseconds: index == 0 ? time.user : time.system)
      words[2 * index] = UInt32(truncatingIfNeeded: part.seconds)
      words[2 * index + 1] = UInt32(part.nanoseconds) / 1000
    }
    words[8] = faults
    try store(words, at: address)
  }

  /// getrlimit and ugetrlimit.
  @inline(never)
  func resourceLimit() throws(Errno) -> UInt32 {
    let (soft, hard) = try limits(r0)
    let words: InlineArray<2, UInt32> = [
      UInt32(clamping: soft), UInt32(clamping: hard),
    ]
    try store(words, at: r1)
    return 0
  }

  /// prlimit64. Limits are the kernel's own: a new one is checked and passed over.
  @inline(never)
  func resourceLimit64() throws(Errno) -> UInt32 {
    let (soft, hard) = try limits(r1)
    if r2 != 0 {
      let words: InlineArray<4, UInt32> = try load(r2)
      let newSoft = UInt64(words[1]) << 32 | UInt64(words[0])
      let newHard = UInt64(words[3]) << 32 | UInt64(words[2])
      guard newSoft <= newHard else { throw .invalid }
    }
    try checkProcess(r0)
    if r3 != 0 {
      let words: InlineArray<4, UInt32> = [
        UInt32(truncatingIfNeeded: soft), UInt32(truncatingIfNeeded: soft >> 32),
        UInt32(truncatingIfNeeded: hard), UInt32(truncatingIfNeeded: hard >> 32),
      ]
      try store(words, at: r3)
    }
    return 0
  }

  /// The soft and the hard limit of a resource, all ones for none.
  private func limits(_ resource: UInt32) throws(Errno) -> (UInt64, UInt64) {
    switch resource {
    case 3: return (8 << 20, .max)  // RLIMIT_STACK
    case 4: return (0, .max)  // RLIMIT_CORE
    case 6:  // RLIMIT_NPROC; who would be one more gets EAGAIN.
      return (UInt64(ProcessTable<P>.capacity), UInt64(ProcessTable<P>.capacity))
    case 7: return (UInt64(FileTable.limit), UInt64(FileTable.limit))  // RLIMIT_NOFILE
    case 8: return (8 << 20, 8 << 20)  // RLIMIT_MEMLOCK
    case 13, 14: return (0, 0)  // RLIMIT_NICE, RLIMIT_RTPRIO
    case 0...15: return (.max, .max)
    default: throw .invalid
    }
  }

  /// The process itself, by its number or 0.
  private func checkProcess(_ identifier: UInt32) throws(Errno) {
    guard Int32(bitPattern: identifier) >= 0 else { throw .noProcess }
    // SAFETY: the process outlives the call.
    guard unsafe identifier == 0 || identifier == process.pointee.identifier else {
      throw .noProcess
    }
  }
}
