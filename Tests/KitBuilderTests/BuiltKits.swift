// SPDX-License-Identifier: Apache-2.0
import Foundation
import KitBuilder
import VdsoInspection
import XCTest

/// The kits that the build made. A test that needs one fails without it, and names the command.
struct BuiltKit {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path

  /// Its manifest, as text.
  let manifest: String
  /// What clang says of its structures.
  let records: String
  /// The image with its local symbols.
  let linked: ElfFile
  /// Its disassembly, as text without symbols' names.
  let code: Disassembly
  /// The image.
  let bytes: [UInt8]

  init(_ name: String) throws {
    let place = "\(Self.root)/.build/apus/kits"
    func contents(_ path: String) throws -> Data {
      try XCTUnwrap(
        FileManager.default.contents(atPath: path), "\(path) is missing: `make kits` makes it")
    }
    bytes = [UInt8](try contents("\(place)/\(name).kit"))
    records = String(decoding: try contents("\(place)/\(name)/records"), as: UTF8.self)
    let text = try contents("\(Self.root)/image/kits/\(name)/manifest")
    manifest = String(decoding: text, as: UTF8.self)
    linked = try ElfFile(path: "\(place)/\(name)/linked")
    code = try Disassembly(
      path: "\(place)/\(name)/linked", tool: try XCTUnwrap(Disassembly.findTool()))
  }

  /// The findings, with parts of the manifest replaced and instructions before the code.
  func findings(
    _ changes: [(String, String)] = [], instructions: [String] = []
  ) throws -> [String] {
    var text = manifest
    for (old, new) in changes {
      XCTAssertTrue(text.contains(old), old)
      text = text.replacing(old, with: new)
    }
    let layout = try KitLayout(KitManifest(text), records: records)
    let lines = instructions.enumerated().map {
      "  \(String(0x10000 + $0.offset * 4, radix: 16)):\t\($0.element)\n"
    }
    let more = Disassembly(text: "\n10000 <more>:\n" + lines.joined())
    return try KitImageRules.check(
      linked, Disassembly(code.instructions + more.instructions), layout: layout
    ).map(\.description)
  }
}
