// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// The kernel's command line, split as Linux splits it (lib/cmdline.c, init/main.c).
///
/// Words are separated by white space; double quotes group and are removed where they enclose a
/// whole word or value. Words after a word "--" are init's arguments. Init gets no others, so the
/// kernel warns about a word before "--" that it does not know.
public struct CommandLine: ~Escapable {
  private let bytes: Span<UInt8>

  /// The command line `bytes`, without a terminating zero; a zero in the middle ends it.
  @_lifetime(copy bytes)
  public init(_ bytes: Span<UInt8>) {
    var count = 0
    while count < bytes.count, bytes[count] != 0 { count += 1 }
    self.bytes = bytes.extracting(first: count)
  }

  /// The text as the boot loader passed it.
  public var text: Span<UInt8> {
    @_lifetime(copy self)
    get { bytes }
  }

  /// A position between two words.
  public struct Position: Equatable, Sendable {
    fileprivate var offset = 0
    /// Whether "--" has been passed.
    public fileprivate(set) var isAfterSeparator = false

    /// Before the first word.
    public init() {}
  }

  /// One word, as ranges of the text.
  public struct Word: Equatable, Sendable {
    /// The word, without quotes around the whole of it.
    public let range: Range<Int>
    /// Index of the '='; nil if there is none.
    public let equals: Int?
    /// The value, without quotes around it; empty if there is no '='.
    public let value: Range<Int>
  }

  /// Returns the word after `position` and advances it; nil at the end. "--" itself is skipped.
  @inline(never)
  public func next(_ position: inout Position) -> Word? {
    while true {
      while position.offset < bytes.count, isSpace(bytes[position.offset]) { position.offset += 1 }
      guard position.offset < bytes.count else { return nil }
      let word = word(from: position.offset, end: &position.offset)
      guard !position.isAfterSeparator, isText(word.range, "--") else { return word }
      position.isAfterSeparator = true
    }
  }

  /// The bytes of `range`, which must come from a word of this line.
  @_lifetime(copy self)
  public func bytes(_ range: Range<Int>) -> Span<UInt8> { bytes.extracting(range) }

  /// A word as Linux passes it to init, as two ranges of the text: without quotes around the word
  /// or its value.
  public func pieces(of word: Word) -> (head: Range<Int>, tail: Range<Int>) {
    guard let equals = word.equals else { return (word.range, word.value) }
    return (word.range.lowerBound..<equals + 1, word.value)
  }

  /// The length of the word as init gets it, in bytes.
  public func count(of word: Word) -> Int {
    let (head, tail) = pieces(of: word)
    return head.count + tail.count
  }

  /// The value of the last `name=…` before "--"; nil if there is none.
  @_lifetime(copy self)
  public func value(_ name: StaticString) -> Span<UInt8>? {
    var position = Position()
    var found: Range<Int>?
    while let word = next(&position), !position.isAfterSeparator {
      if let equals = word.equals, isText(word.range.lowerBound..<equals, name) {
        found = word.value
      }
    }
    guard let found else { return nil }
    return bytes.extracting(found)
  }

  /// Whether `name` is a word before "--".
  public func has(_ name: StaticString) -> Bool {
    var position = Position()
    while let word = next(&position), !position.isAfterSeparator {
      if isText(word.range, name) { return true }
    }
    return false
  }

  /// The number of init's arguments.
  public var argumentCount: Int {
    var position = Position()
    var count = 0
    while next(&position) != nil { count += position.isAfterSeparator ? 1 : 0 }
    return count
  }

  /// Logs a warning for each word before "--" that is not an option of this kernel. Options that
  /// Linux tools pass to every kernel, such as `console=`, are accepted silently.
  public func warnAboutUnknownOptions() {
    var position = Position()
    while let word = next(&position), !position.isAfterSeparator {
      guard !isKnown(word) else { continue }
      Log.line("options: unknown option \(bytes: bytes.extracting(word.range)), ignored")
    }
  }

  private func isKnown(_ word: Word) -> Bool {
    guard let equals = word.equals else {
      return isText(word.range, "quiet") || isText(word.range, "norandomize")
    }
    let name = word.range.lowerBound..<equals
    if isText(name, "vdso") {
      return isText(word.value, "off") || isText(word.value, "on")
    }
    if isText(name, "nohz") { return isText(word.value, "off") || isText(word.value, "on") }
    #if DEBUG
      if isText(name, "trace") || isText(name, "lockcheck") { return true }
    #endif
    return isText(name, "init") || isText(name, "tick") || isText(name, "console")
      || isText(name, "crash")
  }

  /// Parses the word that begins at `start` (Linux's next_arg) and sets `end` to the index after
  /// it.
  private func word(from start: Int, end: inout Int) -> Word {
    var first = start
    let isQuoted = bytes[start] == UInt8(ascii: "\"")
    if isQuoted { first += 1 }
    var isInQuotes = isQuoted
    var equals: Int?
    var place = first
    while place < bytes.count, isInQuotes || !isSpace(bytes[place]) {
      if bytes[place] == UInt8(ascii: "\"") { isInQuotes.toggle() }
      if bytes[place] == UInt8(ascii: "="), equals == nil, place != first { equals = place }
      place += 1
    }
    end = place
    var last = place
    if isQuoted, last > first, bytes[last - 1] == UInt8(ascii: "\"") { last -= 1 }
    return Word(range: first..<last, equals: equals, value: value(behind: equals, to: last))
  }

  private func value(behind equals: Int?, to last: Int) -> Range<Int> {
    guard let equals else { return last..<last }
    var first = equals + 1
    var end = last
    if first < end, bytes[first] == UInt8(ascii: "\"") {
      first += 1
      if end > first, bytes[end - 1] == UInt8(ascii: "\"") { end -= 1 }
    }
    return first..<end
  }

  private func isText(_ range: Range<Int>, _ text: StaticString) -> Bool {
    bytes.extracting(range).isEqual(to: text)
  }

  /// White space as the kernel's isspace defines it (the C locale).
  private func isSpace(_ byte: UInt8) -> Bool { byte == 32 || (9...13).contains(byte) }
}
