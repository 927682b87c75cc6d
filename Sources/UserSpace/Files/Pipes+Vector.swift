// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// Reads and writes of pipes with several pieces of memory.
extension Pipes {
  /// Takes bytes, as `take` does for each piece. With `waitsForAll` it waits until all are there.
  @inline(never)
  static func take(
    from pipe: Reference, into vector: inout UserVector<P>, _ limit: FileWait<P>.Limit,
    waitsForAll: Bool = false
  ) throws(Errno) -> Int {
    var (done, limit) = (0, limit)
    let mayBlock = limit.mayBlock
    do throws(Errno) {
      while vector.count > 0 {
        try vector.advance()
        let piece = vector.piece
        limit.mayBlock = mayBlock && (done == 0 || waitsForAll)
        let count = try take(from: pipe, into: piece, limit)
        vector.leave(count)
        done += count
        guard count == piece.count || waitsForAll && count > 0 && !P.mustEnd() else { break }
      }
    } catch {
      guard done > 0 else { throw error }
    }
    return done
  }

  /// Appends bytes, as `put` does for each piece.
  @inline(never)
  static func put(
    into pipe: Reference, from vector: inout UserVector<P>, _ limit: FileWait<P>.Limit
  ) throws(Errno) -> Int {
    var done = 0
    do throws(Errno) {
      while vector.count > 0 {
        try vector.advance()
        let piece = vector.piece
        let count = try put(into: pipe, from: piece, limit)
        vector.leave(count)
        done += count
        guard count == piece.count else { break }
      }
    } catch {
      guard done > 0 else { throw error }
    }
    return done
  }
}
