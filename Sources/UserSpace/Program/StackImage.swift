// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// How long the strings of a program's arguments are, before any is written.
struct ArgumentSizes: Equatable {
  /// Number of arguments and of environment strings.
  var arguments = 0
  var environment = 0
  /// Bytes of all of them together, terminating zeros included.
  var bytes: UInt32 = 0

  /// Linux's MAX_ARG_STRLEN.
  private static var greatestString: Int { 128 * 1024 }
  /// What all may have with their pointers: a quarter of the stack, and never less than ARG_MAX.
  let greatestTotal: UInt32

  /// None yet, for a stack that grows up to `stackLimit` bytes.
  init(stackLimit: UInt32 = 8 << 20) {
    greatestTotal = max(128 << 10, min(stackLimit, 8 << 20) / 4)
  }

  /// Counts a string of `count` bytes without its terminating zero; whether it is an argument or
  /// of the environment is the caller's to count.
  ///
  /// - Throws: `argumentsTooLong`.
  mutating func add(_ count: Int) throws(Errno) {
    guard count < ArgumentSizes.greatestString else { throw .argumentsTooLong }
    bytes += UInt32(count) + 1
    let pointers = UInt32(arguments + environment) * 4
    guard bytes + pointers <= greatestTotal else { throw .argumentsTooLong }
  }
}

/// The initial stack of a program, as Linux lays it out, from high to low addresses:
///
///     a zero word · path of the program · environment strings · argument strings
///     "v7l" · 16 random bytes · up to 15 bytes to align
///     auxiliary vector · 0 · environment pointers · 0 · argument pointers · count   <- sp
///
/// Sizes come first, then the strings one by one in the order of their pointers, then `finish`.
/// Nothing is buffered: each piece goes where it belongs.
struct StackImage {
  /// The initial stack pointer, a multiple of 16.
  let stackPointer: UInt32
  /// Where "v7l" is, and the random bytes.
  let platform: UInt32
  let random: UInt32
  /// Where the program's path is.
  let path: UInt32

  private let sizes: ArgumentSizes
  private let vectorCount: Int
  /// Where the next string and its pointer go.
  private var nextString: UInt32
  private var nextPointer: UInt32
  private var isInString = false

  /// The layout below `top` for strings of these sizes, of which `sizes` does not count the
  /// program's path of `pathCount` bytes, and a vector of `vectorCount` words.
  init(top: UInt32, sizes: ArgumentSizes, pathCount: Int, vectorCount: Int) {
    self.sizes = sizes
    self.vectorCount = vectorCount
    // Wrapping throughout: the sizes are limited to a fraction of the stack.
    path = top &- 4 &- UInt32(pathCount + 1)
    nextString = path &- sizes.bytes
    platform = (nextString & ~15) &- 16
    random = platform &- 16
    let words = 1 + sizes.arguments + 1 + sizes.environment + 1 + vectorCount
    stackPointer = (random &- UInt32(words * 4)) & ~15
    nextPointer = stackPointer &+ 4
  }

  /// Whether a string of `count` bytes fits in front of the program's path.
  func hasRoom(for count: Int) -> Bool { count < Int(path &- nextString) }

  /// How far below `top` the image reaches.
  func count(below top: UInt32) -> UInt32 { top &- stackPointer }

  /// Appends a piece of a string; the first piece also sets the string's pointer. `isLast` ends it,
  /// with the zero at the end of `bytes`.
  @inline(never)
  mutating func append<Table: MMU & ~Copyable, CPU: Processor, Memory: PhysicalMemory>(
    _ bytes: Span<UInt8>, isLast: Bool = false, to space: inout AddressSpace<Table, CPU, Memory>
  ) throws(MemoryError) {
    if !isInString {
      isInString = true
      try writeWord(nextString, to: &space)
    }
    // SAFETY: bytes have no padding.
    try unsafe space.write(bytes.bytes, to: nextString)
    nextString &+= UInt32(bytes.count)
    if isLast { isInString = false }
  }

  /// Ends a string, which may be empty.
  @inline(never)
  mutating func endString<Table: MMU & ~Copyable, CPU: Processor, Memory: PhysicalMemory>(
    in space: inout AddressSpace<Table, CPU, Memory>
  ) throws(MemoryError) {
    let zero: InlineArray<1, UInt8> = [0]
    try append(zero.span, isLast: true, to: &space)
  }

  /// Ends the arguments, and the environment: the zero behind the pointers.
  mutating func endList<Table: MMU & ~Copyable, CPU: Processor, Memory: PhysicalMemory>(
    in space: inout AddressSpace<Table, CPU, Memory>
  ) throws(MemoryError) {
    try writeWord(0, to: &space)
  }

  /// Writes what is left: the count, the vector, the random bytes.
  @inline(never)
  mutating func finish<Table: MMU & ~Copyable, CPU: Processor, Memory: PhysicalMemory>(
    _ vector: AuxiliaryVector, random: InlineArray<4, UInt32>,
    in space: inout AddressSpace<Table, CPU, Memory>
  ) throws(MemoryError) {
    // SAFETY: here and below, bytes and words have no padding.
    let name: InlineArray<4, UInt8> = [
      UInt8(ascii: "v"), UInt8(ascii: "7"), UInt8(ascii: "l"), 0,
    ]
    try unsafe space.write(name.span.bytes, to: platform)
    try unsafe space.write(random.span.bytes, to: self.random)
    try unsafe space.write(vector.words.span.extracting(first: vector.count).bytes, to: nextPointer)
    nextPointer = stackPointer
    try writeWord(UInt32(sizes.arguments), to: &space)
  }

  @inline(never)
  private mutating func writeWord<Table: MMU & ~Copyable, CPU: Processor, Memory: PhysicalMemory>(
    _ value: UInt32, to space: inout AddressSpace<Table, CPU, Memory>
  ) throws(MemoryError) {
    let word: InlineArray<1, UInt32> = [value]
    // SAFETY: a word has no padding.
    try unsafe space.write(word.span.bytes, to: nextPointer)
    nextPointer &+= 4
  }
}
