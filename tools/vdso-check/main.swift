// SPDX-License-Identifier: Apache-2.0
// vdso-check: checks the linked vDSO image, or the linked kernel. An image is checked first by the
// same code as at boot (VdsoImage), then by further rules. The build runs it; it prints each
// finding with its location, and fails if there are any.

import Foundation
import VdsoModule
import VdsoInspection

let usage = """
  usage: vdso-check image FILE --manifest EXPORTS.map [--build-id OUT] [--objdump TOOL]
         vdso-check unwind FILE
         vdso-check finish FILE --output FILE
         vdso-check bounds FILE [--objdump TOOL]
         vdso-check kernel FILE [--float FUNCTION]... [--boot FUNCTION]... [--objdump TOOL]
  """

func fail(_ message: String, _ status: Int32) -> Never {
  FileHandle.standardError.write(Data((message + "\n").utf8))
  exit(status)
}

/// The values that follow each occurrence of `option`.
func values(of option: String, in arguments: [String]) -> [String] {
  arguments.indices.filter { arguments[$0] == option && $0 + 1 < arguments.count }
    .map { arguments[$0 + 1] }
}

/// Checks an image as the kernel does at boot. Writes its build ID, 20 bytes, to `path`: the kernel
/// is built to expect it.
func check(_ file: ElfFile, buildIDInto path: String?) throws -> [Finding] {
  do {
    let image = try A32Rules.check(file.bytes.span.bytes, expecting: nil)
    guard let path else { return [] }
    let bytes = image.buildID.bytes.indices.map { image.buildID.bytes[$0] }
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    return []
  } catch let flaw as VdsoImage.Violation {
    return [
      Finding(
        "boot", "\(flaw.text) (\(flaw)): see Sources/VdsoModule, for the contents A32Manifest")
    ]
  }
}

let arguments = Array(CommandLine.arguments.dropFirst())
guard arguments.count >= 2 else { fail(usage, 2) }
let path = arguments[1]
guard let tool = values(of: "--objdump", in: arguments).last ?? Disassembly.findTool() else {
  fail("vdso-check: no llvm-objdump beside swiftc or in PATH", 2)
}

do {
  let file = try ElfFile(path: path)
  let disassembly = try Disassembly(path: path, tool: tool)
  let findings: [Finding]
  switch arguments[0] {
  case "image":
    guard let manifestPath = values(of: "--manifest", in: arguments).last,
      let manifest = FileManager.default.contents(atPath: manifestPath)
    else { fail(usage, 2) }
    let names = Manifest(String(decoding: manifest, as: UTF8.self))
    findings =
      try check(file, buildIDInto: values(of: "--build-id", in: arguments).last)
      + ImageRules.check(file, manifest: names) + DisassemblyRules.check(file, disassembly)
      + UnwindRules.check(file)
  case "unwind":
    // For tools/build-vdso: the unwind tables, which are linked after the code.
    let states = try FrameStates(file)
    let table = try UnwindTables(states)
    print(table.assembly(at: states.end))
    print(try FrameTable(states, at: states.end + UInt32(table.entries.count) * 8).assembly)
    findings = []
  case "finish":
    guard let output = values(of: "--output", in: arguments).last else { fail(usage, 2) }
    try Data(FinishedImage.bytes(of: file)).write(to: URL(fileURLWithPath: output))
    findings = []
  case "bounds":
    // For tools/bench: the longest path of each export, and of all.
    var longest = LongestPath(disassembly)
    let bounds = try file.exports().sorted { $0.key < $1.key }
      .map { ($0.key.name, try longest.instructions(from: $0.value.value)) }
    for (name, bound) in bounds { print("worst_\(name) \(bound)") }
    print("vdso_worst \(bounds.map(\.1).max() ?? 0)")
    findings = []
  case "kernel":
    findings = try KernelRules.check(
      file, disassembly, floatFunctions: Set(values(of: "--float", in: arguments)),
      bootFunctions: values(of: "--boot", in: arguments))
  default:
    fail(usage, 2)
  }
  for finding in findings { print("\(path): \(finding)") }
  if !findings.isEmpty { fail("vdso-check: \(findings.count) findings in \(path)", 1) }
} catch {
  fail("vdso-check: \(path): \(error)", 1)
}
