// SPDX-License-Identifier: Apache-2.0
/// Builds newc archives for the tests.
struct CpioBuilder {
  var magic = "070701"
  private(set) var bytes: [UInt8] = []
  private var inode = 1

  mutating func add(
    _ name: String, _ data: [UInt8] = [], mode: UInt32 = 0o100644, links: UInt32 = 1,
    inode given: UInt32? = nil
  ) {
    let number = given ?? UInt32(inode)
    inode += 1
    let fields: [UInt32] = [
      number, mode, 0, 0, links, 1_700_000_000, UInt32(data.count), 0, 0, 0, 0,
      UInt32(name.utf8.count + 1), 0,
    ]
    bytes += Array(magic.utf8)
    for field in fields {
      let digits = String(field, radix: 16)
      bytes += Array((String(repeating: "0", count: 8 - digits.count) + digits).utf8)
    }
    bytes += Array(name.utf8) + [0]
    pad()
    bytes += data
    pad()
  }

  mutating func finish() -> [UInt8] {
    add("TRAILER!!!", mode: 0)
    return bytes + [UInt8](repeating: 0, count: 512 - bytes.count % 512)
  }

  private mutating func pad() { while bytes.count % 4 != 0 { bytes.append(0) } }
}
