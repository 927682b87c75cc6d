// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import System
import UserSpace
import VmRegion
import VmRegionMocks

/// A machine for host tests: hardware of plain state. Only the interface of its programs is left
/// open.
package protocol HostArchitecture: Architecture
where
  CPU == TestProcessor, SchedulerCPU == TestProcessor, Context == TestContext, Clock == TestClock,
  Table == TestTable, Memory == MockMemory, Space == TestSpace,
  Registers == TestRegisters, Interrupts == TestInterrupts, Control == TestControl,
  Console == TestConsole
{}

/// The machine of most tests.
package enum MockArchitecture: HostArchitecture {
  package typealias CPU = TestProcessor
  package typealias SchedulerCPU = TestProcessor
  package typealias Context = TestContext
  package typealias Clock = TestClock
  package typealias Table = TestTable
  package typealias Memory = MockMemory
  package typealias User = TestUser<MockArchitecture>
  package typealias ABI = ARMEABI
  package typealias Space = TestSpace
  package typealias Registers = TestRegisters
  package typealias Interrupts = TestInterrupts
  package typealias Control = TestControl
  package typealias Console = TestConsole

  nonisolated(unsafe) package static let storage = UnsafeMutablePointer<System<MockArchitecture>>
    .allocate(capacity: 1)

  package static var fileSource: FileSource {
    { request, path, page in
      KernelEntry<MockArchitecture>.serveFile(request, path, page: page)
    }
  }
}
