// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// The texts of /proc that are not about one process. Unless a requirement says otherwise, it is
/// called with interrupts on and no spin lock held.
public protocol TextServices {
  /// Writes /proc/cpuinfo: a description of each CPU that runs.
  static func describeProcessors(to sink: inout some TextSink)

  /// Writes /proc/interrupts: for each CPU the number of interrupts by source.
  static func describeInterrupts(to sink: inout some TextSink)

  /// Writes /proc/cpu/alignment: the number of misaligned user accesses that were completed.
  static func describeAlignment(to sink: inout some TextSink)

  /// Writes /proc/tasks, a line for each task.
  static func describeTasks(to sink: inout some TextSink)

  /// Writes /proc/locks, a line for each lock of the kernel.
  static func describeLocks(to sink: inout some TextSink)

  /// Writes /proc/trace and stops recording.
  static func describeTrace(to sink: inout some TextSink)

  /// Clears the trace and starts recording, or stops it.
  static func controlTrace(_ isOn: Bool)

  /// Records the name of a task in the trace: up to 15 bytes, padded with zeros.
  static func traceName(_ name: InlineArray<16, UInt8>, of task: TaskNumber)

  /// Writes /proc/vdso for a process whose vDSO is at `address`; nil for a process without one.
  static func describeVdso(to sink: inout some TextSink, at address: UserAddress?)

  /// Writes /proc/vdso.so: the vDSO's ELF file, byte for byte; nothing if there is no vDSO.
  static func writeVdsoImage(to sink: inout some TextSink)
}
