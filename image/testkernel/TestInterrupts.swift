// SPDX-License-Identifier: Apache-2.0
// What the C code of the test kernel asks about interrupts.
#if hasFeature(Embedded)
  import Board
  import PortARMv7A
  import RTOSCore
  import UserSpace

  /// Ticks that the beat has counted on this CPU: its interrupts.
  @c(test_ticks)
  func testTicks() -> UInt32 { ProcessorArea.interruptCount(of: ARMv7A.number, 0) }

  /// How often the first CPU has served a line.
  @c(test_line_count)
  func testLineCount(_ line: UInt32) -> UInt32 {
    KernelInterrupts.registry.count(of: line, on: 0)
  }

  /// How many interrupts nobody served.
  @c(test_unserved)
  func testUnserved() -> UInt32 { ProcessorArea.interruptCount(of: ARMv7A.number, 5) }

  /// Whether the command line says `crash=nested`.
  @c(test_wants_panic)
  func testWantsPanic() -> Bool {
    CommandLine(Span(_bytes: Machine.shared.commandLine.bytes)).has("crash=nested")
  }

  /// Makes a line pending that has no handler; switches it on before.
  @c(test_stray)
  func testStray(_ line: UInt32, _ enables: Bool) {
    let interrupts = ARMv7A.maskInterrupts()
    if enables { KernelInterrupts.controller.enable(line: line, on: ARMv7A.number) }
    try? KernelInterrupts.controller.trigger(line: line, on: ARMv7A.number)
    ARMv7A.restoreInterrupts(interrupts)
  }

  /// What programs read in /proc/interrupts, on the console.
  @c(test_describe_interrupts)
  func testDescribeInterrupts() {
    var sink = ConsoleSink()
    KernelPlatform.describeInterrupts(to: &sink)
  }

  /// The console, byte by byte.
  private struct ConsoleSink: TextSink {
    mutating func put(_ byte: UInt8) {
      let bytes: InlineArray<1, UInt8> = [byte]
      Console.write(bytes.span)
    }
  }
#endif
