// SPDX-License-Identifier: Apache-2.0
// How the reader touches the page and the kernel: the seam between the image, where these are one
// instruction each, and the host tests, which stop the reader at every one of them.

import VdsoPage

/// A record of the page, and how far the counter is behind its sample.
public struct ClockSample {
  /// Seconds of the clock at the sample, low word.
  public let secondsLow: UInt32
  /// Seconds of the clock at the sample, high word.
  public let secondsHigh: UInt32
  /// What is left below a nanosecond, in 2^-32 ns.
  public let fraction: UInt32
  /// Nanoseconds at the sample, below a second.
  public let nanoseconds: UInt32
  /// Counts since the sample; negative, as 64 bits, when it is ahead.
  public let distance: UInt64
  /// Nanoseconds per count, times 2^(32 - k).
  public let mult: UInt32
  /// The bound of `distance`, with k in its low byte.
  public let reach: UInt32
  /// 0, known not before the counter was read: an offset made with it is loaded from after that,
  /// which no memory barrier promises.
  public let zero: UInt32

  /// A sample of its parts.
  @inline(__always)
  public init(
    secondsLow: UInt32, secondsHigh: UInt32, fraction: UInt32, nanoseconds: UInt32,
    distance: UInt64, mult: UInt32, reach: UInt32, zero: UInt32
  ) {
    self.secondsLow = secondsLow
    self.secondsHigh = secondsHigh
    self.fraction = fraction
    self.nanoseconds = nanoseconds
    self.distance = distance
    self.mult = mult
    self.reach = reach
    self.zero = zero
  }
}

/// Access to the pages of [vvar], of which it is one. Each requirement is one step that another CPU may come between.
public protocol PageAccess {
  /// The page that has clock `index`: the process's own for 2 and 3, else this one.
  func home(of index: UInt32) -> Self

  /// This page, its address made anew: for a second try, so that the first has to keep none.
  func foundAgain() -> Self

  /// Reads the 32-bit word at a byte offset that is a multiple of 4, with exactly one load.
  func word(at offset: UInt32) -> UInt32

  /// Reads two words at a byte offset that is a multiple of 8, the lower address in bits 0 to 31.
  /// The two need not be read at once.
  func pair(at offset: UInt32) -> UInt64

  /// Reads the seconds of clock 0 in the bank of `count`, as `pair` does; its caller is short of
  /// registers.
  func seconds(inBankOf count: UInt32) -> UInt64

  /// Reads the eight words of the record at `index`, which has its bank, and behind them the
  /// counter; they need not be read at once.
  func sample(_ index: UInt32) -> ClockSample

  /// Orders the loads before it against the loads after it (`dmb ish`).
  func loadBarrier()

  /// `index`, 1 up to 15, with bit 0 of `count` as its bit 4. On ARM it is one `bfi`, where the
  /// compiler would spend two instructions of the hot path.
  func select(_ index: UInt32, inBankOf count: UInt32) -> UInt32

  /// `value` shifted up by the low byte of `reach`. On ARM it is one `lsl`, which looks at no more.
  func shift(_ value: UInt32, by reach: UInt32) -> UInt32

  /// A valid time from a record's seconds and nanoseconds that are below two seconds.
  func time(_ secondsLow: UInt32, _ secondsHigh: UInt32, _ nanoseconds: UInt32) -> ClockTime
}

/// Access to the page's table of resolutions, whose entries are read without the count.
public protocol ResolutionAccess {
  /// Entry `index`, below 12.
  func resolution(_ index: UInt32) -> vdso_resolution

  /// Stores it as a 64-bit timespec unless `buffer` is NULL; gives 0.
  static func store(_ resolution: vdso_resolution, _ buffer: UnsafeMutableRawPointer?) -> Int32
}

extension PageAccess {
  /// The portable form.
  @inline(__always)
  public func seconds(inBankOf count: UInt32) -> UInt64 {
    pair(
      at: UInt32(VDSO_OFFSET_BANKS) &+ UInt32(VDSO_BANK_CLOCKS)
        &+ (count & 1) &* UInt32(VDSO_BANK_STRIDE))
  }

  /// The portable form.
  @inline(__always)
  public func select(_ index: UInt32, inBankOf count: UInt32) -> UInt32 {
    index | (count & 1) << UInt32(VDSO_BANK_BIT)
  }

  /// The portable form.
  @inline(__always)
  public func shift(_ value: UInt32, by reach: UInt32) -> UInt32 {
    value << (reach & UInt32(VDSO_REACH_SHIFT_MASK))
  }

  /// The portable form.
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

/// The system calls that stand behind the image's functions: 0 or a negative error number. Buffers
/// are the caller's, in the layout of the call; what is wrong with them is the kernel's to say.
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
  /// `getcpu` (345): a word each, or none for NULL.
  static func getcpu(
    _ processor: UnsafeMutableRawPointer?, _ node: UnsafeMutableRawPointer?
  ) -> Int32
}
