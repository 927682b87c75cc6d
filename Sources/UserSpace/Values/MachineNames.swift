// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// A name that sethostname or setdomainname sets: up to 64 bytes.
public struct MachineName: Sendable {
  private(set) var bytes = InlineArray<64, UInt8>(repeating: 0)
  private(set) var count = 0

  /// The bytes of the name.
  var text: Span<UInt8> {
    @_lifetime(borrow self)
    get { bytes.span.extracting(first: count) }
  }

  /// Writes the name.
  func write(to window: inout some TextSink) { window.bytes(text) }

  /// The first 64 bytes of a literal.
  init(_ literal: StaticString) { self.init(literal.bytes) }

  /// The first 64 bytes.
  init(_ name: Span<UInt8>) {
    count = min(name.count, 64)
    for index in 0..<count { bytes[index] = name[index] }
  }
}

/// What names this machine. The process table's lock protects it.
public struct MachineNames: Sendable {
  /// The names of the node and of the NIS domain, as uname reports them.
  var node = MachineName(SystemName.node)
  var domain = MachineName(SystemName.domain)
  /// /proc/sys/kernel/random/boot_id, once it was read.
  var boot: InlineArray<4, UInt32>?
}
