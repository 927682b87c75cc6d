// SPDX-License-Identifier: Apache-2.0
#if DEBUG || WATCH
  /// Where a section with preemption off begins or ends.
  public enum PreemptionEdge: UInt8, Sendable {
    /// The entry of a system call, or its return to user mode.
    case call
    /// The entry of a fault, or its return to user mode.
    case fault
    /// The work before a return to user mode.
    case work
    /// A switch to or from the task.
    case taskSwitch
    /// A preemption point.
    case point

    /// The edge's name in /proc/latency.
    var name: StaticString {
      switch self {
      case .call: "call"
      case .fault: "fault"
      case .work: "work"
      case .taskSwitch: "switch"
      case .point: "point"
      }
    }
  }

  /// The sections of one CPU in which the running thread of a program could not be preempted, and
  /// the longest of them. Its times are instructions without those of interrupts; they wrap.
  ///
  /// The CPU's running task alone calls `begin` and `end`. The CPU's interrupts call
  /// `enterInterrupt` and `leaveInterrupt`, which change other fields, so no lock is needed.
  public struct PreemptionRecord {
    /// A section that has ended.
    public struct Section {
      /// How long it was, in instructions.
      public internal(set) var duration: UInt32 = 0
      /// The number of the system call that it was part of; `.max` if that is not known.
      public internal(set) var call = UInt32.max
      /// Where it began and where it ended.
      public internal(set) var edges = (from: PreemptionEdge.call, to: PreemptionEdge.call)
      /// The return addresses where it ended, innermost first; 0 after the last.
      public internal(set) var places = InlineArray<10, UInt32>(repeating: 0)
    }

    private var isOpen = false
    private var begun: UInt32 = 0
    private var call = UInt32.max
    private var from = PreemptionEdge.call
    private var depth: UInt32 = 0
    private var interruptBegun: UInt32 = 0
    /// The time of all interrupts so far. Wraps.
    public private(set) var interruptTime: UInt32 = 0
    /// The longest section so far.
    public internal(set) var longestSection = Section()

    /// A record without a section.
    public init() {}

    /// Begins a section at `time`; one that is open does not count.
    public mutating func begin(_ edge: PreemptionEdge, call number: UInt32, at time: UInt32) {
      (isOpen, begun, from, call) = (true, time, edge, number)
    }

    /// Ends the open section, if there is one.
    ///
    /// - Returns: true if it is the longest so far; its places are still those of the last one.
    public mutating func end(_ edge: PreemptionEdge, at time: UInt32) -> Bool {
      guard isOpen else { return false }
      isOpen = false
      let duration = time &- begun  // Wrapping: a difference of two counts.
      guard duration > longestSection.duration else { return false }
      (longestSection.duration, longestSection.call) = (duration, call)
      longestSection.edges = (from, edge)
      return true
    }

    /// The number of the call of the section that is open or was the last one; nil if none is open.
    public var openCall: UInt32? { isOpen ? call : nil }

    /// Begins an interrupt, which may interrupt another one.
    public mutating func enterInterrupt(at time: UInt32) {
      if depth == 0 { interruptBegun = time }
      depth &+= 1  // Wrapping: interrupts nest a few times only.
    }

    /// Ends an interrupt.
    public mutating func leaveInterrupt(at time: UInt32) {
      depth &-= 1  // Wrapping: it has been entered.
      // Wrapping: a sum of differences of counts.
      if depth == 0 { interruptTime &+= time &- interruptBegun }
    }
  }
#endif
