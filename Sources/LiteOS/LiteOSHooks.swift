// SPDX-License-Identifier: Apache-2.0
import Kernel
import RTOSCore
import System

// SAFETY: the name is a literal, which is never freed.
/// Level 7: makes the objects behind the C names. From the next level on, C code may call them.
@section(".init.kernel.07.OsLiteOSInit") @used
private let liteOSEntry: ModuleInit.Entry = (
  7, 0, { unsafe nameOf("OsLiteOSInit") },
  {
    KernelLiteOS.start()
    return 0
  }
)

/// The functions that the kernel calls.
enum LiteOSHooks {
  static var all: KernelHooks {
    var hooks = KernelHooks()
    hooks.tick = { KernelLiteOS.services.tick(to: $0) }
    hooks.hasTimers = { KernelLiteOS.services.hasTimers }
    // SAFETY: the caller's memory has room for `room` bytes.
    unsafe hooks.row = { text, index, bytes, room in
      var row = unsafe Row(bytes: bytes, room: room)
      var isThere = true
      switch KernelHookText(rawValue: text) {
      case .taskNames: KernelLiteOS.services.writeName(of: TaskNumber(rawValue: index), to: &row)
      case .objects: isThere = KernelLiteOS.services.writeObject(index, to: &row)
      case nil: isThere = false
      }
      return row.count == 0 && isThere ? -1 : row.count
    }
    return hooks
  }
}

// SAFETY: a row lives as long as the memory that its writer was given.
/// A row of a text: bytes beyond the room are dropped.
@safe struct Row: TextSink {
  let bytes: UnsafeMutablePointer<UInt8>
  let room: Int
  private(set) var count = 0

  init(bytes: UnsafeMutablePointer<UInt8>, room: Int) {
    unsafe self.bytes = bytes
    self.room = room
  }

  mutating func put(_ byte: UInt8) {
    guard count < room else { return }
    unsafe bytes[count] = byte
    count += 1
  }
}
