// SPDX-License-Identifier: Apache-2.0
import PortARMv7A
import RTOSCore
import VmRegion
import VmRegionMocks

/// Records the operations that a table requests of the CPU. Tests of one process run one after
/// another.
enum JournalMaintenance: TableMaintenance {
  enum Call: Equatable {
    /// The words as they were when they were published.
    case publish([UInt32])
    case invalidate(UInt32, space: UInt32)
    case makeExecutable(PhysicalFrame)
  }

  nonisolated(unsafe) static var calls: [Call] = []

  static func publish(_ descriptor: UnsafePointer<UInt32>, count: Int) {
    calls.append(.publish((0..<count).map { descriptor[$0] }))
  }

  static func invalidate(_ page: VirtualPage, in space: AddressSpaceIdentifier) {
    calls.append(.invalidate(page.number, space: space.rawValue))
  }

  static func makeExecutable(_ frame: PhysicalFrame) { calls.append(.makeExecutable(frame)) }
}

typealias MockTable = ShortDescriptorTable<MockMemory, MockProcessor, JournalMaintenance>

let walker = SoftwareWalker { MockMemory.word(at: PhysicalAddress($0)) }
