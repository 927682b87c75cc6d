// SPDX-License-Identifier: Apache-2.0
import VmRegion

/// Pages of files in frames.
enum FilePage {
  /// Writes page `page` of `file` to a frame of 4,096 bytes; bytes after the file's end become
  /// zeros.
  static func fill(_ frame: inout MutableRawSpan, page: UInt32, of file: RawSpan) {
    let size = Int(Page.size)
    // In 64 bits, because the page may lie far after the end.
    let start = UInt64(page) << UInt64(Page.shift)
    let first = Int(min(start, UInt64(file.byteCount)))
    let piece = file.extracting(first..<first + min(size, file.byteCount - first))
    // SAFETY: the piece is at most one page, and the zeros fill just the rest of the page.
    unsafe frame.withUnsafeMutableBytes { destination in
      guard let target = destination.baseAddress else { return }
      unsafe piece.withUnsafeBytes { source in
        guard let start = source.baseAddress else { return }
        unsafe target.copyMemory(from: start, byteCount: source.count)
      }
      let count = piece.byteCount
      if count < size {
        unsafe (target + count).initializeMemory(as: UInt8.self, repeating: 0, count: size - count)
      }
    }
  }
}
