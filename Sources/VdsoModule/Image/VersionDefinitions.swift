// SPDX-License-Identifier: Apache-2.0
/// The version definitions of an image (LSB 5.0, 10.7): a chain that libcs walk to its end. This
/// image must define itself, index 1, and then the expected nodes in their order.
///
///     0 version (1)   2 flags (1: the file itself)   4 index   6 names   8 hash   12 to the name
///     16 to the next definition; 0 ends               a name: 0 offset of the string   4 to the
/// next
enum VersionDefinitions {
  private static var size: UInt32 { 20 }
  private static var nameSize: UInt32 { 8 }

  /// Whether the string at an offset is the name of the node with this index, from 2 on.
  typealias NodeTest = (_ file: borrowing ImageBytes, _ name: UInt32, _ index: UInt16) -> Bool

  /// Checks the chain in the loaded part of the image, which has `nodeCount` nodes.
  ///
  /// - Throws: the first violated rule.
  static func check(
    _ file: borrowing ImageBytes, _ dynamic: DynamicTable, nodeCount: UInt16, _ isNode: NodeTest
  ) throws(VdsoImage.Violation) {
    var definition = dynamic.value(.definitions)
    var index: UInt16 = 1
    while true {
      guard file.hasTable(definition, 1, of: size, alignedTo: 4) else { throw .versionBounds }
      try check(file, dynamic, at: definition, index, nodeCount, isNode)
      let step = file.word(definition + 16)
      if step == 0 { break }
      // Forward only, so the chain cannot have a cycle.
      guard step >= size, step <= file.count else { throw .versionBounds }
      definition += step
      index += 1
    }
    // The definitions are the base and all nodes, and DT_VERDEFNUM is their number.
    guard index == nodeCount + 1, dynamic.value(.definitionCount) == UInt32(index)
    else { throw .versionCount }
  }

  private static func check(
    _ file: borrowing ImageBytes, _ dynamic: DynamicTable, at definition: UInt32,
    _ index: UInt16, _ nodeCount: UInt16, _ isNode: NodeTest
  ) throws(VdsoImage.Violation) {
    let isBase = index == 1
    guard file.half(definition) == 1, file.half(definition + 2) == (isBase ? 1 : 0),
      file.half(definition + 4) == index, file.half(definition + 6) == 1
    else { throw .versionNode }
    let step = file.word(definition + 12)
    guard step <= file.count, file.hasTable(definition + step, 1, of: nameSize, alignedTo: 4),
      file.word(definition + step + 4) == 0
    else { throw .versionBounds }
    guard let name = dynamic.string(file.word(definition + step)) else { throw .nameBounds }
    if !isBase {
      guard index <= nodeCount + 1, isNode(file, name, index) else { throw .versionNode }
    }
    guard file.word(definition + 8) == ElfHash.systemV(file, at: name) else { throw .versionHash }
  }
}
