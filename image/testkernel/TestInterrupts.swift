// SPDX-License-Identifier: Apache-2.0
// The kernel functions that the C code of the test kernel calls to test interrupts.
import Kernel
import RTOSCore
import System
import UserSpace

/// The tick interrupts that this CPU has served.
@c(test_ticks)
func testTicks() -> UInt32 {
  KernelArchitecture.system.interrupts.count(of: KernelInterrupts.timerLine, on: Int(testCPU()))
}

extension Architecture {
  /// The interrupts of a kind that this CPU has taken.
  fileprivate static func count(_ kind: InterruptKind) -> UInt32 {
    Control.interruptCount(of: CPU.number, kind)
  }
}

/// How many times the first CPU served a line.
@c(test_line_count)
func testLineCount(_ line: UInt32) -> UInt32 {
  KernelArchitecture.system.interrupts.count(of: line, on: 0)
}

/// How many interrupts this CPU took that had no handler.
@c(test_unhandled)
func testUnhandled() -> UInt32 {
  KernelArchitecture.count(.unhandled)
}

/// True if the command line says `crash=nested`.
@c(test_wants_panic)
func testWantsPanic() -> Bool {
  CommandLine(Span(_bytes: KernelArchitecture.system.options.commandLine.bytes)).has("crash=nested")
}

/// Makes a line without a handler pending, and enables it before if `enables`.
@c(test_trigger_unhandled)
func testTriggerUnhandled(_ line: UInt32, _ enables: Bool) {
  trigger(line, KernelInterrupts.self, enables)
}

/// Makes a line pending, and enables it before if `enables`.
private func trigger<Interrupts: InterruptPlatform>(
  _ line: UInt32, _ interrupts: Interrupts.Type, _ enables: Bool
) {
  let state = Interrupts.CPU.maskInterrupts()
  if enables { Interrupts.controller.enable(line: line, on: Interrupts.CPU.number) }
  try? Interrupts.controller.trigger(line: line, on: Interrupts.CPU.number)
  Interrupts.CPU.restoreInterrupts(state)
}

/// Prints the text of /proc/interrupts on the console.
@c(test_describe_interrupts)
func testDescribeInterrupts() {
  var sink = ConsoleSink()
  KernelPlatform.describeInterrupts(to: &sink)
}

/// A sink that writes to the console byte by byte.
private struct ConsoleSink: TextSink {
  mutating func put(_ byte: UInt8) {
    while !KernelConsole.offer(byte) {}
  }
}
