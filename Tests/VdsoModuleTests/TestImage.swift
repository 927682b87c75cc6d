import Foundation
import VdsoPage
import XCTest

/// A small image that breaks no rule, put together byte by byte, and the places in it that tests
/// change to break exactly one.
struct TestImage {
  var bytes = [UInt8](repeating: 0, count: 4096)

  static let programHeaders = 52
  static let load = 52
  static let dynamic = 84
  static let note = 116
  static let stack = 148
  static let dynamicTable = 512
  static let notes = 256
  static let pageNote = notes + 36

  init() {
    put32(0, 0x464c_457f)
    bytes[4] = 1
    bytes[5] = 1
    bytes[6] = 1
    put16(16, 3)
    put16(18, 40)
    put32(20, 1)
    put32(28, 52)
    put32(32, 1024)
    put32(36, 0x0500_0000)
    put16(40, 52)
    put16(42, 32)
    put16(44, 4)
    put16(46, 40)
    put16(48, 2)
    putSegment(Self.load, type: 1, offset: 0, size: 2048, flags: 5, alignment: 4096)
    putSegment(Self.dynamic, type: 2, offset: 512, size: 88, flags: 4, alignment: 4)
    putSegment(Self.note, type: 4, offset: Self.notes, size: 68, flags: 4, alignment: 4)
    putSegment(Self.stack, type: 0x6474_e551, offset: 0, size: 0, flags: 6, alignment: 0)
    let tags: [UInt32] = [
      4, 0x6fff_fef5, 5, 6, 0x6fff_fff0, 0x6fff_fffc, 10, 11, 14, 0x6fff_fffd,
    ]
    for (index, tag) in tags.enumerated() {
      put32(Self.dynamicTable + index * 8, tag)
      put32(Self.dynamicTable + index * 8 + 4, 700)
    }
    put32(Self.notes, 4)
    put32(Self.notes + 4, 20)
    put32(Self.notes + 8, 3)
    put32(Self.notes + 12, 0x0055_4e47)
    for index in 0..<20 { bytes[Self.notes + 16 + index] = UInt8(index + 0xa0) }
    put32(Self.pageNote, 5)
    put32(Self.pageNote + 4, 12)
    put32(Self.pageNote + 8, 1)
    put32(Self.pageNote + 12, 0x7375_7041)
    put32(Self.pageNote + 20, UInt32(VDSO_PAGE_VERSION))
    put32(Self.pageNote + 24, vdso_page_size())
    put32(Self.pageNote + 28, vdso_page_layout_hash())
  }

  mutating func put16(_ offset: Int, _ value: UInt16) {
    bytes[offset] = UInt8(truncatingIfNeeded: value)
    bytes[offset + 1] = UInt8(truncatingIfNeeded: value >> 8)
  }

  mutating func put32(_ offset: Int, _ value: UInt32) {
    put16(offset, UInt16(truncatingIfNeeded: value))
    put16(offset + 2, UInt16(truncatingIfNeeded: value >> 16))
  }

  private mutating func putSegment(
    _ place: Int, type: UInt32, offset: Int, size: Int, flags: UInt32, alignment: UInt32
  ) {
    put32(place, type)
    for field in [4, 8, 12] { put32(place + field, UInt32(offset)) }
    for field in [16, 20] { put32(place + field, UInt32(size)) }
    put32(place + 24, flags)
    put32(place + 28, alignment)
  }
}

/// The image that the build made. A test that needs it fails without it, and says how to get it.
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
