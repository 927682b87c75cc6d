// SPDX-License-Identifier: Apache-2.0
/// The properties of the node that is being read, as far as the kernel uses them.
///
/// A node's properties come in any order, so the node is evaluated when all of them are known.
struct NodeProperties {
  /// The node's name with its unit address.
  let name: BlobRange

  var compatible: BlobRange?
  var deviceType: BlobRange?
  var registers: BlobRange?
  var interrupts: BlobRange?
  var status: BlobRange?
  var addressCells: BlobRange?
  var sizeCells: BlobRange?

  var method: BlobRange?
  var enableMethod: BlobRange?
  var cpuOn: BlobRange?
  var clockFrequency: BlobRange?
  var isNotConfigured = false

  var bootArguments: BlobRange?
  var diskStart: BlobRange?
  var diskEnd: BlobRange?
  var randomSeed: BlobRange?
  var placementSeed: BlobRange?
  var standardOutput: BlobRange?

  init(name: BlobRange) { self.name = name }

  /// Stores the property whose name is at offset `name` of the blob, if the kernel uses it. Not
  /// inlined, because the caller's copies of all properties would be made for each name.
  @inline(never)
  mutating func store(_ name: UInt32, _ value: BlobRange, in tree: borrowing FlattenedTree) {
    if tree.isName(name, "compatible") { return compatible = value }
    if tree.isName(name, "device_type") { return deviceType = value }
    if tree.isName(name, "reg") { return registers = value }
    if tree.isName(name, "interrupts") { return interrupts = value }
    if tree.isName(name, "status") { return status = value }
    if tree.isName(name, "#address-cells") { return addressCells = value }
    if tree.isName(name, "#size-cells") { return sizeCells = value }
    if tree.isName(name, "method") { return method = value }
    if tree.isName(name, "enable-method") { return enableMethod = value }
    if tree.isName(name, "cpu_on") { return cpuOn = value }
    if tree.isName(name, "clock-frequency") { return clockFrequency = value }
    if tree.isName(name, "arm,cpu-registers-not-fw-configured") { return isNotConfigured = true }
    if tree.isName(name, "bootargs") { return bootArguments = value }
    if tree.isName(name, "linux,initrd-start") { return diskStart = value }
    if tree.isName(name, "linux,initrd-end") { return diskEnd = value }
    if tree.isName(name, "rng-seed") { return randomSeed = value }
    if tree.isName(name, "kaslr-seed") { return placementSeed = value }
    if tree.isName(name, "stdout-path") { return standardOutput = value }
  }
}
