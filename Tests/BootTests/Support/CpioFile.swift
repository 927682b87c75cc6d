// SPDX-License-Identifier: Apache-2.0
import Foundation

/// A newc archive, made here byte by byte so that it can be damaged (cpio(5)).
struct CpioFile {
  /// The archive.
  var bytes = Data()
  /// Where each entry's header begins; the trailer's last.
  private(set) var headers: [Int] = []

  /// The archive of one file /init, with its trailer.
  init(initProgram: Data) {
    append("note", Data("a note\n".utf8))
    append("init", initProgram)
    append("TRAILER!!!", Data())
  }

  private mutating func append(_ name: String, _ data: Data) {
    headers.append(bytes.count)
    let mode = data.isEmpty ? 0 : 0o100755
    let numbers = [
      headers.count, mode, 0, 0, 1, 0, data.count, 0, 0, 0, 0, name.utf8.count + 1, 0,
    ]
    let fields = numbers.map { number in
      let digits = String(number, radix: 16)
      return String(repeating: "0", count: 8 - digits.count) + digits
    }
    bytes.append(Data(("070701" + fields.joined() + name + "\0").utf8))
    pad()
    bytes.append(data)
    pad()
  }

  private mutating func pad() { while bytes.count % 4 != 0 { bytes.append(0) } }

  /// Overwrites text in the header of an entry: 6 + 8 × n is its n-th number.
  mutating func set(_ header: Int, _ offset: Int, _ text: String) {
    let start = headers[header] + offset
    bytes.replaceSubrange(start..<start + text.utf8.count, with: Data(text.utf8))
  }
}
