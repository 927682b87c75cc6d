// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

@testable import UserSpace

/// Texts of /proc, which are empty or a word.
extension MockOf {
  static func describeProcessors(to sink: inout some TextSink) {}
  static func describeInterrupts(to sink: inout some TextSink) {}
  static func describeAlignment(to sink: inout some TextSink) {}
  static func describeLocks(to sink: inout some TextSink) {}
  static func describeTrace(to sink: inout some TextSink) {}
  static func controlTrace(_ isOn: Bool) {}
  static func traceName(_ name: InlineArray<16, UInt8>, of task: UInt32) {}
  static func describeTasks(to sink: inout some TextSink) { sink.text("ID\n") }
  static func describeVdso(to sink: inout some TextSink, at address: UserAddress?) {
    sink.text(address == nil ? "state: off\n" : "state: on\n")
  }
  static func writeVdsoImage(to sink: inout some TextSink) { sink.text("\u{7f}ELF") }
}
