// SPDX-License-Identifier: Apache-2.0
// A Swift program on a stock libc: arrays, a dictionary and strings, all from the heap.

let birds = ["apus", "swallow", "martin"]
print(birds.reversed().joined(separator: ", "))

var letters: [UInt8: Int] = [:]
for bird in birds { for letter in bird.utf8 { letters[letter, default: 0] += 1 } }
print("\(letters.count) letters, \(letters[UInt8(ascii: "a")] ?? 0) times a")
