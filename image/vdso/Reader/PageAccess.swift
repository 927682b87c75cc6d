// How the reader touches the page and the kernel: the seam between the image, where these are one
// instruction each, and the host tests, which stop the reader at every one of them.

/// Access to one time page. Each requirement is one step that another CPU may come between.
public protocol PageAccess {
  /// Reads the 32-bit word at a byte offset that is a multiple of 4, with exactly one load.
  func word(at offset: UInt32) -> UInt32

  /// Reads two words at a byte offset that is a multiple of 8, the lower address in bits 0 to 31.
  /// The two need not be read at once.
  func pair(at offset: UInt32) -> UInt64

  /// Orders the loads before it against the loads after it (`dmb ish`).
  func loadBarrier()

  /// `index`, below 8, with bit 0 of `count` as its bit 3. On ARM it is one `bfi`, where the
  /// compiler would spend two instructions of the hot path.
  func select(_ index: UInt32, inBankOf count: UInt32) -> UInt32
}

extension PageAccess {
  /// The portable form.
  @inline(__always)
  public func select(_ index: UInt32, inBankOf count: UInt32) -> UInt32 {
    index | (count & 1) << 3
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
}
