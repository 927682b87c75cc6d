// SPDX-License-Identifier: Apache-2.0
// The board that the kernel is built for: a template, to be replaced by a new port's board.
@_exported import BoardSupport
@_exported import BoardTemplate

/// The board of this kernel.
public typealias MachineBoard = TemplateBoard
