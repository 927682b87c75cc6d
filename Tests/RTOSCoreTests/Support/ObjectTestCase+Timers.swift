// SPDX-License-Identifier: Apache-2.0
@testable import RTOSCore

extension ObjectTestCase {
  typealias Timers = SoftwareTimers<ThreadProcessor, RecordingContext>

  /// Software timers, for the length of the test.
  func makeTimers(_ capacity: Int = 4) -> Timers {
    let records = UnsafeMutableBufferPointer<TimerRecord>.allocate(capacity: capacity)
    records.initialize(repeating: TimerRecord())
    let state = UnsafeMutablePointer<Timers.State>.allocate(capacity: 1)
    let guarded = UnsafeMutablePointer<Guarded<ThreadProcessor, Timers.State>>.allocate(capacity: 1)
    guarded.initialize(to: Guarded(Timers.State(records: records), level: .timers, in: state))
    addTeardownBlock {
      records.deallocate()
      state.deallocate()
      guarded.deallocate()
    }
    return Timers(state: guarded, scheduler: scheduler)
  }
}
