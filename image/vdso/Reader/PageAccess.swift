// SPDX-License-Identifier: Apache-2.0
// The interface between the reader and its pages and kernel. In the image each operation is one
// instruction or a few; the host tests stop the reader at each of them.

import VdsoPage

/// A record of the page, and the distance of the counter from its sample.
public struct ClockSample {
  /// Seconds of the clock at the sample, low word.
  public let secondsLow: UInt32
  /// Seconds of the clock at the sample, high word.
  public let secondsHigh: UInt32
  /// The remainder below one nanosecond, in 2^-32 ns.
  public let fraction: UInt32
  /// Nanoseconds at the sample, below a second.
  public let nanoseconds: UInt32
  /// Counts since the sample; negative, in 64 bits, if the sample is newer.
  public let distance: UInt64
  /// Nanoseconds per count, times 2^(32 - k).
  public let mult: UInt32
  /// The extrapolation limit of `distance`, with k in its low byte.
  public let limit: UInt32
  /// 0, computed from the counter. A load whose address depends on it is made after the counter
  /// read; a memory barrier does not order the two.
  public let zero: UInt32

  /// A sample of its fields.
  @inline(__always)
  public init(
    secondsLow: UInt32, secondsHigh: UInt32, fraction: UInt32, nanoseconds: UInt32,
    distance: UInt64, mult: UInt32, limit: UInt32, zero: UInt32
  ) {
    self.secondsLow = secondsLow
    self.secondsHigh = secondsHigh
    self.fraction = fraction
    self.nanoseconds = nanoseconds
    self.distance = distance
    self.mult = mult
    self.limit = limit
    self.zero = zero
  }
}

/// Access to one of the pages of [vvar]. Another CPU may write between any two requirements.
public protocol PageAccess {
  /// The page that has clock `index`: the process's own for 2 and 3, else this one, the time page.
  func page(of index: UInt32) -> Self

  /// The time page with its address computed anew, for retries: so the first pass need not keep it.
  func recomputed() -> Self

  /// Reads the 32-bit word at a byte offset that is a multiple of 4, with exactly one load.
  func word(at offset: UInt32) -> UInt32

  /// Reads two words at a byte offset that is a multiple of 8; bits 0 to 31 are the lower address.
  /// This may be two accesses.
  func pair(at offset: UInt32) -> UInt64

  /// Reads the seconds of clock 0, two words, in the bank of `count`. Separate from `pair`, because
  /// its caller is short of registers.
  func seconds(inBankOf count: UInt32) -> UInt64

  /// Reads the eight words of the record at `index`, which includes the bank bit, and after them
  /// the counter; not in one access.
  func sample(_ index: UInt32) -> ClockSample

  /// Orders earlier loads before later loads (`dmb ish`).
  func loadBarrier()

  /// `index`, 1 to 15, with bit 0 of `count` as bit 4. On ARM this is one `bfi`; the compiler would
  /// use two instructions on the hot path.
  func select(_ index: UInt32, inBankOf count: UInt32) -> UInt32

  /// `value` shifted left by the low byte of `limit`. On ARM this is one `lsl`, which uses that
  /// byte only.
  func shift(_ value: UInt32, by limit: UInt32) -> UInt32

  /// Normalises a time whose nanoseconds are below two seconds.
  func time(_ secondsLow: UInt32, _ secondsHigh: UInt32, _ nanoseconds: UInt32) -> ClockTime
}

/// Access to the time page's table of resolutions, whose entries are read without the count.
public protocol ResolutionAccess {
  /// Entry `index`, below 12.
  func resolution(_ index: UInt32) -> vdso_resolution

  /// Stores `resolution` as a 64-bit timespec unless `buffer` is NULL; returns 0.
  static func store(_ resolution: vdso_resolution, _ buffer: UnsafeMutableRawPointer?) -> Int32
}

extension PageAccess {
  /// Reads the seconds of clock 0 in the bank of `count`: the portable form.
  @inline(__always)
  public func seconds(inBankOf count: UInt32) -> UInt64 {
    pair(
      at: UInt32(VDSO_OFFSET_BANKS) &+ UInt32(VDSO_BANK_CLOCKS)
        &+ (count & 1) &* UInt32(VDSO_BANK_STRIDE))
  }

  /// Sets the bank bit of a record's index: the portable form.
  @inline(__always)
  public func select(_ index: UInt32, inBankOf count: UInt32) -> UInt32 {
    index | (count & 1) << UInt32(VDSO_BANK_BIT)
  }

  /// Shifts `value` left by the low byte of `limit`: the portable form.
  @inline(__always)
  public func shift(_ value: UInt32, by limit: UInt32) -> UInt32 {
    value << (limit & UInt32(VDSO_SHIFT_MASK))
  }

  /// Normalises a time whose nanoseconds are below two seconds: the portable form.
  @inline(__always)
  public func time(
    _ secondsLow: UInt32, _ secondsHigh: UInt32, _ nanoseconds: UInt32
  ) -> ClockTime {
    let seconds = UInt64(secondsHigh) << 32 | UInt64(secondsLow)
    guard nanoseconds >= 1_000_000_000 else {
      return ClockTime(seconds: seconds, nanoseconds: nanoseconds)
    }
    return ClockTime(seconds: seconds &+ 1, nanoseconds: nanoseconds &- 1_000_000_000)
  }
}

/// The system calls behind the image's functions; each returns 0 or a negative error number. The
/// caller owns the buffers, in the call's layout; the kernel checks them.
public protocol KernelAccess {
  /// `clock_gettime64` (403): 16 bytes.
  static func clockGettime64(_ clock: Int32, _ time: UnsafeMutableRawPointer?) -> Int32
  /// `clock_gettime` (263): 8 bytes.
  static func clockGettime(_ clock: Int32, _ time: UnsafeMutableRawPointer?) -> Int32
  /// `clock_getres_time64` (406): 16 bytes.
  static func clockGetres64(_ clock: Int32, _ resolution: UnsafeMutableRawPointer?) -> Int32
  /// `clock_getres` (264): 8 bytes.
  static func clockGetres(_ clock: Int32, _ resolution: UnsafeMutableRawPointer?) -> Int32
  /// `gettimeofday` (78): 8 bytes each.
  static func gettimeofday(
    _ time: UnsafeMutableRawPointer?, _ zone: UnsafeMutableRawPointer?
  ) -> Int32
  /// `getcpu` (345): a word each, unless the pointer is NULL.
  static func getcpu(
    _ processor: UnsafeMutableRawPointer?, _ node: UnsafeMutableRawPointer?
  ) -> Int32
}
