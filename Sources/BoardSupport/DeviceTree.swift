// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// Reads the machine's description from the device tree that the boot loader passes.
///
/// The blob is untrusted. Any bytes give a description or an error, never a trap or a read outside
/// of the blob. The parser uses only the stack, less than 4 KiB.
public enum DeviceTree {
  /// The size in bytes of the blob whose first 8 bytes are `header`; at most 2 MiB.
  ///
  /// - Throws: `DeviceTreeError` if it is not a device tree.
  public static func byteCount(ofHeader header: RawSpan) throws(DeviceTreeError) -> UInt32 {
    try FlattenedTree.byteCount(ofHeader: header)
  }

  /// Reads the blob at the start of `blob`, and looks for devices that the drivers of a board serve.
  /// Values that the tree lacks are nil or empty in the result; the caller decides whether they are
  /// required. Not inlined, because it needs a third of a boot stack, which is free again afterwards.
  ///
  /// - Throws: `DeviceTreeError` if the blob is truncated or malformed.
  @inline(never)
  public static func read<B: Board>(
    _ blob: RawSpan, for board: B.Type
  ) throws(DeviceTreeError) -> BoardDescription {
    var walk = try TreeWalk<B>(blob)
    return try walk.run()
  }
}

/// One walk over a tree: its position, and the description so far.
struct TreeWalk<B: Board>: ~Escapable {
  /// The values of an open node that apply to its children.
  private struct Level {
    var cells = FlattenedTree.Cells()
    var isCPUs = false
  }

  private var tree: FlattenedTree
  private var board = BoardDescription()
  private var levels = InlineArray<16, Level>(repeating: Level())
  private var depth = 0
  private var consoles = FixedList<4, DeviceRecord>()

  /// A walk at the start of the tree.
  @_lifetime(copy blob)
  init(_ blob: RawSpan) throws(DeviceTreeError) {
    tree = try FlattenedTree(blob)
    board.blobByteCount = tree.byteCount
  }

  /// Walks the whole tree, and returns the description.
  @_lifetime(self: copy self)
  mutating func run() throws(DeviceTreeError) -> BoardDescription {
    try readReservations()
    // The node whose properties are being read; nil after its first child or its end.
    var node: NodeProperties?
    var hasRoot = false
    while true {
      switch try tree.next() {
      case .beginNode(let name):
        guard depth > 0 || !hasRoot else { throw .badNesting(0) }
        if let parent = node { try evaluate(parent) }
        guard depth < levels.count else { throw .tooDeep }
        levels[depth] = Level()
        depth += 1
        hasRoot = true
        node = NodeProperties(name: name)
      case .property(let name, let value):
        guard node != nil else { throw .badNesting(UInt32(depth)) }
        node?.store(name, value, in: tree)
      case .endNode:
        guard depth > 0 else { throw .badNesting(0) }
        if let leaf = node { try evaluate(leaf) }
        node = nil
        depth -= 1
      case .end:
        guard depth == 0, hasRoot else { throw .badNesting(UInt32(depth)) }
        chooseConsole()
        return board
      }
    }
  }

  /// Copies the reservation map.
  @_lifetime(self: copy self)
  private mutating func readReservations() throws(DeviceTreeError) {
    var index = UInt32(0)
    while let (base, byteCount) = try tree.reservation(index) {
      if let range = clipped(base, byteCount) { board.reservations.append(range) }
      index += 1
    }
  }

  /// Evaluates the innermost open node, whose properties are complete. Only the root, its children
  /// and the CPUs matter; their addresses need no translation.
  @_lifetime(self: copy self)
  private mutating func evaluate(_ node: NodeProperties) throws(DeviceTreeError) {
    if let cells = try tree.number(node.addressCells) { levels[depth - 1].cells.address = cells }
    if let cells = try tree.number(node.sizeCells) { levels[depth - 1].cells.size = cells }
    switch depth {
    case 2 where tree.isText(node.name, "chosen"): try readChosen(node)
    case 2 where tree.isText(node.name, "cpus"): levels[1].isCPUs = true
    case 2 where isUsable(node): try readDevice(node, levels[0].cells)
    case 3 where levels[1].isCPUs: try readCPU(node, levels[1].cells)
    default: break
    }
  }

  /// True unless the node's status says that it is not operational (2.3.4).
  private func isUsable(_ node: NodeProperties) -> Bool {
    node.status == nil || tree.isText(node.status, "okay") || tree.isText(node.status, "ok")
  }

  /// Evaluates a child of the root by its `compatible` strings.
  @_lifetime(self: copy self)
  private mutating func readDevice(
    _ node: NodeProperties, _ cells: FlattenedTree.Cells
  ) throws(DeviceTreeError) {
    if tree.isText(node.deviceType, "memory") {
      try readMemory(node, cells)
    } else if isOne(of: "arm,armv7-timer", "arm,armv8-timer", node) {
      // The order is fixed: secure, non-secure, virtual, hypervisor.
      guard board.timer == nil, let interrupt = try interrupt(2, node) else { return }
      board.timer = .init(
        virtualInterrupt: interrupt, frequency: try tree.number(node.clockFrequency),
        isForPrograms: !node.isNotConfigured)
    } else if isOne(of: "arm,psci-0.2", "arm,psci", node) {
      try readFirmware(node)
    } else {
      try record(node, cells, for: B.Interrupts.self)
      try record(node, cells, for: B.Console.self)
      try record(node, cells, for: B.Clock.self)
      try record(node, cells, for: B.Power.self)
      try record(node, cells, for: B.Parking.self)
    }
  }

  /// Records the device for `driver` if it serves it.
  @inline(__always)
  @_lifetime(self: copy self)
  private mutating func record<D: Driver>(
    _ node: NodeProperties, _ cells: FlattenedTree.Cells, for driver: D.Type
  ) throws(DeviceTreeError) {
    if D.compatible.contains(where: { tree.isListed($0, in: node.compatible) }) {
      try record(node, cells, as: D.role, blockLimit: D.blockCount.upperBound)
    }
  }

  /// Records a device for its driver, unless another one has the role, or it has no registers.
  @inline(never)
  @_lifetime(self: copy self)
  private mutating func record(
    _ node: NodeProperties, _ cells: FlattenedTree.Cells, as role: DeviceRole, blockLimit: Int
  ) throws(DeviceTreeError) {
    guard board[role] == nil else { return }
    var device = DeviceRecord(name: node.name)
    for index in 0..<blockLimit {
      guard let block = try tree.device(UInt32(index), of: node.registers, cells) else { break }
      device.blocks.append(block)
    }
    guard device.blocks.count > 0 else { return }
    if role.hasInterrupt { device.line = try interrupt(0, node) }
    if role == .console { consoles.append(device) } else { board[role] = device }
  }

  /// The line of interrupt `index` of a node, decoded by the driver of the board's controller.
  private func interrupt(
    _ index: UInt32, _ node: NodeProperties
  ) throws(DeviceTreeError) -> UInt32? {
    guard
      let specifier = try tree.specifier(
        index, of: node.interrupts, wordCount: B.Interrupts.specifierWordCount)
    else { return nil }
    var words = InterruptSpecifier(repeating: 0)
    for index in words.indices where index < Int(B.Interrupts.specifierWordCount) {
      words[index] = tree.word(specifier.offset + UInt32(index) * 4)
    }
    guard let line = B.Interrupts.line(of: words) else { throw .badValue(specifier.offset) }
    return line
  }

  /// True if the node is compatible with one of two names.
  private func isOne(
    of first: StaticString, _ second: StaticString, _ node: NodeProperties
  ) -> Bool {
    tree.isListed(first, in: node.compatible) || tree.isListed(second, in: node.compatible)
  }

  /// Appends all ranges of a memory node.
  @_lifetime(self: copy self)
  private mutating func readMemory(
    _ node: NodeProperties, _ cells: FlattenedTree.Cells
  ) throws(DeviceTreeError) {
    var index = UInt32(0)
    while let (base, byteCount) = try tree.entry(index, of: node.registers, cells) {
      if let range = clipped(base, byteCount) { board.memory.append(range) }
      index += 1
    }
  }

  /// Appends a CPU unless it has failed. A "disabled" one waits to be started (3.8.1).
  @_lifetime(self: copy self)
  private mutating func readCPU(
    _ node: NodeProperties, _ cells: FlattenedTree.Cells
  ) throws(DeviceTreeError) {
    guard tree.isText(node.deviceType, "cpu"),
      let (identifier, _) = try tree.entry(0, of: node.registers, cells)
    else { return }
    if let status = node.status, tree.hasPrefix(status, "fail") { return }
    board.cpus.append(
      .init(
        identifier: UInt32(truncatingIfNeeded: identifier),
        isStartedByPSCI: tree.isListed("psci", in: node.enableMethod)))
  }

  /// Evaluates the PSCI node. Since version 0.2 the function numbers are fixed (ARM DEN 0022, 5.1).
  @_lifetime(self: copy self)
  private mutating func readFirmware(_ node: NodeProperties) throws(DeviceTreeError) {
    let conduit: BoardDescription.Firmware.Conduit
    if tree.isText(node.method, "hvc") {
      conduit = .hypervisorCall
    } else if tree.isText(node.method, "smc") {
      conduit = .secureMonitorCall
    } else {
      return
    }
    let hasFixedNumbers = tree.isListed("arm,psci-0.2", in: node.compatible)
    let named = try tree.number(node.cpuOn)
    board.firmware = .init(
      conduit: conduit, hasSystemCalls: hasFixedNumbers,
      cpuOn: hasFixedNumbers ? 0x8400_0003 : named ?? 0x8400_0003)
  }

  /// Evaluates the boot loader's values in /chosen.
  @_lifetime(self: copy self)
  private mutating func readChosen(_ node: NodeProperties) throws(DeviceTreeError) {
    board.bootArguments = node.bootArguments.map { tree.untilZero($0) }
    board.standardOutput = node.standardOutput.map { tree.untilZero($0) }
    board.randomSeed = node.randomSeed
    board.placementSeed = node.placementSeed
    guard let diskEnd = node.diskEnd, let end = try tree.wideNumber(diskEnd),
      let start = try tree.wideNumber(node.diskStart), start != end
    else { return }
    guard start < end, end <= UInt64(UInt32.max) else { throw .badValue(diskEnd.offset) }
    board.initialRAMDisk = PhysicalRange(base: Word(start), byteCount: Word(end - start))
  }

  /// Selects the console that stdout-path names ("/pl011@9000000:115200"), else the first one.
  @_lifetime(self: copy self)
  private mutating func chooseConsole() {
    for index in 0..<consoles.count
    where index == 0 || isStandardOutput(consoles[index].name) {
      board[.console] = consoles[index]
    }
  }

  /// True if stdout-path is a slash and this name, optionally followed by a colon and options.
  private func isStandardOutput(_ name: BlobRange) -> Bool {
    guard let path = board.standardOutput, path.byteCount > name.byteCount,
      tree.byte(path.offset) == UInt8(ascii: "/")
    else { return false }
    for index in 0..<name.byteCount
    where tree.byte(path.offset + 1 + index) != tree.byte(name.offset + index) {
      return false
    }
    let end = name.byteCount + 1
    return end == path.byteCount || tree.byte(path.offset + end) == UInt8(ascii: ":")
  }

  /// The part of a range inside the first 4 GiB, less one page if that is all of them; nil if
  /// empty.
  private func clipped(_ base: UInt64, _ byteCount: UInt64) -> PhysicalRange? {
    guard base < 1 << 32, byteCount > 0 else { return nil }
    let inside = min(byteCount, (1 << 32) - base, 0xffff_f000)
    return PhysicalRange(base: Word(base), byteCount: Word(inside))
  }
}
