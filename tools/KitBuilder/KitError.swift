// SPDX-License-Identifier: Apache-2.0
/// An error in a kit's sources, with the file and the line if there are any.
public struct KitError: Error, Equatable, CustomStringConvertible {
  /// The file, or empty.
  public var file: String
  /// The line, from 1; 0 if none is at fault.
  public var line: Int
  /// The error.
  public let text: String

  /// An error in `line` of `file`.
  public init(_ text: String, file: String = "", line: Int = 0) {
    self.text = text
    self.file = file
    self.line = line
  }

  /// `FILE:LINE: TEXT`, as compilers print it.
  public var description: String {
    let place = line > 0 ? "\(file):\(line)" : file
    return place.isEmpty ? text : "\(place): \(text)"
  }
}
