// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// A CPU's entry in /proc/cpuinfo, in the format of Linux for ARM.
public enum ProcessorText {
  /// Writes the entry of CPU `number`, and a blank line. `mainIdentity` is its MIDR (ARM DDI 0406C,
  /// B4.1.105).
  public static func describe(
    _ number: UInt32, mainIdentity: UInt32, to sink: inout some TextSink
  ) {
    field("processor\t: ", UInt64(number), to: &sink)
    field("model name\t: ARMv7 Processor rev ", UInt64(mainIdentity & 0xf), to: &sink)
    sink.text(
      "Features\t: half thumb fastmult vfp edsp neon vfpv3 tls vfpv4 idiva idivt lpae\n")
    hexadecimal("CPU implementer\t: 0x", mainIdentity >> 24, to: &sink)
    sink.text("CPU architecture: 7\n")
    hexadecimal("CPU variant\t: 0x", mainIdentity >> 20 & 0xf, to: &sink)
    hexadecimal("CPU part\t: 0x", mainIdentity >> 4 & 0xfff, to: &sink)
    field("CPU revision\t: ", UInt64(mainIdentity & 0xf), to: &sink)
    sink.text("\n")
  }

  private static func field(_ name: StaticString, _ value: UInt64, to sink: inout some TextSink) {
    sink.text(name)
    sink.decimal(value)
    sink.text("\n")
  }

  private static func hexadecimal(
    _ name: StaticString, _ value: UInt32, to sink: inout some TextSink
  ) {
    sink.text(name)
    sink.hexadecimal(value, width: 1)
    sink.text("\n")
  }
}
