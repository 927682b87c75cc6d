// SPDX-License-Identifier: Apache-2.0
// sem, queue, swtmr and systeminfo: the objects that C code made by the LiteOS interface.

/// The lines of /proc/tasks about objects of one kind, such as `queue 0: messages 1 of 5, waiting 0`,
/// without the kind.
private func objects(_ kind: String) -> [String] {
  lines(of: "/proc/tasks").compactMap { line in
    let words = line.words
    guard words.count > 2, words[0] == kind, words[1].utf8.last == UInt8(ascii: ":") else {
      return nil
    }
    return words.dropFirst().joined(separator: " ")
  }
}

/// Prints a heading and the objects of a kind, or one of them.
private func list(_ kind: String, _ number: UInt32?) -> Bool {
  printSelected([kind] + objects(kind), number) { words in
    words.first.flatMap { UInt32($0.dropLast()) }
  }
}

/// `sem`: the count of semaphores, and how many tasks wait for each.
func listSemaphores(_ number: UInt32?) -> Bool { list("semaphore", number) }

/// `queue`: how full message queues are, and how many tasks wait.
func listQueues(_ number: UInt32?) -> Bool { list("queue", number) }

/// `swtmr`: the ticks left of software timers.
func listTimers(_ number: UInt32?) -> Bool { list("timer", number) }

/// `systeminfo`: how many tasks and objects there are.
func countObjects(_: UInt32?) -> Bool {
  let tasks = taskLines().count
  guard tasks > 0 else { return false }
  print("Module  Used")
  let counts = [
    ("Task", tasks - 1), ("Sem", objects("semaphore").count), ("Queue", objects("queue").count),
    ("SwTmr", objects("timer").count),
  ]
  for (module, count) in counts { print(module.padded(to: 8) + "\(count)".aligned(to: 4)) }
  return true
}
