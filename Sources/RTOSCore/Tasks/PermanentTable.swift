// SPDX-License-Identifier: Apache-2.0
/// A table of elements by number, in permanent memory that the kernel hands in. It is too large for
/// a kernel stack, where a value that contains it would be made. The scheduler's lock protects it,
/// unless its owner says otherwise.
@safe struct PermanentTable<Number: TableNumber, Element: ~Copyable> {
  private let base: UnsafeMutablePointer<Element>
  /// The number of elements.
  let count: UInt32

  /// Creates the table from initialised elements, which are never freed.
  init(_ elements: UnsafeMutableBufferPointer<Element>) {
    guard let start = elements.baseAddress else { preconditionFailure("a table without memory") }
    // SAFETY: the caller passes initialised memory that is never freed.
    unsafe base = start
    count = UInt32(elements.count)
  }

  /// An element. Numbers from outside the scheduler are checked first.
  subscript(_ number: Number) -> Element {
    // SAFETY: numbers inside the scheduler are valid indexes of the table.
    @inline(__always) unsafeAddress { unsafe UnsafePointer(address(of: number)) }
    // SAFETY: numbers are valid indexes; the table's lock makes this the only access.
    @inline(__always) nonmutating unsafeMutableAddress { unsafe address(of: number) }
  }

  /// The address of an element.
  @inline(__always)
  func address(of number: Number) -> UnsafeMutablePointer<Element> {
    // SAFETY: numbers inside the scheduler are valid indexes of the table.
    unsafe base + number.index
  }
}

/// The number of an element of a `PermanentTable`.
protocol TableNumber {
  /// The index in the table.
  var index: Int { get }
}

extension TaskNumber: TableNumber {}

/// A CPU's number.
extension UInt32: TableNumber {
  /// The index of the CPU; numbers are below 2^31, so the conversion truncates nothing.
  @inline(__always)
  var index: Int { Int(truncatingIfNeeded: self) }
}
