// SPDX-License-Identifier: Apache-2.0
// The board that the kernel is built for: one that is not written yet.
@_exported import BoardSupport
@_exported import BoardTemplate

/// The board of this kernel.
public typealias MachineBoard = TemplateBoard
