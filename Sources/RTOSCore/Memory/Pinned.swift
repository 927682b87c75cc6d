// SPDX-License-Identifier: Apache-2.0
/// A stored property that makes the compiler pass the structure that contains it by address.
///
/// Without it, the compiler may load a large structure in memory and copy it to the stack, to call a
/// method that does not change it. So tables and states of many words contain one. It has no bytes.
@_rawLayout(size: 0, alignment: 1)
public struct Pinned: ~Copyable {
  /// The property's value.
  @inline(__always)
  public init() {}
}
