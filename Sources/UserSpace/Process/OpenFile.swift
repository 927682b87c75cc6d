/// An open file: what dup shares.
struct OpenFile {
  /// What is open.
  var node = FileNode(.root)
  /// Descriptors that lead here; 0 for a free place.
  var references: UInt8 = 0
  /// The flags of open that stay: access mode, O_APPEND, O_NONBLOCK, O_DIRECTORY.
  var flags: UInt32 = 0
  /// The next byte to read, or the next member of a directory.
  var position: UInt64 = 0

  /// The access mode: 0 read, 1 write, 2 both.
  var mayRead: Bool { flags & 3 != 1 }
  var mayWrite: Bool { flags & 3 != 0 }
}

/// A file descriptor: the place of its open file plus one, and whether exec closes it.
struct Descriptor {
  var place: UInt8 = 0
  var closesOnExec = false
}
