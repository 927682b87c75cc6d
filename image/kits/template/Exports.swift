// SPDX-License-Identifier: Apache-2.0
// The kit template: what all processes added, and what this one did.

import KitSupport

/// The page that all processes share.
private var page: SharedWritable<template_page> { SharedWritable() }

// SAFETY: a word of the private data; threads of one process that add together may lose a part.
/// What this process added.
nonisolated(unsafe) private var own: UInt32 = 0

/// Adds `count` steps: 0, or the error if other processes were faster eight times.
@c @implementation
public func template_add(_ count: UInt32) -> Int32 {
  let value = count &* TEMPLATE_STEP  // Wrapping: an overflow would end the program that calls.
  for _ in 0..<8 where page.total.tryAdd(value) {
    // SAFETY: the private data are mapped for writing as long as the image is.
    unsafe own &+= value
    return 0
  }
  return KitError.busy.answer
}

/// The sum of all processes.
@c @implementation public func template_total() -> UInt32 { page.total.load() }

// SAFETY: a load of a word that is mapped as long as the image is.
/// The sum of this process.
@c @implementation public func template_own() -> UInt32 { unsafe own }
