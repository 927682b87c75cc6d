// SPDX-License-Identifier: Apache-2.0
/// A value for each CPU, by its number. Its length is the maximum number of CPUs, for which start.S
/// and `BoardDescription.cpus` have room, too.
public typealias PerCPU<Element: ~Copyable> = InlineArray<8, Element>
