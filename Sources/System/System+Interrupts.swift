// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import TickHandler
import UserSpace

/// The interrupt lines that are the kernel's own. The raw value is the number with which the line
/// is reserved; an IPI's is its own number.
enum KernelLine: Int32, CaseIterable {
  /// The IPI `reschedule`.
  case reschedule = 0
  /// The IPI `stop`.
  case stop = 1
  /// The IPI `timekeeping`.
  case timekeeping = 2
  /// The tick's timer.
  case tick = 3
  /// The console's device.
  case console = 4

  /// The line's name in /proc/interrupts.
  fileprivate var name: StaticString {
    switch self {
    case .reschedule: "Rescheduling interrupts"
    case .stop: "CPU stop interrupts"
    case .timekeeping: "Timekeeping IPIs"
    case .tick: "arch_timer"
    case .console: "console"
    }
  }
}

/// The interrupts that no handler serves, counted for /proc/interrupts. The raw value is the
/// counter's index.
public enum InterruptKind: UInt32, CaseIterable {
  /// An interrupt of a line without a handler.
  case unhandled = 0
  /// A spurious interrupt: the controller had none when it was asked.
  case spurious = 1
}

/// The interrupts: one registry for the kernel's own lines and for those of C code.
extension System {
  /// The type of the registry.
  public typealias Interrupts = InterruptRegistry<A.Interrupts>

  /// Reserves the kernel's own lines. Called once, at boot, with interrupts masked.
  public static func reserveLines() {
    for line in KernelLine.allCases {
      A.system.interrupts.reserve(number(of: line), as: line.rawValue, name: line.name)
    }
  }

  /// Enables the calling CPU's own lines: the IPIs and the timer. Called once on each CPU, with
  /// interrupts masked.
  public static func enableLines() {
    for line in KernelLine.allCases {
      A.Interrupts.controller.enable(line: number(of: line), on: A.CPU.number)
    }
  }

  /// The interrupt controller's number of a line of the kernel.
  static func number(of line: KernelLine) -> UInt32 {
    if line == .tick { return A.Interrupts.timerLine }
    if line == .console { return A.Console.line }
    return A.Interrupts.Controller.firstIPILine + UInt32(bitPattern: line.rawValue)
  }

  /// Serves an interrupt of a line, which the caller has acknowledged and ends. Interrupts are
  /// masked.
  @inline(__always)
  public static func serveInterrupt(_ line: UInt32) {
    PreemptionWatch.enterInterrupt()
    defer { PreemptionWatch.leaveInterrupt() }
    switch A.system.interrupts.serve(line) {
    case .done: break
    case .kernel(KernelLine.tick.rawValue): serveTimer()
    case .kernel(let number): serveOther(number)
    case .unhandled: refuse(line)
    }
  }

  /// Serves a line of the kernel other than the tick's, by the raw value of its `KernelLine`.
  @inline(never)
  private static func serveOther(_ number: Int32) {
    switch KernelLine(rawValue: number) {
    case .reschedule:
      A.Context.isRescheduleDue = true
      A.system.barriers.execute()
    case .stop: A.Control.stopProcessor()
    case .timekeeping: A.system.ticks.join()
    case .console: UserServices<A>.serveConsole()
    case .tick, nil: break
    }
  }

  /// Disables a line that has no handler, and logs it once.
  @inline(never)
  private static func refuse(_ line: UInt32) {
    A.Control.countInterrupt(.unhandled)
    guard A.system.interrupts.disableUnhandled(line) else { return }
    Log.line("interrupts: line \(line): no handler, disabled")
  }
}
