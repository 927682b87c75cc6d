// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import SystemMocks
import VmRegion
import VmRegionMocks

@testable import System
@testable import UserSpace

/// What user space needs of the kernel: the kernel's own code on mock hardware.
typealias Services = UserServices<MockArchitecture>

/// A machine with one program, made anew for each test.
final class Machine {
  let turns: Turns<MockArchitecture>
  /// Tasks that only fill the table.
  var filling: [TaskNumber] = []
  let freeAtFirst: UInt32
  let journal = MockMMU.Journal()
  private let record = UnsafeMutableRawPointer.allocate(byteCount: 4096, alignment: 4096)

  /// A machine with this initrd and command line, and with these frames besides the stack of the
  /// first task and the file tree. User addresses are not random.
  init(initrd: [UInt8], commandLine: String = "", frames: UInt32 = 512) throws {
    MockKernel<MockArchitecture>.install(
      commandLine: "norandomize " + commandLine, initrd: Machine.immortal(initrd),
      frames: frames + 10)
    System<MockArchitecture>.setVdso(MockImage.vdso())
    turns = MockKernel<MockArchitecture>.startTask()
    freeAtFirst = MockArchitecture.system.frames.freeCount
  }

  deinit { record.deallocate() }

  var pool: System<MockArchitecture>.Frames { MockArchitecture.system.frames }

  static func immortal(_ bytes: [UInt8]) -> ImmortalBytes {
    let copy = UnsafeMutableRawPointer.allocate(byteCount: bytes.count + 1, alignment: 8)
    bytes.withUnsafeBytes {
      copy.copyMemory(from: $0.baseAddress ?? .init(copy), byteCount: $0.count)
    }
    return ImmortalBytes(start: copy, count: bytes.count)
  }

  /// Loads /init.
  func start() throws(ProgramFailure) -> ARMRegisters {
    let frame = try InitProgram<Services>.start(
      in: record, table: TestTable(journal: journal), pool: pool)
    Services.activate(Services.process)
    Services.process.pointee.publishTimes()
    return frame
  }

  /// Ends the program and returns the number of frames that were not freed and of open files.
  func release() -> Int {
    Services.stopPublishingTimes(of: Services.task)
    Services.activate(nil)
    UserSpace.Process<Services>.release(Services.process)
    Services.reclaimTasks()
    return Int(freeAtFirst) - Int(pool.freeCount) + Int(Services.openFiles.count)
  }

  /// Makes a system call.
  @discardableResult
  func call(_ call: ARMCallNumber, _ arguments: UInt32..., pc: UInt32 = 0) -> Int32 {
    make(call.register, arguments, pc)
  }

  /// Makes a system call that may have no name.
  @discardableResult
  func call(number: UInt32, _ arguments: UInt32...) -> Int32 { make(number, arguments, 0) }

  private func make(_ number: UInt32, _ arguments: [UInt32], _ pc: UInt32) -> Int32 {
    var frame = ARMRegisters()
    let a = arguments + [UInt32](repeating: 0xdead_0000, count: 6 - arguments.count)
    (frame.r0, frame.r1, frame.r2, frame.r3, frame.r4, frame.r5) = (
      a[0], a[1], a[2], a[3], a[4], a[5]
    )
    frame.r7 = number
    frame.pc = pc
    let before = frame
    enter(&frame)
    let result = Int32(bitPattern: frame.r0)
    frame.r0 = before.r0
    precondition(frame == before, "a system call changed a register")
    return result
  }

  /// Makes the system call execve, after which the registers are those of the program.
  func execute(_ path: UInt32, _ arguments: UInt32 = 0) -> Int32 {
    var frame = ARMRegisters()
    (frame.r0, frame.r1, frame.r2) = (path, arguments, 0)
    frame.r7 = ARMCallNumber.execve.register
    SystemCalls<Services>.dispatch(&frame, Services.process)
    return Int32(bitPattern: frame.r0)
  }

  /// Makes a thread of the running process; its task.
  func makeThread() -> TaskNumber { task(of: call(.clone, 0x10f00, 0, 0, 0, 0)) }

  /// The task of a thread by its number, as clone and fork return it.
  func task(of identifier: Int32) -> TaskNumber {
    guard identifier > 1,
      let task = Services.processes.withLock({ $0.task(of: ThreadID(rawValue: UInt32(identifier))) }
      )
    else { fatalError("no thread \(identifier)") }
    return task
  }

  /// Lets another task run, for as long as `body` does.
  func run(_ task: TaskNumber, _ body: () -> Void) { turns.run(task, body) }

  /// The work of a port's entry code.
  private func enter(_ frame: inout ARMRegisters) {
    let area = Services.callArea(of: Services.task)
    area.pointee.calls += 1
    switch frame.r7 {
    case ARMCallNumber.getppid.register: frame.r0 = area.pointee.parent.rawValue
    case ARMCallNumber.clockGettime64.register:
      SystemCalls<Services>.clockTime64(&frame, area.pointee.process)
    default: SystemCalls<Services>.dispatch(&frame, area.pointee.process)
    }
  }

  /// The user-return work of the running thread, with its present registers.
  func doUserReturnWork() {
    var frame = ARMRegisters()
    UserSpace.Thread<Services>.doUserReturnWork(&frame)
  }

  /// A fresh anonymous mapping of the program's.
  func memory(_ length: UInt32 = 0x1000) -> UInt32 {
    UInt32(bitPattern: call(.mmap2, 0, length, 3, 0x22, .max, 0))
  }

  /// Puts bytes into the program's memory.
  func put(_ bytes: [UInt8], at address: UInt32) {
    do {
      try Services.process.pointee.space.write(bytes.span.bytes, to: UserAddress(address))
    } catch {
      fatalError("\(error) at \(String(address, radix: 16))")
    }
  }

  func put(words: [UInt32], at address: UInt32) {
    put(
      words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> ($0 * 8)) } },
      at: address)
  }

  /// Puts a string at `address` and returns it.
  func string(_ text: String, at address: UInt32) -> UInt32 {
    put(Array(text.utf8) + [0], at: address)
    return address
  }

  func bytes(_ address: UInt32, _ count: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    bytes.withUnsafeMutableBytes { buffer in
      var span = MutableRawSpan(_unsafeBytes: buffer)
      do {
        try Services.process.pointee.space.read(from: UserAddress(address), into: &span)
      } catch {
        fatalError("\(error) at \(String(address, radix: 16))")
      }
    }
    return bytes
  }

  func word(_ address: UInt32) -> UInt32 {
    bytes(address, 4).reversed().reduce(0) { $0 << 8 | UInt32($1) }
  }

  func words(_ address: UInt32, _ count: Int) -> [UInt32] {
    (0..<count).map { word(address + UInt32($0 * 4)) }
  }

  func text(_ address: UInt32) -> String {
    var result: [UInt8] = []
    while let byte = bytes(address + UInt32(result.count), 1).first, byte != 0 {
      result.append(byte)
    }
    return String(decoding: result, as: UTF8.self)
  }

  /// All of a file, read `piece` bytes at a time.
  func contents(_ path: String, piece: UInt32 = 512) -> String {
    let buffer = memory(0x2000)
    let descriptor = call(.open, string(path, at: buffer), 0, 0)
    precondition(descriptor >= 0, "\(path): \(descriptor)")
    var result: [UInt8] = []
    while true {
      let count = call(.read, UInt32(descriptor), buffer, piece)
      precondition(count >= 0)
      if count == 0 { break }
      result += bytes(buffer, Int(count))
    }
    call(.close, UInt32(descriptor))
    call(.munmap, buffer, 0x2000)
    return String(decoding: result, as: UTF8.self)
  }
}
