// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// Texts about the system that programs for Linux read.
extension Proc {
  /// A name as a line.
  static func line(_ name: MachineName, to window: inout TextWindow) {
    name.write(to: &window)
    window.text("\n")
  }

  /// What a program writes to /proc/sys/kernel/hostname or domainname: up to the end of the line.
  static func takeName(_ buffer: UserBuffer<P>, isDomain: Bool) throws(Errno) -> Word {
    let name = try load(buffer)
    var end = 0
    while end < name.count, name.bytes[end] != 0x0a, name.bytes[end] != 0 { end += 1 }
    P.setName(MachineName(name.bytes.span.extracting(first: end)), isDomain: isDomain)
    return Word(buffer.count)
  }

  /// The first 64 bytes of a buffer.
  ///
  /// - Throws: `badAddress`.
  static func load(_ buffer: UserBuffer<P>) throws(Errno) -> MachineName {
    var bytes = InlineArray<64, UInt8>(repeating: 0)
    let done = try buffer.part(from: 0, count: min(buffer.count, 64)).drain { (piece) in
      for index in 0..<piece.byteCount { bytes[index] = piece.byte(at: index) ?? 0 }
    }
    return MachineName(bytes.span.extracting(first: Int(done)))
  }

  /// A text of one line that never changes.
  @inline(never)
  static func line(_ text: StaticString, to window: inout TextWindow) {
    window.text(text)
    window.text("\n")
  }

  /// A number that never changes.
  @inline(never)
  static func line(_ number: UInt32, to window: inout TextWindow) {
    window.decimal(UInt64(number))
    window.text("\n")
  }

  /// /proc/version.
  static func describeVersion(to window: inout TextWindow) {
    window.text(SystemName.system)
    window.text(" version ")
    window.text(SystemName.release)
    window.text(" ")
    window.text(SystemName.version)
    window.text("\n")
  }

  /// /proc/sys/kernel/random/uuid: a random UUID (RFC 4122, version 4), another at each read.
  /// boot_id: the same until the machine is switched off.
  static func describeUUID(_ number: InlineArray<4, UInt32>, to window: inout TextWindow) {
    var words = number
    words[1] = words[1] & 0xffff_0fff | 0x4000
    words[2] = words[2] & 0x3fff_ffff | 0x8000_0000
    window.hexadecimal(words[0])
    window.text("-")
    window.hexadecimal(words[1] >> 16, width: 4)
    window.text("-")
    window.hexadecimal(words[1] & 0xffff, width: 4)
    window.text("-")
    window.hexadecimal(words[2] >> 16, width: 4)
    window.text("-")
    window.hexadecimal(words[2] & 0xffff, width: 4)
    window.hexadecimal(words[3])
    window.text("\n")
  }
}
