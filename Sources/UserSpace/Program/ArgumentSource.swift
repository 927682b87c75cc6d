// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// Where a new program's path, arguments and environment come from: the memory of a process, or the
/// kernel's command line. They are measured when the source is made, and copied afterwards.
protocol ArgumentSource<P> {
  associatedtype P: Platform

  /// The sizes of the arguments and of the environment.
  var sizes: ArgumentSizes<P.ABI> { get }

  /// The length of the first argument in bytes, without its terminating zero.
  var firstCount: Int { get }

  /// The length of the path in bytes, without a terminating zero.
  var pathCount: Int { get }

  /// Passes the path to `body` in pieces, each with its offset. The last piece may include the
  /// terminating zero.
  ///
  /// - Throws: `badAddress`, and what `body` throws, as an errno.
  func readPath(
    _ body: (Span<UInt8>, _ offset: Int) throws(MemoryError) -> Void
  ) throws(Errno)

  /// Appends the arguments from number `first` on, 0 or 1, and then the environment to the stack, as
  /// they were measured, and ends each of both lists.
  ///
  /// - Throws: `badAddress`, `outOfMemory`.
  func append(
    from first: Int, to stack: inout StackImage<P.ABI>, in space: inout Process<P>.Space
  ) throws(Errno)
}
