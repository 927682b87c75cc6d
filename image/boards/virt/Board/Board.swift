// The board that the kernel is built for: QEMU's virt.
@_exported import BoardSupport
@_exported import BoardVirt

/// The board of this kernel.
public typealias MachineBoard = VirtBoard
