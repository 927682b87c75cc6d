// SPDX-License-Identifier: Apache-2.0
// The kernel functions that the C code of the test kernel calls to test interrupts.
#if hasFeature(Embedded)
  import Board
  import PortARMv7A
  import RTOSCore
  import System
  import UserSpace

  /// The tick interrupts that this CPU has served.
  @c(test_ticks)
  func testTicks() -> UInt32 { ProcessorArea.interruptCount(of: ARMv7A.number, 0) }

  /// How many times the first CPU served a line.
  @c(test_line_count)
  func testLineCount(_ line: UInt32) -> UInt32 {
    KernelInterrupts.registry.count(of: line, on: 0)
  }

  /// How many interrupts this CPU took that had no handler.
  @c(test_unhandled)
  func testUnhandled() -> UInt32 { ProcessorArea.interruptCount(of: ARMv7A.number, 5) }

  /// True if the command line says `crash=nested`.
  @c(test_wants_panic)
  func testWantsPanic() -> Bool {
    CommandLine(Span(_bytes: system.options.commandLine.bytes)).has("crash=nested")
  }

  /// Makes a line without a handler pending, and enables it before if `enables`.
  @c(test_trigger_unhandled)
  func testTriggerUnhandled(_ line: UInt32, _ enables: Bool) {
    let interrupts = ARMv7A.maskInterrupts()
    if enables { KernelInterrupts.controller.enable(line: line, on: ARMv7A.number) }
    try? KernelInterrupts.controller.trigger(line: line, on: ARMv7A.number)
    ARMv7A.restoreInterrupts(interrupts)
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
      let bytes: InlineArray<1, UInt8> = [byte]
      Console.write(bytes.span)
    }
  }
#endif
