// SPDX-License-Identifier: Apache-2.0
/// Writes flattened device trees for tests, property by property.
struct TreeBuilder {
  private(set) var structure: [UInt8] = []
  private(set) var strings: [UInt8] = []
  var reservations: [(UInt64, UInt64)] = []
  var version: UInt32 = 17

  /// A 32-bit number as the tree writes it.
  static func word(_ value: UInt32) -> [UInt8] {
    [UInt8(value >> 24), UInt8(value >> 16 & 255), UInt8(value >> 8 & 255), UInt8(value & 255)]
  }

  mutating func token(_ value: UInt32) { structure += Self.word(value) }

  mutating func begin(_ name: String) {
    token(1)
    structure += Array(name.utf8) + [0]
    pad()
  }

  mutating func end() { token(2) }

  mutating func property(_ name: String, _ value: [UInt8] = []) {
    token(3)
    structure += Self.word(UInt32(value.count)) + Self.word(UInt32(strings.count))
    strings += Array(name.utf8) + [0]
    structure += value
    pad()
  }

  mutating func property(_ name: String, words: [UInt32]) {
    property(name, words.flatMap(Self.word))
  }

  mutating func property(_ name: String, text: String...) {
    property(name, text.flatMap { Array($0.utf8) + [0] })
  }

  /// A node with the contents that `body` adds.
  mutating func node(_ name: String, _ body: (inout TreeBuilder) -> Void) {
    begin(name)
    body(&self)
    end()
  }

  /// The blob: header, reservation map, structure, strings.
  func blob() -> [UInt8] {
    var map: [UInt8] = []
    for (base, count) in reservations + [(0, 0)] {
      for number in [base, count] {
        map += Self.word(UInt32(number >> 32)) + Self.word(UInt32(number & 0xffff_ffff))
      }
    }
    let structureOffset = UInt32(40 + map.count)
    let body = structure + Self.word(9)
    let stringsOffset = structureOffset + UInt32(body.count)
    let total = stringsOffset + UInt32(strings.count)
    let header: [UInt32] = [
      0xd00d_feed, total, structureOffset, stringsOffset, 40, version, 16, 0,
      UInt32(strings.count), UInt32(body.count),
    ]
    return header.flatMap(Self.word) + map + body + strings
  }

  private mutating func pad() {
    while structure.count % 4 != 0 { structure.append(0) }
  }

  /// A machine like QEMU's `virt` with two CPUs and 256 MiB.
  static func virt(
    method: String = "hvc", stdout: String = "/pl011@9000000", chosenFirst: Bool = false
  ) -> TreeBuilder {
    var tree = TreeBuilder()
    let chosen: (inout TreeBuilder) -> Void = {
      $0.node("chosen") {
        $0.property("bootargs", text: "quiet tick=100 -- a b")
        $0.property("linux,initrd-start", words: [0, 0x4800_0000])
        $0.property("linux,initrd-end", words: [0x4812_3456])
        $0.property("stdout-path", text: stdout)
        $0.property("rng-seed", Array(1...32))
        $0.property("kaslr-seed", words: [1, 2])
      }
    }
    tree.node("") {
      $0.property("#size-cells", words: [2])
      $0.property("#address-cells", words: [2])
      $0.property("compatible", text: "linux,dummy-virt")
      if chosenFirst { chosen(&$0) }
      $0.node("psci") {
        $0.property("method", text: method)
        $0.property("compatible", text: "arm,psci-1.0", "arm,psci-0.2", "arm,psci")
      }
      $0.node("memory@40000000") {
        $0.property("reg", words: [0, 0x4000_0000, 0, 0x1000_0000])
        $0.property("device_type", text: "memory")
      }
      $0.node("pl011@9000000") {
        $0.property("interrupts", words: [0, 1, 4])
        $0.property("reg", words: [0, 0x0900_0000, 0, 0x1000])
        $0.property("compatible", text: "arm,pl011", "arm,primecell")
      }
      $0.node("pl011@9040000") {
        $0.property("interrupts", words: [0, 8, 4])
        $0.property("reg", words: [0, 0x0904_0000, 0, 0x1000])
        $0.property("compatible", text: "arm,pl011", "arm,primecell")
      }
      $0.node("pl031@9010000") {
        $0.property("reg", words: [0, 0x0901_0000, 0, 0x1000])
        $0.property("compatible", text: "arm,pl031", "arm,primecell")
      }
      $0.node("intc@8000000") {
        $0.property(
          "reg", words: [0, 0x0800_0000, 0, 0x1_0000, 0, 0x0801_0000, 0, 0x1_0000])
        $0.property("compatible", text: "arm,cortex-a15-gic")
        $0.property("#address-cells", words: [2])
        $0.node("v2m@8020000") { $0.property("reg", words: [0, 0x0802_0000, 0, 0x1000]) }
      }
      $0.node("cpus") {
        $0.property("#size-cells", words: [0])
        $0.property("#address-cells", words: [1])
        $0.node("cpu-map") { $0.node("socket0") { _ in } }
        for number in UInt32(0)..<2 {
          $0.node("cpu@\(number)") {
            $0.property("reg", words: [number])
            $0.property("device_type", text: "cpu")
            $0.property("enable-method", text: "psci")
          }
        }
      }
      $0.token(4)
      $0.node("timer") {
        $0.property(
          "interrupts",
          words: [1, 13, 0x104, 1, 14, 0x104, 1, 11, 0x104, 1, 10, 0x104])
        $0.property("compatible", text: "arm,armv7-timer")
      }
      if !chosenFirst { chosen(&$0) }
    }
    return tree
  }
}
