// SPDX-License-Identifier: Apache-2.0
// kit-check: makes the sources of a kit that its manifest implies, and checks the linked image. For
// tools/build-kit.

import Foundation
import KitBuilder
import VdsoInspection
import VdsoModule

let usage = """
  usage: kit-check start FOLDER --output DIR     the constants and a file for the layouts of structures
         kit-check generate FOLDER --records DUMP --output DIR
         kit-check objects FOLDER FILE…
         kit-check image LINKED FOLDER --records DUMP [--objdump TOOL]     the image with its symbols
         kit-check finish LINKED --output FILE   makes the image, and checks it by the kernel's rules
         kit-check bounds FILE [--objdump TOOL]
  A constant NAME_… of the manifest has the value of the environment's variable of that name.
  """

func fail(_ message: String, _ status: Int32) -> Never {
  FileHandle.standardError.write(Data((message + "\n").utf8))
  exit(status)
}

/// The value after `option`.
func value(of option: String) -> String? {
  guard let index = arguments.firstIndex(of: option), index + 1 < arguments.count else {
    return nil
  }
  return arguments[index + 1]
}

func contents(_ path: String) throws -> String {
  guard let data = FileManager.default.contents(atPath: path) else {
    throw KitError("cannot be read", file: path)
  }
  return String(decoding: data, as: UTF8.self)
}

/// The manifest in `folder`, with the constants that the environment overrides.
func manifest(in folder: String) throws -> KitManifest {
  let path = "\(folder)/manifest"
  let name = URL(fileURLWithPath: folder).lastPathComponent
  let capitals = "\(name.uppercased())_"
  let overrides = ProcessInfo.processInfo.environment.filter { $0.key.hasPrefix(capitals) }
  let manifest = try KitManifest(contents(path), file: path, overrides: overrides)
  if manifest.name != name {
    throw KitError("the kit '\(manifest.name)' is in folder \(name)", file: path)
  }
  return manifest
}

func layout(in folder: String) throws -> KitLayout {
  guard let records = value(of: "--records") else { fail(usage, 2) }
  let manifest = try manifest(in: folder)
  do {
    return try KitLayout(manifest, records: contents(records))
  } catch var error as KitError {
    error.file = "\(folder)/manifest"
    throw error
  }
}

/// Writes a file of the output's folder; an empty text is no file.
func write(_ text: String, _ name: String) throws {
  guard let output = value(of: "--output") else { fail(usage, 2) }
  if text.isEmpty { return }
  let file = URL(fileURLWithPath: output).appendingPathComponent(name)
  try FileManager.default.createDirectory(
    at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
  try Data(text.utf8).write(to: file)
}

/// The disassembly of the file at `path`.
func disassembly(of path: String) throws -> Disassembly {
  guard let tool = value(of: "--objdump") ?? Disassembly.findTool() else {
    fail("kit-check: no llvm-objdump beside swiftc or in PATH", 2)
  }
  return try Disassembly(path: path, tool: tool)
}

/// Prints the findings; ends the program if there are any.
func report(_ findings: [Finding], in manifest: KitManifest) {
  if !findings.isEmpty {
    fail(findings.map { "kit-check: \(manifest.name).kit: \($0)" }.joined(separator: "\n"), 1)
  }
}

/// The image as the kernel sees it, or the rule that it violates.
func kernelView(of bytes: [UInt8]) throws(KitImage.Violation) -> KitImage {
  try A32Rules.checkKit(bytes.span.bytes)
}

let arguments = Array(CommandLine.arguments.dropFirst())
guard arguments.count >= 2 else { fail(usage, 2) }

do {
  switch arguments[0] {
  case "start":
    let manifest = try manifest(in: arguments[1])
    try write(manifest.constantsHeader, "include/\(manifest.name)_constants.h")
    try write(manifest.probe, "probe.c")
  case "generate":
    let layout = try layout(in: arguments[1])
    let name = layout.manifest.name
    if !layout.manifest.header.isEmpty {
      let path = "\(arguments[1])/\(layout.manifest.header)"
      do {
        try layout.checkHeader(contents(path))
      } catch var error as KitError {
        error.file = path
        throw error
      }
    }
    try write(layout.versionScript, "exports.map")
    try write(layout.linkerScript, "kit.ld")
    try write(layout.notes, "notes.S")
    try write(layout.imageHeader, "image/\(name)_image.h")
    try write(layout.imageModule, "image/module.modulemap")
    try write(layout.calloutSource, "\(name)_callouts.c")
    try write(layout.pagesSource, "Pages.swift")
    try write(layout.callerHeader, "include/\(name)_kit.h")
    try write(layout.callerModule, "include/module.modulemap")
  case "objects":
    let manifest = try manifest(in: arguments[1])
    let files = try arguments.dropFirst(2).map { try ElfFile(path: $0) }
    report(try files.flatMap { try KitImageRules.checkObject($0, manifest) }, in: manifest)
  case "image":
    guard arguments.count >= 3 else { fail(usage, 2) }
    let layout = try layout(in: arguments[2])
    let code = try disassembly(of: arguments[1])
    let findings = try KitImageRules.check(ElfFile(path: arguments[1]), code, layout: layout)
    report(findings, in: layout.manifest)
  case "finish":
    let bytes = try FinishedKit.bytes(of: ElfFile(path: arguments[1]))
    do throws(KitImage.Violation) {
      _ = try kernelView(of: bytes)
    } catch {
      fail("kit-check: \(arguments[1]): the kernel refuses it: \(error.text) (\(error))", 1)
    }
    guard let output = value(of: "--output") else { fail(usage, 2) }
    try Data(bytes).write(to: URL(fileURLWithPath: output))
  case "bounds":
    let code = try disassembly(of: arguments[1])
    for (name, bound) in try KitImageRules.bounds(ElfFile(path: arguments[1]), code) {
      print("\(name) \(bound)")
    }
  default:
    fail(usage, 2)
  }
} catch {
  fail("kit-check: \(error)", 1)
}
