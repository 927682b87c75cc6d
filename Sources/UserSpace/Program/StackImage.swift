// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// The sizes of a program's arguments and environment, counted before any string is written.
struct ArgumentSizes<ABI: ProgramABI>: Equatable {
  /// Number of arguments and of environment strings.
  var arguments = 0
  var environment = 0
  /// Bytes of all strings together, including their terminating zeros.
  var bytes: Word = 0

  /// Linux's MAX_ARG_STRLEN.
  private static var greatestString: Int { 128 * 1024 }
  /// Bytes of a pointer.
  static var pointerSize: Word { Word(MemoryLayout<ABI.Long>.size) }

  /// The limit for all strings and their pointers: a quarter of the stack limit, of which at most 8
  /// MiB count, but at least ARG_MAX.
  let greatestTotal: Word

  /// No strings yet; the stack may grow to `stackLimit` bytes.
  init(stackLimit: Word = 8 << 20) {
    greatestTotal = max(128 << 10, min(stackLimit, 8 << 20) / 4)
  }

  /// Adds a string of `count` bytes, without its terminating zero, to the total. The caller counts
  /// it in `arguments` or `environment`.
  ///
  /// - Throws: `argumentsTooLong`.
  mutating func add(_ count: Int) throws(Errno) {
    guard count < Self.greatestString else { throw .argumentsTooLong }
    bytes += Word(count) + 1
    let pointers = Word(arguments + environment) * Self.pointerSize
    guard bytes + pointers <= greatestTotal else { throw .argumentsTooLong }
  }
}

/// What is between the auxiliary vector of an initial stack and the strings: the random bytes, and
/// the name of the platform with its terminating zero.
private struct StackTail {
  let random: InlineArray<4, UInt32>
  var name = InlineArray<16, UInt8>(repeating: 0)
}

/// The initial stack of a program, in Linux's layout, from high to low addresses:
///
///     a zero word · path of the program · environment strings · argument strings
///     name of the platform · 16 random bytes · up to 15 bytes to align
///     auxiliary vector · 0 · environment pointers · 0 · argument pointers · count   <- sp
///
/// The sizes come first, then the strings one by one in the order of their pointers, then `finish`.
/// Nothing is buffered: each piece is written to its final address.
struct StackImage<ABI: ProgramABI> {
  /// The initial stack pointer, a multiple of 16.
  let stackPointer: UserAddress
  /// User addresses of the name of the platform and of the random bytes.
  let platform: UserAddress
  let random: UserAddress
  /// User address of the program's path.
  let path: UserAddress

  private let sizes: ArgumentSizes<ABI>
  private let vectorCount: Int
  /// User addresses of the next string and of its pointer.
  private var nextString: UserAddress
  private var nextPointer: UserAddress
  private var isInString = false
  /// Whether the list of arguments has ended.
  private var hasArguments = false
  /// Where the arguments, the environment and the vector are, as far as they are written.
  private(set) var strings = ProgramStrings()

  /// The layout below `top` for strings of these sizes and a vector of `vectorCount` words. `sizes`
  /// does not include the program's path of `pathCount` bytes.
  init(top: UserAddress, sizes: ArgumentSizes<ABI>, pathCount: Int, vectorCount: Int) {
    self.sizes = sizes
    self.vectorCount = vectorCount
    // Wrapping throughout: the sizes are limited to a fraction of the stack.
    path = top &- ArgumentSizes<ABI>.pointerSize &- Word(pathCount + 1)
    nextString = path &- sizes.bytes
    platform = Self.aligned(nextString) &- 16
    random = platform &- 16
    let words = 1 + sizes.arguments + 1 + sizes.environment + 1 + vectorCount
    stackPointer = Self.aligned(random &- Word(words) &* ArgumentSizes<ABI>.pointerSize)
    nextPointer = stackPointer &+ ArgumentSizes<ABI>.pointerSize
    strings.stack = stackPointer
    strings.arguments = nextString..<nextString
  }

  /// `address` rounded down to a multiple of 16.
  private static func aligned(_ address: UserAddress) -> UserAddress {
    UserAddress(address.word & ~15)
  }

  /// Whether a string of `count` bytes fits below the program's path.
  func hasRoom(for count: Int) -> Bool { count < Int(path.word &- nextString.word) }

  /// Size of the image below `top`, in bytes.
  func count(below top: UserAddress) -> Word { top.word &- stackPointer.word }

  /// Appends a piece of a string; the first piece also stores the string's pointer. `isLast` ends
  /// the string; `bytes` then includes the terminating zero.
  ///
  /// - Throws: any error of the address space.
  @inline(never)
  mutating func append<Table: MMU & ~Copyable, CPU: Processor, Memory: PhysicalMemory>(
    _ bytes: Span<UInt8>, isLast: Bool = false, to space: inout AddressSpace<Table, CPU, Memory>
  ) throws(MemoryError) {
    if !isInString {
      isInString = true
      try writeWord(nextString.word, to: &space)
    }
    // SAFETY: bytes have no padding.
    try unsafe space.write(bytes.bytes, to: nextString)
    nextString = nextString &+ Word(bytes.count)
    if isLast { isInString = false }
  }

  /// Ends a string, which may be empty, with a zero.
  ///
  /// - Throws: any error of the address space.
  @inline(never)
  mutating func endString<Table: MMU & ~Copyable, CPU: Processor, Memory: PhysicalMemory>(
    in space: inout AddressSpace<Table, CPU, Memory>
  ) throws(MemoryError) {
    let zero: InlineArray<1, UInt8> = [0]
    try append(zero.span, isLast: true, to: &space)
  }

  /// Ends the list of arguments or of environment strings: a zero after its pointers.
  ///
  /// - Throws: any error of the address space.
  mutating func endList<Table: MMU & ~Copyable, CPU: Processor, Memory: PhysicalMemory>(
    in space: inout AddressSpace<Table, CPU, Memory>
  ) throws(MemoryError) {
    if !hasArguments { strings.arguments = strings.arguments.lowerBound..<nextString }
    hasArguments = true
    strings.environment = strings.arguments.upperBound..<nextString
    try writeWord(0, to: &space)
  }

  /// Writes the rest: the argument count, the vector, the name of the platform and the random
  /// bytes.
  ///
  /// - Throws: any error of the address space.
  @inline(never)
  mutating func finish<Table: MMU & ~Copyable, CPU: Processor, Memory: PhysicalMemory>(
    _ vector: AuxiliaryVector<ABI>, random: InlineArray<4, UInt32>,
    in space: inout AddressSpace<Table, CPU, Memory>
  ) throws(MemoryError) {
    var tail = StackTail(random: random)
    let length = ABI.platform.utf8CodeUnitCount
    for index in 0..<length { tail.name[index] = ABI.platform.bytes[index] }
    // SAFETY: bytes and words, which are all that is written here, have no padding.
    try unsafe withUnsafeBytes(of: &tail) { (bytes) throws(MemoryError) in
      try unsafe space.write(RawSpan(_unsafeBytes: bytes), to: self.random)
    }
    try unsafe space.write(
      vector.words.span.extracting(first: vector.count).bytes, to: nextPointer)
    let size = Word(vector.count) &* ArgumentSizes<ABI>.pointerSize
    strings.vector = nextPointer..<nextPointer &+ size
    nextPointer = stackPointer
    try writeWord(Word(sizes.arguments), to: &space)
  }

  @inline(never)
  private mutating func writeWord<Table: MMU & ~Copyable, CPU: Processor, Memory: PhysicalMemory>(
    _ value: Word, to space: inout AddressSpace<Table, CPU, Memory>
  ) throws(MemoryError) {
    let word: InlineArray<1, ABI.Long> = [ABI.Long(value)]
    // SAFETY: a word has no padding.
    try unsafe space.write(word.span.bytes, to: nextPointer)
    nextPointer = nextPointer &+ ArgumentSizes<ABI>.pointerSize
  }
}
