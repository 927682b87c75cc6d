// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import System
import SystemMocks
import TickHandler
import VdsoModule
import VmRegion
import VmRegionMocks

@testable import UserSpace

/// The mock machine with programs of 64 bits.
enum LongArchitecture: HostArchitecture {
  typealias CPU = TestProcessor
  typealias SchedulerCPU = TestProcessor
  typealias Context = TestContext
  typealias Clock = TestClock
  typealias Table = TestTable
  typealias Memory = MockMemory
  typealias User = TestUser<LongArchitecture>
  typealias ABI = LongABI
  typealias Space = TestSpace
  typealias Registers = TestRegisters
  typealias Interrupts = TestInterrupts
  typealias Control = TestControl
  typealias Console = TestConsole

  nonisolated(unsafe) static let storage = UnsafeMutablePointer<System<LongArchitecture>>.allocate(
    capacity: 1)
  static var fileSource: FileSource {
    { request, path, page in
      MappedFiles<UserServices<LongArchitecture>>.serve(request, path, page: page)
    }
  }
}

/// The registers of a machine of 64 bits: arguments in the first seven, the number in the ninth.
struct LongRegisters: ProgramRegisters {
  var x = InlineArray<31, UInt64>(repeating: 0)
  var stack: UInt64 = 0
  var counter: UInt64 = 0

  init() {}
  init(entry: UserAddress, stackPointer: UserAddress) {
    counter = UInt64(entry.word)
    stack = UInt64(stackPointer.word)
  }
  func argument(_ index: Int) -> Word { Word(truncatingIfNeeded: x[index]) }
  var number: UInt32 { UInt32(truncatingIfNeeded: x[8]) }
  var result: Word {
    get { Word(truncatingIfNeeded: x[0]) }
    set { x[0] = UInt64(bitPattern: newValue.signed) }
  }
  var programCounter: UserAddress { UserAddress(Word(truncatingIfNeeded: counter)) }
  var stackPointer: UserAddress {
    get { UserAddress(Word(truncatingIfNeeded: stack)) }
    set { stack = UInt64(newValue.word) }
  }
  var returnAddress: UserAddress { UserAddress(Word(truncatingIfNeeded: x[30])) }
  mutating func restoreArgument(_ argument: Word) { x[0] = UInt64(argument) }
  mutating func repeatCall(_ argument: Word) {
    x[0] = UInt64(argument)
    counter -= 4
  }
  static func == (one: LongRegisters, other: LongRegisters) -> Bool {
    one.stack == other.stack && one.counter == other.counter
      && (0..<31).allSatisfy { one.x[$0] == other.x[$0] }
  }
}

/// An interface of 64 bits with the generic numbers of calls (asm-generic/unistd.h) and without a
/// restorer. Its signal frame is a siginfo, the registers and the mask.
enum LongABI: ProgramABI {
  typealias Registers = LongRegisters
  typealias Long = UInt64
  typealias FloatState = InlineArray<4, UInt64>
  typealias StatusRecord = InlineArray<16, UInt64>

  static func call(_ number: UInt32) -> Call {
    switch number {
    case 64: .write
    case 80: .fstat
    case 113: .clockGettime64
    case 132: .sigaltstack
    case 134: .rtSigaction
    case 139: .rtSigreturn
    case 160: .uname
    case 165: .getrusage
    case 172: .getpid
    case 179: .sysinfo
    case 222: .mmap
    default: .absent
    }
  }
  static func hasTime64(_ number: UInt32) -> Bool { true }

  static var elfMachine: UInt16 { 243 }
  static var capabilities: UInt32 { 0x112d }
  static var platform: StaticString { "long" }
  static var machineName: StaticString { "long64" }
  static var hasRestorer: Bool { false }
  static var actionFlags: UInt32 { 0xd800_0807 }
  static var leastSignalStack: Word { 2048 }
  static var lowestMapping: UserAddress { 0x1000 }
  static var linuxLimit: UserAddress { 0x8000_0000 }
  static var directoryOnly: UInt32 { 0o200000 }
  static var noFollow: UInt32 { 0o400000 }
  static var direct: UInt32 { 0o40000 }

  static func canRun(elfFlags: UInt32, osABI: UInt8) -> Bool { true }
  static func codeAddress(ofEntry entry: UserAddress) -> UserAddress? {
    entry.word & 1 == 0 ? entry : nil
  }
  static func mappedPage(_ registers: borrowing LongRegisters) -> UInt32? {
    registers.x[5] & 4095 == 0 ? UInt32(truncatingIfNeeded: registers.x[5] >> 12) : nil
  }
  static func argument64(_ registers: borrowing LongRegisters, after count: Int) -> UInt64 {
    registers.x[count]
  }

  /// struct stat (asm-generic/stat.h): device, inode, mode and links, owner and group, the device
  /// that it is, padding, size, the size of a block, blocks, three times.
  static func statusRecord(_ status: FileStatus) -> StatusRecord {
    func words(_ time: FileTime) -> (UInt64, UInt64) {
      (UInt64(bitPattern: time.seconds), UInt64(UInt32(bitPattern: time.nanoseconds)))
    }
    let (access, change) = (words(status.accessTime), words(status.changeTime))
    let modification = words(status.modificationTime)
    return [
      UInt64(status.deviceMinor), UInt64(status.inode),
      UInt64(status.links) << 32 | UInt64(status.mode),
      UInt64(status.groupIdentifier) << 32 | UInt64(status.userIdentifier),
      UInt64(status.specialMajor << 8 | status.specialMinor), 0, status.size, 4096,
      UInt64(status.blocks), access.0, access.1, modification.0, modification.1, change.0,
      change.1, 0,
    ]
  }

  private static let size = MemoryLayout<LongRegisters>.size

  /// The registers and the mask in the frame at `base`.
  private static func ranges(at base: UserAddress) -> (registers: UserRange, mask: UserRange)? {
    guard let registers = UserRange(base: base &+ 128, byteCount: size),
      let mask = UserRange(base: registers.end, count: 8)
    else { return nil }
    return (registers, mask)
  }

  static func enterHandler<P: RegisterServices>(
    _ entry: HandlerEntry, _ registers: inout LongRegisters, _: P.Type
  ) -> Bool where P.ABI == LongABI {
    let base = UserAddress((entry.top &- Word(128 + size + 8)).word & ~15)
    var (saved, mask) = (registers, entry.mask)
    guard P.store(entry.info, at: base), let ranges = ranges(at: base),
      P.User.copyOut(&saved, to: ranges.registers), P.User.copyOut(&mask, to: ranges.mask)
    else { return false }
    registers.x[0] = UInt64(entry.info.words[0])
    registers.x[1] = UInt64(base.word)
    registers.x[30] = UInt64(entry.returnAddress.word)
    registers.stack = UInt64(base.word)
    registers.counter = UInt64(entry.handler.word)
    return true
  }

  static func leaveHandler<P: RegisterServices>(
    _ registers: inout LongRegisters, hasInfo: Bool, _: P.Type
  ) throws(Errno) -> HandlerExit where P.ABI == LongABI {
    var (saved, mask) = (LongRegisters(), UInt64(0))
    guard let ranges = ranges(at: registers.stackPointer),
      P.User.copyIn(&saved, from: ranges.registers), P.User.copyIn(&mask, from: ranges.mask)
    else { throw .badAddress }
    registers = saved
    return HandlerExit(mask: mask, stack: SignalStack())
  }

  static func completeVdsoAccess<P: RegisterServices>(
    _ registers: inout LongRegisters, in image: VdsoMapping, _: P.Type
  ) -> Bool where P.ABI == LongABI { false }
}
