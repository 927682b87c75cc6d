// SPDX-License-Identifier: Apache-2.0
/// Builds small ELF files for the tests, byte by byte and without the code under test.
struct ElfBuilder {
  struct Segment {
    var type: UInt32 = 1
    var offset: UInt32
    var address: UInt32
    var fileCount: UInt32
    var memoryCount: UInt32
    var flags: UInt32
  }

  var type: UInt16 = 2
  var machine: UInt16 = 40
  var flags: UInt32 = 0x0500_0400
  var entry: UInt32 = 0x10_100
  var headerSize: UInt16 = 32
  var headerCount: UInt16?
  var tableOffset: UInt32 = 52
  var identification: [UInt8] = [0x7f, 0x45, 0x4c, 0x46, 1, 1, 1, 0]
  var version: UInt32 = 1
  var fileCount = 0x3000
  /// A text and where it is in the file, for a path of an interpreter.
  var text: (offset: UInt32, bytes: [UInt8]) = (0, [])
  var segments = [
    Segment(
      offset: 0, address: 0x10_000, fileCount: 0x1000, memoryCount: 0x1000, flags: 5),
    Segment(
      offset: 0x1800, address: 0x12_800, fileCount: 0x400, memoryCount: 0x2000, flags: 6),
  ]

  var bytes: [UInt8] {
    var file = (0..<fileCount).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 8) }
    func put<T: FixedWidthInteger>(_ value: T, at offset: Int) {
      for index in 0..<MemoryLayout<T>.size where offset + index < file.count {
        file[offset + index] = UInt8(truncatingIfNeeded: value >> T(index * 8))
      }
    }
    for (index, byte) in identification.enumerated() where index < file.count {
      file[index] = byte
    }
    put(type, at: 16)
    put(machine, at: 18)
    put(version, at: 20)
    put(entry, at: 24)
    put(tableOffset, at: 28)
    put(flags, at: 36)
    put(UInt16(52), at: 40)
    put(headerSize, at: 42)
    put(headerCount ?? UInt16(segments.count), at: 44)
    for (index, segment) in segments.enumerated() {
      let place = Int(tableOffset) + index * 32
      guard place < file.count else { continue }
      put(segment.type, at: place)
      put(segment.offset, at: place + 4)
      put(segment.address, at: place + 8)
      put(segment.address, at: place + 12)
      put(segment.fileCount, at: place + 16)
      put(segment.memoryCount, at: place + 20)
      put(segment.flags, at: place + 24)
      put(UInt32(0x1000), at: place + 28)
    }
    for (index, byte) in text.bytes.enumerated() { file[Int(text.offset) + index] = byte }
    return file
  }

  /// A program that is loaded by the interpreter at `path`.
  static func dynamic(_ path: String) -> ElfBuilder {
    var elf = ElfBuilder.pie()
    elf.text = (0x200, Array(path.utf8) + [0])
    let count = UInt32(elf.text.bytes.count)
    elf.segments.append(
      Segment(
        type: 3, offset: 0x200, address: 0x200, fileCount: count, memoryCount: count, flags: 4))
    return elf
  }

  static func pie() -> ElfBuilder {
    var elf = ElfBuilder()
    elf.type = 3
    elf.entry = 0x101
    elf.segments[0].address = 0
    elf.segments[1].address = 0x2800
    return elf
  }
}
