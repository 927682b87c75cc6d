// SPDX-License-Identifier: Apache-2.0
// VmRegion: virtual memory. It manages the frames of RAM and the regions of user address spaces,
// and implements what mmap2, munmap, mprotect, mremap, madvise, brk, fork and page faults do to
// them.
//
// Principles
//
// - Demand paging: `map` creates only a region, and a page gets its frame on the first access
//   (`handleFault`). `mapFilled` and `populate` map frames at once.
// - Frames are reference counted. A space holds one reference for each mapped page, except in
//   regions that borrow their frames: those of the kernel, such as the vDSO's. Fork shares frames
//   copy-on-write.
// - All checks precede the first change, so that an operation that throws leaves the space
//   unchanged; each exception is documented. Nodes are reserved in advance, because a split must
//   not fail.
// - Results follow Linux. An error is a `MemoryError`; the layers above translate it to errno or to
//   a LiteOS status.
// - There is no heap: frame records are a fixed array, and region nodes are stored in frames.
//
// Parts, from the bottom up
//
// - `Page.swift`, `UserRange.swift`, `MemoryError.swift`: frames, pages, permissions, checked
//   ranges.
// - `MMU.swift`: the protocols that a port implements: translation table, RAM, access to user
//   memory.
// - `Frames/`: `FramePool` (a `BuddyAllocator` with a lock) and `ObjectSlab` (small objects in
//   frames).
// - `Regions/`: `Region` (a value) and `RegionTree` (an AVL tree that also finds free ranges).
// - `AddressSpace/`: `AddressSpace`, with one file for each group of operations.
// - `LiteOS/`: the LiteOS memory functions for C code of the kernel.
//
// Locks
//
// The only lock is that of the frame pool (level `frames`): a leaf that masks interrupts. Frames
// are zeroed and copied without it. An address space has no lock: its owner serialises all calls,
// in this kernel with the kernel lock. What takes long is made in steps (`SpaceChange`), between
// which faults may be handled, but no other change may begin.
//
// This module must not name a port or a board, access user addresses except through `UserMemory`,
// know processes, files or signals (a fault returns a `FaultOutcome`), or block.
