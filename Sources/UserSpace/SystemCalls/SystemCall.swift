// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

// SAFETY: frame and process outlive the call, and only the calling thread uses them meanwhile; user
// addresses are checked before they are used.
/// A system call in progress: the process that makes it, and its registers.
///
/// Each call is a method that reads its arguments from the frame, checks all of them, and then
/// acts; it returns its result or throws an errno. Addresses in registers are allegations: user
/// memory is accessed only by the methods below, which check the range and handle faults.
@safe struct SystemCall<P: Platform> {
  /// The registers of a program.
  typealias Registers = P.ABI.Registers

  let frame: RecordReference<Registers>
  let process: ProcessReference<P>

  /// A call of `process` with the registers in `frame`; both must outlive it.
  @inline(__always)
  init(frame: RecordReference<Registers>, process: ProcessReference<P>) {
    self.frame = frame
    self.process = process
  }

  /// The argument with this index as C's int: the lower 32 bits of its register; an allegation.
  @inline(__always)
  func argument(_ index: Int) -> UInt32 {
    UInt32(truncatingIfNeeded: frame.pointee.argument(index))
  }

  /// The argument with this index as C's long or size_t; an allegation.
  @inline(__always)
  func word(_ index: Int) -> Word { frame.pointee.argument(index) }

  /// The argument with this index as an address; an allegation.
  @inline(__always)
  func address(_ index: Int) -> UserAddress { UserAddress(word(index)) }

  /// True for calls with 64-bit times.
  var isTime64: Bool { P.ABI.hasTime64(frame.pointee.number) }

  /// The open files of the process.
  var files: FileTable<P> {
    process.pointee.files
  }

  /// Acquires the kernel lock alone if a change of `length` bytes at `base` may concern files, after
  /// a change of another thread. Called before anything is looked up.
  ///
  /// - Throws: `interrupted` if the thread is dying.
  @inline(__always)
  func lockFiles(from base: UserAddress, length: Word) throws(Errno) {
    if P.sharesKernel { try lockMappedFiles(from: base, length) }
  }

  @inline(never)
  private func lockMappedFiles(from base: UserAddress, _ length: Word) throws(Errno) {
    let memory = process.pointee.memory
    try memory.awaitChange()
    if memory.space.mayHaveFiles(base, length: length) { P.enterKernel() }
  }

  /// Makes a change of the address space that `begin` begins, after that of another thread. There
  /// is a preemption point after each of its steps.
  ///
  /// - Returns: the change's result.
  /// - Throws: what `begin` and the steps throw, as an errno; `interrupted` if the thread is dying.
  @inline(__always)
  func changeSpace(
    _ begin: (inout Process<P>.Space) throws(MemoryError) -> SpaceChange
  ) throws(Errno) -> Word {
    let memory = process.pointee.memory
    try memory.awaitChange()
    let change: SpaceChange
    do throws(MemoryError) { change = try begin(&memory.space) } catch { throw Errno(error) }
    return change.isDone ? change.result.word : try memory.complete(change).word
  }

  /// Uses the address space of the process. `body` must not touch user memory, because a fault
  /// needs the same address space.
  ///
  /// - Throws: what `body` throws, as an errno.
  @inline(__always)
  func withSpace<Result>(
    _ body: (inout Process<P>.Space) throws(MemoryError) -> Result
  ) throws(Errno) -> Result {
    do throws(MemoryError) { return try body(&process.pointee.space) } catch {
      throw Errno(error)
    }
  }

  /// Copies `count` bytes from user `address` to `destination`, which must have room for them.
  ///
  /// - Throws: `badAddress`.
  @unsafe func copyIn(
    _ destination: UnsafeMutableRawPointer, from address: UserAddress, count: Int
  ) throws(Errno) {
    guard unsafe loadBytes(destination, from: address, count: count) else { throw .badAddress }
  }

  /// Copies `count` bytes at `source` to user `address`.
  ///
  /// - Throws: `badAddress`.
  @unsafe func copyOut(
    _ source: UnsafeRawPointer, to address: UserAddress, count: Int
  ) throws(Errno) {
    guard unsafe storeBytes(source, at: address, count: count) else { throw .badAddress }
  }

  /// Loads the words at user `address`; the type of the result gives their number, unless only the
  /// first `count` are wanted. The others are 0.
  ///
  /// - Throws: `badAddress`.
  @inline(__always)
  func load<let count: Int, Word: RecordWord>(
    _ address: UserAddress, first wanted: Int = count
  ) throws(Errno) -> InlineArray<count, Word> {
    var words = InlineArray<count, Word>(repeating: 0)
    try load(wanted, of: &words, from: address)
    return words
  }

  /// Loads the first `wanted` of some words from user `address`.
  ///
  /// - Throws: `badAddress`.
  @inline(__always)
  func load<let count: Int, Word: RecordWord>(
    _ wanted: Int, of words: inout InlineArray<count, Word>, from address: UserAddress
  ) throws(Errno) {
    var span = words.mutableSpan
    // SAFETY: the array has room for `count` words, of which `wanted` are the first.
    let isDone = unsafe span.withUnsafeMutableBytes { buffer in
      unsafe loadBytes(
        buffer.baseAddress.unsafelyUnwrapped, from: address,
        count: wanted * MemoryLayout<Word>.size)
    }
    guard isDone else { throw .badAddress }
  }

  /// Loads the words of a struct that grows with versions of Linux, of which the program has
  /// `size` bytes. What it does not have is 0, and what is not known here must be.
  ///
  /// - Throws: `badAddress`; `invalid` for less than `least` bytes; `argumentsTooLong` for a page or
  ///   for what is not known.
  @inline(never)
  func loadExtensible<let count: Int>(
    _ address: UserAddress, size: Word, least: Word
  ) throws(Errno) -> InlineArray<count, UInt64> {
    guard size >= least else { throw .invalid }
    guard size <= Page.size else { throw .argumentsTooLong }
    let (size, known) = (Int(size), count * 8)
    var offset = known
    while offset < size {
      // Wrapping, here and below: an access checks the address.
      let piece: InlineArray<64, UInt8> = try load(
        address &+ Word(offset), first: min(64, size - offset))
      for index in 0..<64 where piece[index] != 0 { throw .argumentsTooLong }
      offset += 64
      P.preemptionPoint()
    }
    let whole = min(size, known) / 8
    var words: InlineArray<count, UInt64> = try load(address, first: whole)
    guard whole * 8 < min(size, known) else { return words }
    let rest: InlineArray<8, UInt8> = try load(address &+ Word(whole * 8), first: size - whole * 8)
    for index in 0..<8 { words[whole] |= UInt64(rest[index]) << UInt64(index * 8) }
    return words
  }

  /// Stores words at user `address`: all, or the first `count`.
  ///
  /// - Throws: `badAddress`.
  @inline(__always)
  func store<let count: Int, Word: RecordWord>(
    _ words: InlineArray<count, Word>, first wanted: Int = count, at address: UserAddress
  ) throws(Errno) {
    let span = words.span
    // SAFETY: the buffer holds `count` words, of which `wanted` are the first.
    let isDone = unsafe span.withUnsafeBytes { buffer in
      unsafe storeBytes(
        buffer.baseAddress.unsafelyUnwrapped, at: address,
        count: wanted * MemoryLayout<Word>.size)
    }
    guard isDone else { throw .badAddress }
  }

  /// Stores a record without padding at user `address`. It is inout, because a value would be copied
  /// before.
  ///
  /// - Throws: `badAddress`.
  @inline(__always)
  func store<Record: BitwiseCopyable>(
    record: inout Record, at address: UserAddress
  ) throws(Errno) {
    // SAFETY: the bytes are those of a local value.
    let isDone = unsafe withUnsafeBytes(of: &record) { bytes in
      unsafe storeBytes(bytes.baseAddress.unsafelyUnwrapped, at: address, count: bytes.count)
    }
    guard isDone else { throw .badAddress }
  }

  /// Copies `count` bytes from user `address`. False if the program may not read there.
  @inline(never)
  @unsafe func loadBytes(
    _ destination: UnsafeMutableRawPointer, from address: UserAddress, count: Int
  ) -> Bool {
    guard let range = UserRange(base: address, byteCount: count) else { return false }
    return unsafe P.User.copyIn(destination, from: range)
  }

  /// Copies `count` bytes to user `address`. False if the program may not write there.
  @inline(never)
  @unsafe func storeBytes(
    _ source: UnsafeRawPointer, at address: UserAddress, count: Int
  ) -> Bool {
    guard let range = UserRange(base: address, byteCount: count) else { return false }
    return unsafe P.User.copyOut(source, to: range)
  }
}
