// SPDX-License-Identifier: Apache-2.0
import Foundation

/// The image that the build made. A test that needs it fails without it, and names the command that
/// builds it.
enum BuiltImage {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path

  static var path: String { "\(root)/.build/apus/vdso.so" }

  struct Missing: Error, CustomStringConvertible {
    var description: String { "\(BuiltImage.path) is missing: build it with `make vdso`" }
  }

  static func bytes() throws -> [UInt8] {
    guard let data = FileManager.default.contents(atPath: path) else { throw Missing() }
    return [UInt8](data)
  }

  static func manifest() throws -> String {
    try String(contentsOfFile: "\(root)/image/vdso/exports.map", encoding: .utf8)
  }
}
