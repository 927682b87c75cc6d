// SPDX-License-Identifier: Apache-2.0
/// Decodes the fault status registers DFSR and IFSR (ARM DDI 0406C, B3.13.3 and B4.1.51).
///
///     DFSR   13  12  11  10   9   7:4     3:0
///            CM  ExT WnR FS4  0   domain  FS[3:0]      (short descriptors; IFSR alike without WnR)
public struct FaultStatus: Sendable {
  /// The register's value.
  public let rawValue: UInt32

  /// Wraps a value of DFSR or IFSR.
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// The fault status FS[4:0].
  var code: UInt32 { rawValue & 0xf | rawValue >> 6 & 0x10 }

  /// The bit that signal handlers see in error_code for an instruction fetch.
  static var isFetch: UInt32 { 1 << 31 }

  /// The access was a write (DFSR only).
  public var isWrite: Bool { rawValue & 1 << 11 != 0 }

  /// The fault is a debug event: `bkpt`, or one that a debugger has set.
  public var isDebugEvent: Bool { code == 0b00010 }

  /// The fault is a misaligned access by an instruction that needs alignment.
  public var isAlignmentFault: Bool { code == 0b00001 }

  /// The name of FS[4:0] in table B3-23.
  public var name: StaticString {
    switch code {
    case 0b00001: "alignment fault"
    case 0b00010: "debug event"
    case 0b00011: "access flag fault, section"
    case 0b00100: "instruction cache maintenance fault"
    case 0b00101: "translation fault, section"
    case 0b00110: "access flag fault, page"
    case 0b00111: "translation fault, page"
    case 0b01000: "synchronous external abort"
    case 0b01001: "domain fault, section"
    case 0b01011: "domain fault, page"
    case 0b01100: "external abort on a table walk, first level"
    case 0b01101: "permission fault, section"
    case 0b01110: "external abort on a table walk, second level"
    case 0b01111: "permission fault, page"
    case 0b10000: "TLB conflict"
    case 0b10110: "asynchronous external abort"
    default: "unknown fault"
    }
  }
}
