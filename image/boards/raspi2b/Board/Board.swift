// SPDX-License-Identifier: Apache-2.0
// The board that the kernel is built for: the Raspberry Pi 2 B.
@_exported import BoardRaspi2b
@_exported import BoardSupport

/// The board of this kernel.
public typealias MachineBoard = Raspi2bBoard
