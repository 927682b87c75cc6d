// SPDX-License-Identifier: Apache-2.0
// vmm and pmm: virtual and physical memory.

/// `vmm`: the regions of a process, or of all processes.
func listRegions(_ number: UInt32?) -> Bool {
  let processes = number.map { [$0] } ?? processes()
  var isThere = false
  for process in processes {
    guard let name = lines(of: "/proc/\(process)/comm").first else { continue }
    isThere = true
    print("process \(process) \(name)")
    for line in lines(of: "/proc/\(process)/maps") { print("  \(line)") }
  }
  return isThere
}

/// The numbers of all processes.
private func processes() -> [UInt32] {
  guard let folder = opendir("/proc") else { return [] }
  defer { closedir(folder) }
  var numbers: [UInt32] = []
  while let name = next_name(folder) {
    if let number = UInt32(String(cString: name)) { numbers.append(number) }
  }
  return numbers
}

/// `pmm`: the memory that is free, and its free blocks by size: each is twice the one before, from
/// a page.
func showFrames(_: UInt32?) -> Bool {
  let rows = lines(of: "/proc/meminfo").filter {
    ["MemTotal:", "MemFree:", "MemAvailable:"].contains($0.words.first ?? "")
  }
  for row in rows + lines(of: "/proc/buddyinfo") { print(row) }
  return !rows.isEmpty
}
