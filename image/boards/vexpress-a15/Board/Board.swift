// SPDX-License-Identifier: Apache-2.0
// The board that the kernel is built for: the Versatile Express with a Cortex-A15.
@_exported import BoardSupport
@_exported import BoardVexpressA15

/// The board of this kernel.
public typealias MachineBoard = VexpressA15Board
