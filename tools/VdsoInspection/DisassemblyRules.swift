// SPDX-License-Identifier: Apache-2.0
// The rules for the image's code, checked in its disassembly: the order of the latch's loads and
// barriers, and the instructions that code in a program's address space may have.

/// Checks the instructions of the image.
public struct DisassemblyRules {
  /// Numbers of the system calls that the image may make outside of its sigreturn trampolines.
  public static let allowedCalls: Set<Int> = [78, 263, 264, 345, 403, 406]

  /// Numbers of the sigreturn trampolines' system calls.
  static let trampolineCalls: Set<Int> = [119, 173]

  private let file: ElfFile
  private let code: [Instruction]
  private var findings: [Finding] = []

  /// All findings in the code of `file`.
  public static func check(_ file: ElfFile, _ disassembly: Disassembly) throws -> [Finding] {
    var rules = DisassemblyRules(file: file, code: disassembly.instructions)
    rules.checkInstructions()
    try rules.checkSystemCalls()
    rules.checkWindows()
    try rules.checkPageAddress()
    return rules.findings
  }

  private init(file: ElfFile, code: [Instruction]) {
    self.file = file
    self.code = code
  }

  private mutating func report(_ rule: String, _ what: String, _ instruction: Instruction) {
    findings.append(Finding(rule, what, at: instruction.place))
  }

  private mutating func checkInstructions() {
    if code.isEmpty { findings.append(Finding("code", "no instructions")) }
    for instruction in code {
      if instruction.isFloatingPoint { report("float", "floating point or NEON", instruction) }
      if instruction.isCoprocessorWrite { report("coprocessor", "a write", instruction) }
      if instruction.mnemonic.hasPrefix("<unk") || instruction.mnemonic == ".word" {
        report("unknown", "not a known instruction", instruction)
      }
      if instruction.mnemonic == "blx" || instruction.operands.contains("[pc") {
        report("indirect", "an indirect call or a literal pool", instruction)
      }
    }
  }

  /// Checks that an svc is in a sigreturn trampoline, or in the one body of four instructions that
  /// takes the number from r12 and is outside of every export.
  private mutating func checkSystemCalls() throws {
    let exports = try file.exports().values
    var back: Set<Int> = []
    var bodies: [Int] = []
    for index in code.indices where code[index].mnemonic.hasPrefix("svc") {
      let svc = code[index]
      if let number = trampoline(index), back.insert(number).inserted { continue }
      guard index >= 3, index + 1 < code.count, bodies.isEmpty,
        code[index - 2].text == "push {r7, lr}", code[index - 1].text == "mov r7, r12",
        code[index + 1].text == "pop {r7, pc}"
      else {
        report("svc", "outside of the shared body", svc)
        continue
      }
      bodies.append(index - 2)
      if exports.contains(where: { $0.value <= svc.address && svc.address - $0.value < $0.size }) {
        report("svc", "inside of an export", svc)
      }
    }
    if let body = bodies.first { checkCallers(of: body) }
    for number in Self.trampolineCalls.subtracting(back).sorted() {
      findings.append(Finding("svc", "no sigreturn trampoline for call \(number)"))
    }
  }

  /// Checks that every entry to the body has set r12 to a permitted number.
  private mutating func checkCallers(of body: Int) {
    for index in code.indices {
      let instruction = code[index]
      let target =
        Self.isBranch(instruction)
        ? Self.number(instruction.operands.prefix { $0 != " " }).map { UInt32($0) } : nil
      guard index == body - 1 || target.map({ $0 &- code[body].address < 16 }) == true else {
        continue
      }
      let setter = index == body - 1 ? instruction : code[max(index - 1, 0)]
      let isWhole = index == body - 1 || instruction.mnemonic == "b" && target == code[body].address
      guard isWhole, setter.mnemonic == "movw", setter.operands.hasPrefix("r12, #"),
        let number = Self.number(setter.operands.dropFirst(6))
      else {
        report("svc", "reaches the call without a number", instruction)
        continue
      }
      if !Self.allowedCalls.contains(number) { report("svc", "call \(number)", setter) }
    }
  }

  /// The call number of the sigreturn trampoline whose svc is at `index`; nil if it is in none. A
  /// trampoline has four instructions, which debuggers recognise.
  private func trampoline(_ index: Int) -> Int? {
    guard index >= 2, index + 1 < code.count, code[index - 2].mnemonic == "nop",
      code[index + 1].mnemonic == "trap", code[index - 1].mnemonic == "mov",
      code[index - 1].operands.hasPrefix("r7, #"),
      let number = Self.number(code[index - 1].operands.dropFirst(5)),
      Self.trampolineCalls.contains(number)
    else { return nil }
    return number
  }

  /// Checks the barriers, which come in pairs. Between a pair there are loads of the payload, and
  /// no stores or branches. Outside of pairs only the count (before and after) and the table of
  /// resolutions, which needs no barrier, are loaded. The stack, which is the thread's own, is
  /// exempt.
  private mutating func checkWindows() {
    let barriers = code.indices.filter { code[$0].mnemonic == "dmb" }
    if barriers.isEmpty { findings.append(Finding("barrier", "no barriers")) }
    guard barriers.count.isMultiple(of: 2) else {
      findings.append(Finding("barrier", "\(barriers.count) barriers, must be pairs"))
      return
    }
    var inside = Set<Int>()
    for pair in stride(from: 0, to: barriers.count, by: 2) {
      let open = barriers[pair]
      let close = barriers[pair + 1]
      inside.formUnion(open...close)
      checkWindow(open, close)
    }
    for index in code.indices where !inside.contains(index) {
      let instruction = code[index]
      guard instruction.mnemonic.hasPrefix("ldr") || instruction.mnemonic.hasPrefix("ldm"),
        !Self.isOfStack(instruction)
      else { continue }
      if !Self.loadsCount(instruction) && !instruction.function.contains("getres") {
        report("barrier", "a load that is not between the barriers", instruction)
      }
    }
  }

  private mutating func checkWindow(_ open: Int, _ close: Int) {
    for index in [open, close] where code[index].operands != "ish" {
      report("barrier", "does not cover the inner shareable domain", code[index])
    }
    let body = code[open + 1..<close]
    var payload = 0
    for instruction in body {
      if instruction.mnemonic.hasPrefix("ldr") { payload += 1 }
      if instruction.text.hasPrefix("ldm") { payload += 2 }
      if Self.loadsCount(instruction) { report("barrier", "the count inside of it", instruction) }
      let stores = instruction.mnemonic.hasPrefix("st") && !Self.isOfStack(instruction)
      if stores || Self.isBranch(instruction) {
        report("barrier", "a store or a branch between the barriers", instruction)
      }
    }
    checkCounter(body)
    if payload < 1 { report("barrier", "no payload is loaded after it", code[open]) }
    let before = code[..<open].suffix(8).reversed().prefix {
      !Self.isBranch($0) && $0.mnemonic != "dmb"
    }
    if !before.contains(where: Self.loadsCount) {
      report("barrier", "the count is not loaded before it", code[open])
    }
    let after = code[(close + 1)...].prefix(8).prefix { !Self.isBranch($0) }
    guard let reload = after.firstIndex(where: Self.loadsCount) else {
      report("barrier", "the count is not loaded again after it", code[close])
      return
    }
    if !after[reload...].contains(where: { $0.mnemonic == "cmp" }) {
      report("barrier", "the count is not compared", code[reload])
    }
  }

  /// Checks that the counter is read after the payload and after an `isb`. Later loads must depend
  /// on the counter by their address.
  private mutating func checkCounter(_ body: ArraySlice<Instruction>) {
    guard let read = body.firstIndex(where: { $0.mnemonic.hasPrefix("mrrc") }) else { return }
    if code[read - 1].mnemonic != "isb" { report("counter", "no isb before it", code[read]) }
    if !code[read].operands.hasPrefix("p15, #0x1,") {
      report("counter", "not the virtual counter", code[read])
    }
    if body[read...].contains(where: { $0.mnemonic.hasPrefix("ld") }) {
      report("counter", "a payload load after it", code[read])
    }
    if !body[read...].contains(where: { $0.mnemonic == "eor" }) {
      report("counter", "the second load of the count does not depend on it", code[read])
    }
  }

  /// Checks that the address of a page is made by two subtractions from the program counter, and is
  /// that of a table in the pages before the image (ARM DDI 0406C, A5.2.4: an immediate is eight
  /// bits, rotated).
  private mutating func checkPageAddress() throws {
    var isFound = false
    for instruction in code {
      let word = try file.word(Int(instruction.address))
      guard word & 0x0fff_0000 == 0x024f_0000 else { continue }
      let next = try file.word(Int(instruction.address) + 4)
      let register = word >> 12 & 15
      guard next & 0x0fff_f000 == 0x0240_0000 | register << 16 | register << 12 else {
        report("page", "the address is not completed by the next instruction", instruction)
        continue
      }
      isFound = true
      let target = instruction.address &+ 8 &- Self.immediate(word) &- Self.immediate(next)
      let distance = Int32(bitPattern: target)
      if !Self.pageTables.contains(distance) { report("page", "not \(distance)", instruction) }
    }
    if !isFound { findings.append(Finding("page", "no code addresses the time page")) }
  }

  /// The permitted offsets from the image: the resolutions, the banks, and the CPU number in the
  /// process's own page.
  private static let pageTables: Set<Int32> = [-4096 + 0x40, -4096 + 0x100, -8192 + 0x1c]

  private static func immediate(_ word: UInt32) -> UInt32 {
    let rotation = (word >> 8 & 15) * 2
    let value = word & 255
    return rotation == 0 ? value : value >> rotation | value << (32 - rotation)
  }

  private static func isOfStack(_ instruction: Instruction) -> Bool {
    instruction.operands.contains("sp")
  }

  /// Whether this loads the count, the first word of the banks: `[base]`, or `[base, zero]` after
  /// the counter read.
  private static func loadsCount(_ instruction: Instruction) -> Bool {
    guard instruction.mnemonic == "ldr" else { return false }
    return !instruction.operands.contains("#") && !instruction.operands.contains("sp")
  }

  private static func isBranch(_ instruction: Instruction) -> Bool {
    let mnemonic = instruction.mnemonic
    guard mnemonic.hasPrefix("b") else { return mnemonic == "pop" }
    return !["bfi", "bfc", "bic"].contains { mnemonic.hasPrefix($0) }
  }

  private static func number(_ text: Substring) -> Int? {
    text.hasPrefix("0x") ? Int(text.dropFirst(2), radix: 16) : Int(text)
  }
}
