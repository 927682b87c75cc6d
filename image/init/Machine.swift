// SPDX-License-Identifier: Apache-2.0
// The machine part of the tour: machine and program, as the kernel describes them.

/// Shows the system, the processor, the memory, the counter and the vDSO.
func showMachine() {
  heading("The machine")
  var name = utsname()
  uname(&name)
  fact(
    "system",
    "\(String(characters: name.sysname)) \(String(characters: name.release)) "
      + "on \(String(characters: name.machine))")
  fact("", String(characters: name.version))
  fact("processor", "ARMv7-A with \(features(getauxval(UInt(AT_HWCAP))))")

  var memory = sysinfo()
  sysinfo(&memory)
  let mebibyte = UInt64(1 << 20)
  let total = UInt64(memory.totalram) * UInt64(memory.mem_unit)
  let free = UInt64(memory.freeram) * UInt64(memory.mem_unit)
  fact("memory", "\(total / mebibyte) MiB, \(free / mebibyte) MiB of them free")
  claims.check(free > 0 && free < total, "some memory is free, and some in use")

  let unit = tour_counts_instructions() ? "counts instructions, one in 16" : "counts real time"
  fact("counter", "\(tour_counter_frequency() / 1000) kHz, \(unit)")

  let vdso = lines(of: "/proc/vdso")
  claims.check(!vdso.isEmpty, "/proc/vdso can be read")
  for (index, line) in vdso.enumerated() { fact(index == 0 ? "vDSO" : "", line) }
}

/// The features by which processors of this architecture differ, from the bits of AT_HWCAP.
private func features(_ bits: UInt) -> String {
  let names: [(bit: UInt, name: String)] = [
    (2, "thumb"), (12, "neon"), (16, "vfpv4"), (17, "idiva"), (18, "idivt"), (20, "lpae"),
  ]
  return names.filter { bits >> $0.bit & 1 == 1 }.map { $0.name }.joined(separator: " ")
}

/// Shows the program's own address space.
func showMap() {
  heading("This program's memory")
  let map = lines(of: "/proc/self/maps")
  for line in map { print("  \(line)") }
  claims.check(map.contains { isNamed($0, "[stack]") }, "there is a stack")
  claims.check(map.contains { isNamed($0, "[vdso]") } == hasVdso, "the map shows the vDSO")
}

/// Whether a line of /proc/self/maps ends with `name`.
func isNamed(_ line: String, _ name: String) -> Bool {
  line.words.last == name
}

/// The address at which the region `name` of /proc/self/maps begins.
func address(ofRegion name: String) -> UInt? {
  for line in lines(of: "/proc/self/maps") where isNamed(line, name) {
    let digits = line.utf8.prefix { $0 != UInt8(ascii: "-") }
    return UInt(String(decoding: Array(digits), as: UTF8.self), radix: 16)
  }
  return nil
}
