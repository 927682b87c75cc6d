// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// The record locks of fcntl.
extension SystemCall {
  /// F_GETLK, F_SETLK and F_SETLKW: 5 to 7, with 64-bit offsets 12 to 14, and F_OFD_…, which belong
  /// to open files: 36 to 38.
  @inline(never)
  func controlRangeLock(_ command: UInt32) throws(Errno) {
    let descriptor = argument(0)
    _ = try files.file(descriptor)
    let (isWide, isOfFile) = (command >= 12, command >= 36)
    // The old call has none with 64-bit offsets.
    guard !isWide || P.ABI.call(frame.pointee.number) == .fcntl else { throw .invalid }
    var record =
      isWide
      ? LockRecord(try load(address(2)))
      : LockRecord(short: try load(address(2)) as InlineArray<4, P.ABI.Long>)
    let operation = command - (isOfFile ? 36 : isWide ? 12 : 5)
    if operation == 0, record.type > 1 { throw .invalid }
    try files.with(descriptor) { (file) throws(Errno) in
      guard let number = files.number(of: descriptor) else { throw .badDescriptor }
      let range = try range(of: file, record)
      let kind = try kind(of: record, file, isSet: operation != 0)
      guard !isOfFile || !record.namesProcess else { throw .invalid }
      var wanted = RangeLock(
        kind, of: isOfFile ? .init(file: number) : .init(process.pointee.identifier), range)
      let node = file.file.node
      guard operation == 0 else {
        if isOfFile {
          file.file.hasRangeLocks = true
        } else {
          files.further.pointee.hasRangeLocks = true
        }
        try RangeLocks<P>.set(wanted, on: node, mayBlock: operation == 2)
        guard isOfFile || kind == .none || files.number(of: descriptor) == number else {
          // The descriptor was closed meanwhile, which has released the process's locks.
          wanted.kind = .none
          try RangeLocks<P>.set(wanted, on: node, mayBlock: false)
          throw .badDescriptor
        }
        return
      }
      if let held = RangeLocks<P>.conflict(with: wanted, on: node) {
        try record.set(held, greatest: isWide ? .max : Int64(P.ABI.Long.max >> 1))
      } else {
        record.type = 2
      }
    }
    guard operation == 0 else { return }
    if isWide {
      try store(record.words, at: address(2))
    } else {
      try store(record.short() as InlineArray<4, P.ABI.Long>, at: address(2))
    }
  }

  /// What a lock is to be.
  ///
  /// - Throws: `invalid` for a type that there is not; `badDescriptor` if a lock that is set needs
  ///   another access mode.
  private func kind(
    of record: LockRecord, _ file: FileReference, isSet: Bool
  ) throws(Errno) -> FileLock.Kind {
    switch record.type {
    case 0:
      guard !isSet || file.file.mayRead else { throw .badDescriptor }
      return .shared
    case 1:
      guard !isSet || file.file.mayWrite else { throw .badDescriptor }
      return .exclusive
    case 2: return .none
    default: throw .invalid
    }
  }

  /// The bytes that a lock names.
  ///
  /// - Throws: `invalid` for an origin that there is not, or a range that begins before the file;
  ///   `overflow` for one that ends behind the greatest position.
  private func range(
    of file: FileReference, _ record: LockRecord
  ) throws(Errno) -> ByteRange {
    let length = record.length
    let base: Int64
    switch record.origin {
    case 0: base = 0
    case 1: base = Int64(bitPattern: file.file.position)
    case 2: base = Int64(bitPattern: Files<P>.status(file.file.node).size)
    default: throw .invalid
    }
    let (first, isFar) = base.addingReportingOverflow(record.start)
    guard !isFar else { throw .overflow }
    guard first >= 0 else { throw .invalid }
    guard length != 0 else { return ByteRange(first: first, last: .max) }
    if length < 0 {
      // The sum of a position and a negative length does not overflow.
      let begin = first + length
      guard begin >= 0 else { throw .invalid }
      return ByteRange(first: begin, last: first - 1)
    }
    let (last, isLong) = first.addingReportingOverflow(length - 1)
    guard !isLong else { throw .overflow }
    return ByteRange(first: first, last: last)
  }
}
