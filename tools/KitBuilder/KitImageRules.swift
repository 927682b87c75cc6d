// SPDX-License-Identifier: Apache-2.0
// The rules for a linked kit that need its manifest: names, sizes, instructions and bounds.

import VdsoInspection

/// Checks a kit's image against its layout.
public struct KitImageRules {
  private let layout: KitLayout
  private let file: ElfFile
  private let code: Disassembly
  private var findings: [Finding] = []

  /// All findings in `file`, an image with its local symbols: these say what is data in the code.
  public static func check(
    _ file: ElfFile, _ code: Disassembly, layout: KitLayout
  ) throws -> [Finding] {
    var rules = KitImageRules(layout: layout, file: file, code: code)
    try rules.checkExports()
    rules.checkSegments()
    try rules.checkRelocations()
    rules.checkInstructions()
    if rules.findings.isEmpty { try rules.checkBounds() }
    return rules.findings
  }

  /// All functions of an object file that it exports and the manifest does not. Names with a `$` are
  /// Swift's own.
  public static func checkObject(
    _ file: ElfFile, _ manifest: KitManifest
  ) throws -> [Finding] {
    let declared = Set(manifest.exports.map(\.name))
    return try file.symbols(in: ".symtab").filter { symbol in
      symbol.info == 0x12 && symbol.section != 0 && symbol.other & 3 != 2
        && !symbol.name.hasPrefix("$") && !declared.contains(symbol.name)
    }
    .map { Finding("export", "in the sources, but not in the manifest", at: $0.name) }
  }

  private init(layout: KitLayout, file: ElfFile, code: Disassembly) {
    self.layout = layout
    self.file = file
    self.code = code
  }

  private mutating func report(_ rule: String, _ what: String, at place: String = "") {
    findings.append(Finding(rule, what, at: place))
  }

  private mutating func checkExports() throws {
    let node = layout.manifest.versionNode
    let found = Set(try file.exports().keys).filter { $0.name != node }
    let wanted = Set(layout.manifest.exports.map { VersionedName($0.name, node) })
    for name in wanted.subtracting(found).sorted() {
      report("export", "in the manifest, but not in the image", at: name.description)
    }
    for name in found.subtracting(wanted).sorted() {
      report("export", "in the image, but not in the manifest", at: name.description)
    }
    for (name, symbol) in try file.exports() where wanted.contains(name) {
      if symbol.info & 15 != 2 { report("export", "no function", at: name.description) }
    }
  }

  private mutating func checkSegments() {
    let loads = file.segments.filter { $0.type == 1 }
    let hasPrivate = layout.manifest.hasPrivateData
    if loads.first?.flags != 5 || loads.first?.address != 0 {
      report("segment", "the first is not text at address 0")
    }
    if loads.first.map({ $0.memorySize > 0x10000 }) ?? false {
      report("segment", "the text is larger than 64 KiB")
    }
    if loads.count > (hasPrivate ? 2 : 1) { report("segment", "\(loads.count) of them") }
    for segment in loads.dropFirst() {
      if segment.flags != 6 { report("segment", "the private data have other rights than rw") }
      if segment.memorySize > 0x10000 {
        report("segment", "the private data are larger than 64 KiB")
      }
      if segment.address % 4096 != 0 { report("segment", "the private data begin within a page") }
    }
  }

  /// Only R_ARM_RELATIVE (23), and only in the private data.
  private mutating func checkRelocations() throws {
    guard let table = file.section(".rel.dyn") else { return }
    let data = file.segments.first { $0.type == 1 && $0.flags == 6 }
    for place in stride(from: Int(table.offset), to: Int(table.offset + table.size), by: 8) {
      let address = try file.word(place)
      let at = "0x\(String(address, radix: 16))"
      if try file.word(place + 4) != 23 { report("relocation", "is not R_ARM_RELATIVE", at: at) }
      let isInside = data.map { address >= $0.address && address - $0.address + 4 <= $0.memorySize }
      if isInside != true { report("relocation", "is not in the private data", at: at) }
    }
  }

  private mutating func checkInstructions() {
    if code.instructions.isEmpty { report("code", "no instructions") }
    let hasCallouts = !layout.manifest.callouts.isEmpty
    for instruction in code.instructions where instruction.mnemonic != ".word" {
      let place = instruction.place
      if instruction.isFloatingPoint { report("float", "floating point or NEON", at: place) }
      if instruction.isCoprocessorWrite { report("coprocessor", "a write", at: place) }
      if instruction.mnemonic.hasPrefix("<unk") { report("unknown", "no instruction", at: place) }
      if instruction.mnemonic.hasPrefix("svc"), !layout.manifest.mayCallSystem {
        report("svc", "without 'system-calls yes'", at: place)
      }
      if instruction.isIndirectCall, !hasCallouts {
        report("indirect", "a call through a pointer, without call-outs", at: place)
      }
      if instruction.isComputedJump { report("indirect", "a computed jump", at: place) }
    }
  }

  private mutating func checkBounds() throws {
    var longest = LongestPath(code)
    let symbols = try file.exports()
    for function in layout.manifest.exports {
      let name = VersionedName(function.name, layout.manifest.versionNode)
      guard let symbol = symbols[name] else { continue }
      do {
        let found = try longest.instructions(from: symbol.value)
        if found > function.bound {
          report("bound", "up to \(found) instructions, not \(function.bound)", at: function.name)
        }
      } catch {
        report("bound", "\(error)", at: function.name)
      }
    }
  }

  /// The longest path of each export, by its name.
  public static func bounds(
    _ file: ElfFile, _ code: Disassembly
  ) throws -> [(name: String, instructions: Int)] {
    var longest = LongestPath(code)
    return try file.exports().sorted { $0.key < $1.key }.filter { $0.value.info & 15 == 2 }
      .map { ($0.key.name, try longest.instructions(from: $0.value.value)) }
  }
}
