// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// The arguments that scripts insert: for each script the path of its interpreter and the argument in
/// its first line, the innermost first. The script's own path follows them in place of argv[0].
/// They are copied, because a file may change.
struct ScriptStrings<P: Platform>: ~Copyable {
  private let pool: FramePool<P.CPU, P.Memory>
  private var frame: FrameBytes<P.CPU, P.Memory>
  /// Number of scripts.
  private var depth = 0
  /// Number of strings, which end with zeros and fill the frame from `start` to its end.
  private(set) var count = 0
  private var start = FrameBytes<P.CPU, P.Memory>.count

  /// A script whose interpreter is a script, and so on, up to this number of scripts.
  private static var greatestDepth: Int { 5 }

  /// No strings.
  ///
  /// - Throws: `outOfMemory`.
  init(pool: FramePool<P.CPU, P.Memory>) throws(Errno) {
    self.pool = pool
    do { frame = try FrameBytes(pool: pool) } catch { throw Errno(error) }
  }

  /// All strings, each with its zero.
  private var bytes: Span<UInt8> {
    @_lifetime(borrow self)
    get { frame.span.extracting(droppingFirst: start) }
  }

  /// The first string; empty if there is none.
  var first: Span<UInt8> {
    @_lifetime(borrow self)
    get { bytes.extracting(first: Self.length(of: bytes)) }
  }

  /// Follows the first lines of scripts from `node` on, to a file that is not a script.
  ///
  /// - Returns: the node of that file.
  /// - Throws: `notExecutable`; the errors of looking for an interpreter, whose path is `first` then;
  ///   `symbolicLinkLoop` if there are more than five scripts; `outOfMemory`.
  mutating func follow(_ node: FileNode, from directory: FileNode) throws(Errno) -> FileNode {
    var node = node
    while case .file = Files<P>.mapping(of: node), FileHeads<P>.isScript(node) {
      var heads = FileHeads<P>()
      defer { heads.release() }
      let file = try heads.bytes(of: node)
      guard let line = try ScriptLine(file) else { return node }
      if let argument = line.argument { prepend(file.extracting(argument)) }
      prepend(file.extracting(line.path))
      node = try Executable<P>.find(first, from: directory)
      guard depth < Self.greatestDepth else { throw .symbolicLinkLoop }
      depth += 1
    }
    return node
  }

  /// The sizes of `source`, with these strings and the path in place of its first argument.
  ///
  /// - Throws: `argumentsTooLong`.
  func sizes<Source: ArgumentSource<P>>(with source: Source) throws(Errno) -> ArgumentSizes<P.ABI> {
    var sizes = source.sizes
    guard count > 0 else { return sizes }
    sizes.arguments += count
    sizes.bytes -= Word(source.firstCount)
    try sizes.add(bytes.count + source.pathCount)
    sizes.bytes -= 1  // The path's zero replaces that of the first argument.
    return sizes
  }

  /// Appends the strings to the stack image.
  ///
  /// - Throws: any error of the address space.
  func append(
    to stack: inout StackImage<P.ABI>, in space: inout Process<P>.Space
  ) throws(MemoryError) {
    var rest = bytes
    while rest.count > 0 {
      let length = Self.length(of: rest) + 1
      try stack.append(rest.extracting(first: length), isLast: true, to: &space)
      rest = rest.extracting(droppingFirst: length)
    }
  }

  /// The number of bytes before the first zero.
  private static func length(of bytes: Span<UInt8>) -> Int {
    var count = 0
    while count < bytes.count, bytes[count] != 0 { count += 1 }
    return count
  }

  /// Inserts a string before the others. Six lines of at most 256 bytes fit into a frame.
  private mutating func prepend(_ text: RawSpan) {
    start -= text.byteCount + 1
    count += 1
    precondition(start >= 0, "no room for a script's line")
    let start = start
    var bytes = frame.mutableSpan
    for index in 0..<text.byteCount { bytes[start + index] = text.byte(at: index) ?? 0 }
    bytes[start + text.byteCount] = 0
  }
}
