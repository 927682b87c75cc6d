// SPDX-License-Identifier: Apache-2.0
import XCTest

@testable import RTOSCore

/// An interrupt controller with priorities, as a GIC has them, and the CPUs that it interrupts: a
/// pending line is served as soon as interrupts are unmasked and no line of the same or a higher
/// urgency is being served.
final class MockLines: @unchecked Sendable {
  static let shared = MockLines()
  static let count: UInt32 = 96

  /// The calls, as `enable 40`.
  var calls: [String] = []
  var enabled: Set<UInt32> = []
  var pending: Set<UInt32> = []
  var priorities: [UInt32: UInt32] = [:]
  /// The lines that are being served, the innermost last.
  var active: [UInt32] = []
  var hasStackRoom = true
  var runningCPUs = CpuMask(rawValue: 0b11)
  /// How often all CPUs were seen outside of handlers.
  var graces = 0
  /// The lines that had no handler.
  var refused: [UInt32] = []
  /// The handler of lines.
  var serve: (UInt32) -> Bool = { _ in false }

  func reset() {
    (calls, enabled, pending, priorities, active) = ([], [], [], [:], [])
    (hasStackRoom, graces, refused) = (true, 0, [])
    serve = { _ in false }
  }

  var isMasked: Bool { ThreadProcessor.silicon.isMasked }

  /// Serves pending lines, the most urgent first, as long as priorities allow.
  func deliver() {
    ThreadProcessor.silicon.pendingInterrupt = { [self] in deliver() }
    while !isMasked {
      let running = active.map { priorities[$0] ?? 20 }.min() ?? 32
      let next = pending.filter { enabled.contains($0) && (priorities[$0] ?? 20) < running }
        .min { (priorities[$0] ?? 20, $0) < (priorities[$1] ?? 20, $1) }
      guard let line = next else { return }
      pending.remove(line)
      active.append(line)
      _ = ThreadProcessor.maskInterrupts()
      if !serve(line) { refused.append(line) }
      XCTAssertTrue(isMasked, "a handler's end is masked")
      XCTAssertEqual(active.last, line, "the last acknowledged line is ended first")
      active.removeLast()
      ThreadProcessor.silicon.isMasked = false
    }
  }
}

/// The handle that the registry has.
struct MockController: InterruptLineController {
  private var lines: MockLines { .shared }
  var lineCount: UInt32 { MockLines.count }
  nonisolated(unsafe) static var hasPriorities = true
  static var firstIPILine: UInt32 { 8 }
  func isBanked(line: UInt32) -> Bool { line < 32 }
  func enable(line: UInt32, on processor: UInt32) {
    lines.calls.append("enable \(line)")
    lines.enabled.insert(line)
    lines.deliver()
  }
  func disable(line: UInt32, on processor: UInt32) {
    lines.calls.append("disable \(line)")
    lines.enabled.remove(line)
  }
  func trigger(line: UInt32, on processor: UInt32) throws(InterruptError) {
    lines.calls.append("trigger \(line)")
    lines.pending.insert(line)
    lines.deliver()
  }
  func clear(line: UInt32, on processor: UInt32) throws(InterruptError) {
    lines.calls.append("clear \(line)")
    lines.pending.remove(line)
  }
  func setPriority(_ priority: UInt32, of line: UInt32) throws(InterruptError) {
    guard Self.hasPriorities else { throw .unsupported }
    lines.calls.append("priority \(line) \(priority)")
    lines.priorities[line] = priority
  }
  func setTargets(_ targets: UInt32, of line: UInt32) throws(InterruptError) {
    lines.calls.append("targets \(line) \(targets)")
  }
  func setTrigger(_ trigger: InterruptTrigger, of line: UInt32) throws(InterruptError) {
    lines.calls.append("\(trigger) \(line)")
  }
  func sendIPI(line: UInt32, to targets: UInt32) throws(InterruptError) {
    guard line < 16 else { throw .unsupported }
    lines.calls.append("send \(line) \(targets)")
  }
}

/// The machine around it. The controller calls CPU n by bit n + 4.
enum MockInterrupts: InterruptPlatform {
  typealias CPU = ThreadProcessor
  static var controller: MockController { MockController() }
  static var interruptDepth: UInt32 { UInt32(MockLines.shared.active.count) }
  static var hasStackRoom: Bool { MockLines.shared.hasStackRoom }
  static func enableInterrupts() {
    ThreadProcessor.silicon.isMasked = false
    MockLines.shared.deliver()
  }
  static func targets(of processors: CpuMask) -> UInt32? {
    guard !processors.isEmpty, processors.subtracting(MockLines.shared.runningCPUs).isEmpty else {
      return nil
    }
    return processors.rawValue << 4
  }
  static func awaitHandlers() { MockLines.shared.graces += 1 }
}

/// A registry with memory of its own for the length of a test.
final class RegistryBench {
  typealias Registry = InterruptRegistry<MockInterrupts>
  let registry: Registry
  private let memory: UnsafeMutableRawPointer
  private let places: UnsafeMutableBufferPointer<InterruptHandlerRecord>

  init(places count: Int) {
    memory = .allocate(byteCount: Registry.size(lineCount: MockLines.count), alignment: 16)
    places = .allocate(capacity: count)
    places.initialize(repeating: InterruptHandlerRecord())
    registry = Registry(in: memory, lineCount: MockLines.count)
    registry.addRecords(places)
    MockLines.shared.reset()
    MockController.hasPriorities = true
    let registry = registry
    MockLines.shared.serve = { registry.serve($0) != .unhandled }
  }

  deinit {
    places.deallocate()
    memory.deallocate()
  }
}
