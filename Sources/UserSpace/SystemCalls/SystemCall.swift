// SPDX-License-Identifier: Apache-2.0
import VmRegion

// SAFETY: frame and process outlive the call, whose one thread is here; addresses of the program are
// checked before they are used.
/// One system call on its way: who makes it and with which registers.
///
/// Each call is a method that takes its arguments from the frame, checks all of them, and then
/// acts; it returns what r0 gets or throws an errno. Addresses from registers are allegations: the
/// only ways to memory are `load` and `store` below, which go through the checked copies.
@safe struct SystemCall<P: Platform> {
  let frame: UnsafeMutablePointer<TrapFrame>
  let process: UnsafeMutablePointer<Process<P>>

  /// A call of the process with these registers; both outlive the call.
  @inline(__always)
  init(frame: UnsafeMutablePointer<TrapFrame>, process: UnsafeMutablePointer<Process<P>>) {
    unsafe self.frame = frame
    unsafe self.process = process
  }

  // SAFETY: for all of these, the frame lives on the kernel stack for the whole call.
  @inline(__always) var r0: UInt32 { unsafe frame.pointee.r0 }
  @inline(__always) var r1: UInt32 { unsafe frame.pointee.r1 }
  @inline(__always) var r2: UInt32 { unsafe frame.pointee.r2 }
  @inline(__always) var r3: UInt32 { unsafe frame.pointee.r3 }
  @inline(__always) var r4: UInt32 { unsafe frame.pointee.r4 }
  @inline(__always) var r5: UInt32 { unsafe frame.pointee.r5 }

  /// True in the calls whose times have 64 bits; Linux numbers them from clock_gettime64 on.
  var isTime64: Bool { unsafe frame.pointee.r7 >= CallNumber.clockGettime64.register }

  /// True in the call `number`, where one function serves several.
  @inline(__always)
  func isCall(_ number: CallNumber) -> Bool { unsafe frame.pointee.r7 == number.register }

  /// The open files of the process.
  var files: FileTable {
    // SAFETY: the process lives as long as its call.
    unsafe process.pointee.files
  }

  /// Changes the process's memory. Nothing of the program's may be touched meanwhile: a fault
  /// needs the same memory.
  @inline(__always)
  func withSpace<Result>(
    _ body: (inout Process<P>.Space) throws(MemoryError) -> Result
  ) throws(Errno) -> Result {
    // SAFETY: the process lives as long as its call, and its one thread is here.
    do throws(MemoryError) { return try unsafe body(&process.pointee.space) } catch {
      throw Errno(error)
    }
  }

  /// Copies from user `address` to `destination`, which has room for `count` bytes.
  @unsafe func copyIn(
    _ destination: UnsafeMutableRawPointer, from address: UInt32, count: Int
  ) throws(Errno) {
    guard let length = UInt32(exactly: count), UserRange(base: address, count: length) != nil,
      unsafe P.User.copyIn(destination, from: address, count: count)
    else { throw .badAddress }
  }

  /// Copies `count` bytes at `source` to user `address`.
  @unsafe func copyOut(
    _ source: UnsafeRawPointer, to address: UInt32, count: Int
  ) throws(Errno) {
    guard let length = UInt32(exactly: count), UserRange(base: address, count: length) != nil,
      unsafe P.User.copyOut(source, to: address, count: count)
    else { throw .badAddress }
  }

  /// The words at user `address`, as many as the result holds.
  @inline(__always)
  func load<let count: Int>(_ address: UInt32) throws(Errno) -> InlineArray<count, UInt32> {
    var words = InlineArray<count, UInt32>(repeating: 0)
    var failure: Errno?
    var span = words.mutableSpan
    // SAFETY: the array has room for `count` words.
    unsafe span.withUnsafeMutableBytes { buffer in
      guard let start = buffer.baseAddress else { return }
      do throws(Errno) { try unsafe copyIn(start, from: address, count: buffer.count) } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return words
  }

  /// Stores words at user `address`.
  @inline(__always)
  func store<let count: Int>(
    _ words: InlineArray<count, UInt32>, at address: UInt32
  ) throws(Errno) {
    let span = words.span
    // SAFETY: the buffer holds `count` words.
    let isDone = unsafe span.withUnsafeBytes { buffer in
      unsafe storeBytes(buffer.baseAddress.unsafelyUnwrapped, at: address, count: buffer.count)
    }
    guard isDone else { throw .badAddress }
  }

  /// Copies `count` bytes to user `address`. False if that is not the program's to write.
  @inline(never)
  @unsafe func storeBytes(
    _ source: UnsafeRawPointer, at address: UInt32, count: Int
  ) -> Bool {
    guard UserRange(base: address, count: UInt32(truncatingIfNeeded: count)) != nil else {
      return false
    }
    return unsafe P.User.copyOut(source, to: address, count: count)
  }
}
