// SPDX-License-Identifier: Apache-2.0
/// Module initialisation as in LiteOS: eleven levels, entries collected by the linker.
///
/// C code declares an entry with `LOS_MODULE_INIT` of los_init.h. A Swift module that no other one
/// imports declares it as a constant, which the compiler would emit again in an importing module:
///
///     @section(".init.kernel.07.OsLiteOSInit") @used
///     let entry: ModuleInit.Entry = (7, 0, { nameOf("OsLiteOSInit") }, start)
///
/// The linker script sorts the entries by section name. Within a level Swift's run first, then C's.
///
/// The boot sequence runs them level by level. An entry that fails is logged; the boot ends only if
/// the entry is not optional.
public enum ModuleInit {
  /// The levels, with LiteOS' numbers.
  public enum Level: UInt32, CaseIterable, Sendable {
    case earliest = 0
    case archEarly = 1
    case platformEarly = 2
    case kmodPrevm = 3
    case vmComplete = 4
    case arch = 5
    case platform = 6
    case kmodBasic = 7
    case kmodExtended = 8
    case kmodTask = 9
    case finish = 10
  }

  /// Returns the entry's name as a permanent C string.
  public typealias Name = @convention(c) () -> UnsafePointer<UInt8>

  /// Initialises the module; 0 is success, any other value a LiteOS status.
  public typealias Action = @convention(c) () -> UInt32

  /// One entry, a constant expression of four words: level, 1 if the boot may continue after a
  /// failure (else 0), name, action.
  public typealias Entry = (level: UInt32, isOptional: UInt32, name: Name, action: Action)

  /// The error of an entry that failed and was not optional.
  public struct Failure: Error {
    /// The level of the entry.
    public let level: UInt32
    /// The status that it returned.
    public let status: Status
  }

  /// Runs all entries of `level` in the order of `entries`, with interrupts masked or not.
  ///
  /// - Throws: `Failure` for the first entry that fails and is not optional; the entries after it
  ///   are not run.
  public static func run(
    _ level: Level, of entries: UnsafeBufferPointer<Entry>
  ) throws(Failure) {
    for index in entries.indices {
      // SAFETY: the caller's buffer is the table between the linker's symbols, or a test's array.
      let entry = unsafe entries[index]
      guard unsafe entry.level == level.rawValue else { continue }
      let status = unsafe Status(rawValue: entry.action())
      guard status != .ok else { continue }
      var line: LogLine = "init: "
      // SAFETY: names are terminated constants.
      unsafe line.cString(entry.name())
      line.text(" failed at level ")
      line.decimal(UInt64(level.rawValue))
      line.text(", status 0x")
      line.hexadecimal(status.rawValue)
      guard unsafe entry.isOptional != 0 else {
        line.text(", cannot go on")
        Log.fatalLine(line)
        throw Failure(level: level.rawValue, status: status)
      }
      line.text(", going on without it")
      Log.line(line)
    }
  }

  /// LiteOS' `OsInitCall`: runs a level by its number.
  ///
  /// - Returns: `LOS_OK`; the status of the first entry that failed and was not optional; `LOS_NOK`
  ///   for a level above 10.
  public static func call(_ level: UInt32, of entries: UnsafeBufferPointer<Entry>) -> UInt32 {
    guard let level = Level(rawValue: level) else { return Status.failed.rawValue }
    do throws(Failure) {
      // SAFETY: the caller's table is valid.
      try unsafe run(level, of: entries)
      return Status.ok.rawValue
    } catch {
      return error.status.rawValue
    }
  }
}

// SAFETY: a literal with a pointer representation is never freed.
/// Returns the address of a literal's bytes, for the name of a `ModuleInit.Entry`.
@inline(__always)
public func nameOf(_ literal: StaticString) -> UnsafePointer<UInt8> {
  unsafe literal.utf8Start
}

extension TextSink {
  // SAFETY: the caller's constant ends with a zero byte.
  /// Writes the bytes of a zero-terminated constant.
  mutating func cString(_ start: UnsafePointer<UInt8>) {
    var next = unsafe start
    // SAFETY: the caller's constant ends with a zero byte.
    while unsafe next.pointee != 0 {
      put(unsafe next.pointee)
      unsafe next += 1
    }
  }
}
