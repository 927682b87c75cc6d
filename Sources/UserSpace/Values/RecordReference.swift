// SPDX-License-Identifier: Apache-2.0
/// A reference to a record that does not move: of a process, a thread, a timer, or what belongs to
/// the running thread.
///
/// The process table gives references to its records under its lock, and `Platform` gives those to
/// the running thread, to its process and to its registers. Records of threads and timers are never
/// freed. A process record lives until its last thread has ended: a reference to another process is
/// used only under the table's lock, or while the kernel lock keeps the process from ending.
@safe public struct RecordReference<Record: ~Copyable>: Equatable {
  /// The record's address.
  public let address: UnsafeMutablePointer<Record>

  /// A reference to the initialised record at `address`.
  @inline(__always)
  public init(at address: UnsafeMutablePointer<Record>) {
    // SAFETY: the caller passes the address of a record that lives as described above.
    unsafe self.address = address
  }

  /// The record.
  public var pointee: Record {
    // SAFETY: the user of the reference holds the lock that keeps the record: the table's lock, or
    // the kernel lock as the running thread.
    @inline(__always) unsafeAddress { unsafe UnsafePointer(address) }
    // SAFETY: the user of the reference holds the lock that keeps the record: the table's lock, or
    // the kernel lock as the running thread.
    @inline(__always) nonmutating unsafeMutableAddress { unsafe address }
  }

  /// True when both refer to the same record.
  @inline(__always)
  public static func == (left: RecordReference, right: RecordReference) -> Bool {
    // SAFETY: the addresses are only compared.
    unsafe left.address == right.address
  }
}
