// SPDX-License-Identifier: Apache-2.0
/// What can go wrong with memory, as callers see it. Closed: each layer above has one table that
/// turns it into an errno or a LiteOS status.
public enum MemoryError: Error, Equatable, Sendable {
  /// No frame, no place or too many regions; also an mprotect over a hole (ENOMEM).
  case outOfMemory
  /// An argument that no address space would accept: length 0, misaligned, wrap-around (EINVAL).
  case invalid
  /// A sealed mapping is in the way, or an address below the user range (EPERM).
  case notPermitted
  /// Something is mapped where nothing may be replaced (EEXIST).
  case exists
  /// More than the region's greatest permissions was asked for (EACCES).
  case accessDenied
  /// An address that leads nowhere, or not for this access (EFAULT).
  case fault
}
